"""Texts that are told to be clean without being parsed: whatever they are, redacting them changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentreplay._redaction import Redactor

KNOWN = "acme-live-9f8e7d6c5b4a"
SECRETS = (
    KNOWN,
    "sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1",
    "ghp_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z",
    "AKIAIOSFODNN7EXAMPLE",
    "https://user:hunter2hunter2@db.example.com/",
    "Authorization: Bearer aB3dE5fG7hJ9kL1mN3pQ5r",
    'api_key = "aB3dE5fG7hJ9kL1m"',
    '{"password": "hunter2"}',
    "[REDACTED:openai-key:3]",
)
NAMES = ("content", "api_key", "password", "token", "id", "type", "name", "value", "index", "item_id", "logprob", "ké")
TEXTS = st.one_of(
    st.sampled_from(
        ["", "hello", "The quick brown fox: jumps", "text_delta", "token", "x" * 300, 'a\nb\t"c"\\d', "é€😀"]
    ),
    st.sampled_from(SECRETS),
    st.builds("{} {}".format, st.text(max_size=5), st.sampled_from(SECRETS)),
    st.text(max_size=20),
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.sampled_from(NAMES), TEXTS), inner, max_size=4)
    ),
    max_leaves=8,
)


def redactor(**options: Any) -> Redactor:
    made = Redactor(environment={}, **options)
    made.learn(KNOWN)
    return made


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
@settings(max_examples=150, deadline=None)
def test_what_is_told_to_be_clean_is(value: Any, ascii_only: bool, indent: int | None) -> None:
    """Any JSON, in any spelling: where it is told so, redacting gives back an equal value."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    told = redactor()
    for _ in range(2):
        # The second time most of it is remembered.
        if told.bodies_are_clean([text]):
            assert redactor().redact(value) == value


@st.composite
def streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of a stream: texts in pieces, interleaved, of several sorts of events, some with more to them."""
    whole = {key: draw(TEXTS) + draw(TEXTS) for key in ("a", "b")}
    events: list[dict[str, Any]] = []
    while any(whole.values()):
        key = draw(st.sampled_from([key for key, rest in whole.items() if rest]))
        size = draw(st.integers(1, 9))
        piece, whole[key] = whole[key][:size], whole[key][size:]
        number = "ab".index(key)
        sorts: dict[str, dict[str, Any]] = {
            "chat": {"id": "c", "object": "chunk", "choices": [{"index": number, "delta": {"content": piece}}]},
            "items": {"type": "delta", "item_id": key, "sequence_number": len(events), "delta": piece, "pad": "xyz"},
            "blocks": {"type": "block", "index": number, "delta": {"type": "text_delta", "text": piece}},
        }
        event = sorts[draw(st.sampled_from(sorted(sorts)))]
        if draw(st.integers(0, 5)) == 0:
            event["more"] = draw(VALUES)
        events.append(event)
    return events


@given(streams(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_stream_that_is_told_to_be_clean_is(events: list[dict[str, Any]], ascii_only: bool) -> None:
    """Each of its events is, and so is each text that they are pieces of, however they are interleaved."""
    told = redactor()
    for _ in range(2):
        if told.events_are_clean([json.dumps(event, ensure_ascii=ascii_only) for event in events]):
            assert redactor().redact_events(events) == events


def chunk(**delta: Any) -> str:
    """A chunk of a chat completion."""
    return json.dumps({"id": "chatcmpl-1", "created": 17, "choices": [{"index": 0, "delta": delta}]})


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("size", [1, 3, 200])
def test_a_secret_in_a_stream_is_seen(secret: str, size: int) -> None:
    """In one piece or in many, among pieces of any number; without it the same stream is clean."""
    pieces = [f"word {secret} word"[start : start + size] for start in range(0, len(secret) + 10, size)]
    events = [chunk(role="assistant", content=""), *[chunk(content=piece) for piece in pieces], chunk(refusal=None)]
    assert not redactor().events_are_clean(events)
    harmless = [chunk(role="assistant", content=""), *[chunk(content="word ") for _ in pieces], chunk(content="end")]
    assert redactor().events_are_clean(harmless)


@pytest.mark.parametrize(
    "spelled", ["sk\\u002dproj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1", "\\u0073k-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7t"]
)
def test_an_escaped_secret_is_seen(spelled: str) -> None:
    """JSON may spell any character by its number, in values and in keys."""
    assert not redactor().bodies_are_clean([f'{{"content": "{spelled}"}}'])
    assert not redactor().bodies_are_clean([f'{{"{spelled}": 1}}'])
    assert not redactor().bodies_are_clean(['{"p\\u0061ssword": "hunter2"}'])


@pytest.mark.parametrize(
    ("key", "value"), [("t\\u0079pe", '"piece"'), ("it\\u0065m_id", '"item"'), ("in\\u0064ex", "0"), ("delta ", '""')]
)
def test_a_secret_is_seen_in_pieces_whose_events_are_spelled_in_several_ways(key: str, value: str) -> None:
    """Which text a piece belongs to is what its event says, however that is spelled or laid out."""
    said = '{"type":"piece","item_id":"item","index":0,"delta":"%s"}'
    name = str(json.loads(f'"{key}"')).strip()
    other = said.replace(f'"{name}":{value}', f'"{key}": {value}').replace('"delta"', '\n "delta"')
    secret = SECRETS[1]
    events = [(other if start % 2 else said) % secret[start : start + 3] for start in range(0, len(secret), 3)]
    assert SECRETS[1] not in str(redactor().redact_events([json.loads(event) for event in events]))
    assert not redactor().events_are_clean(events)


def test_items_that_are_told_apart_by_numbers_are_texts_of_their_own() -> None:
    """Pieces of two texts may take turns."""
    secret = SECRETS[1]
    said = [(item, text[start]) for start in range(len(secret)) for item, text in ((1, secret), (2, "x" * len(secret)))]
    events = [{"type": "piece", "item_id": item, "delta": piece} for item, piece in said]
    assert redactor().redact_events(events) != events
    assert not redactor().events_are_clean([json.dumps(event) for event in events])


def test_ordinary_calls_are_told_to_be_clean() -> None:
    """Otherwise it would be of no use: a request, an answer, and what is said beside them."""
    request = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": 'Say "hello"\nin £ and \\.'}],
        "max_tokens": 9,
    }
    answer = {"id": "chatcmpl-1", "choices": [{"message": {"content": "hi: you"}}], "usage": {"prompt_tokens": 3}}
    assert redactor().bodies_are_clean(
        [json.dumps(request), json.dumps(answer, indent=2)], ["req_1", "application/json"]
    )


def test_what_becomes_known_later_is_found_in_what_was_clean() -> None:
    """A text that was clean before its secret was told is not for good."""
    told = Redactor(environment={})
    text = json.dumps({"content": f"the key is {KNOWN}"})
    events = [chunk(content="the key is "), chunk(content=KNOWN)]
    assert told.bodies_are_clean([text])
    assert told.events_are_clean(events)
    told.learn(KNOWN)
    assert not told.bodies_are_clean([text])
    assert not told.events_are_clean(events)


def test_the_users_rules_count() -> None:
    """Patterns are looked for, personal data too; what a function would do nobody knows before it has been asked."""
    text = json.dumps({"content": "ACME-4711, mail to a@example.com"})
    assert redactor().bodies_are_clean([text])
    assert not redactor(extra=[r"ACME-\d+"]).bodies_are_clean([text])
    assert not redactor(personal=["email"]).bodies_are_clean([text])
    assert not redactor(extra=[str.strip]).bodies_are_clean([text])
    assert redactor(extra=[r"EMCA-\d+"]).bodies_are_clean([text])


@pytest.mark.parametrize("text", ["", "no JSON", "{'a': 1}", '{"a": "b}', '"a" "b" c', "\x01", '{"a": "\\x"}'])
def test_of_what_is_no_json_nothing_is_told(text: str) -> None:
    """It is judged as the text that it is."""
    assert text == "" or not redactor().bodies_are_clean([text])
    assert not redactor().events_are_clean([text])
