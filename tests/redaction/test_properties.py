"""What holds of redaction whatever it is given."""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agentreplay._redaction import Redactor
from agentreplay._redaction._formats import FORMATS

from .samples import nested_json, sample, secret_of

KNOWN = "correct/horse+7"
PREFIXES = sorted(prefix for each in FORMATS for prefix in each.prefixes)
FRAGMENTS = [
    KNOWN, "correct%2Fhorse%2B7", "password", '"password": "', "api_key=", "?token=", "Authorization: Bearer ",
    "://user:", "@host", "[REDACTED:openai-key:2]", "[REDACTED:", "]", "sk-", "eyJ", "-----BEGIN PRIVATE KEY-----",
    "a@b.co", "4111 1111 1111 1111", '"', "'", "\\", "\n", "\0", " ", ": ", "=", "&", "{", "}", "é", "İ", "\ud800",
]  # fmt: skip

texts = st.lists(
    st.sampled_from(FRAGMENTS) | st.sampled_from(PREFIXES).map(sample) | st.text(max_size=6), max_size=8
).map("".join)
keys = texts | st.sampled_from(
    ["password", "token", "id", "data", "delta", "type", "text", "arguments", "value", "name"]
)
values = st.recursive(
    texts | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def _redactor() -> Redactor:
    redactor = Redactor(environment=None, personal=["email", "card", "phone"])
    redactor.learn(KNOWN, "known")
    return redactor


@given(values)
def test_redacting_twice_changes_nothing_more(value: Any) -> None:
    """With the same redactor, and with one that knows nothing of the first."""
    redactor = _redactor()
    once = redactor.redact(value)
    assert redactor.redact(once) is once
    assert _redactor().redact(once) is once


@given(values)
def test_the_value_given_is_never_changed(value: Any) -> None:
    """And comes back itself if nothing had to be taken out."""
    before = copy.deepcopy(value)
    redacted = _redactor().redact(value)
    assert value == before
    assert (redacted is value) == (redacted == value)


@given(values)
def test_equal_sessions_give_equal_results(value: Any) -> None:
    """Nothing depends on time, chance or the order of sets."""
    assert _redactor().redact(value) == _redactor().redact(copy.deepcopy(value))


@given(st.lists(texts, max_size=8))
def test_pieces_stay_as_many_and_join_to_the_redacted_text(pieces: list[str]) -> None:
    """Wherever the text was cut."""
    redacted = _redactor().redact_pieces(pieces)
    assert len(redacted) == len(pieces)
    assert "".join(redacted) == _redactor().redact("".join(pieces))


@given(st.lists(values, max_size=6))
def test_redacting_events_twice_changes_nothing_more(events: list[Any]) -> None:
    """As many events come out, and an event with nothing to take out is the same object."""
    redactor = _redactor()
    once = redactor.redact_events(events)
    assert len(once) == len(events)
    assert all((new is old) == (new == old) for old, new in zip(events, once, strict=True))
    assert all(again is new for new, again in zip(once, redactor.redact_events(once), strict=True))


@given(
    st.sampled_from(PREFIXES),
    st.text(max_size=30),
    st.text(max_size=30),
    st.lists(st.integers(0, 400), max_size=6),
    st.integers(0, 2),
)
def test_a_planted_secret_survives_nowhere(prefix: str, before: str, after: str, cuts: list[int], depth: int) -> None:
    """In a text, in JSON inside a text, in pieces, in events, and as a key; after anything but the middle of a word."""
    secret = secret_of(prefix)
    text = nested_json(f"{before} {sample(prefix)}\n{after}", depth)
    escaped = json.dumps(secret)[1:-1]
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[start:end] for start, end in pairwise(places)]
    events = [{"type": "delta", "index": 0, "delta": {"text": piece}} for piece in pieces]
    redactor = _redactor()
    seen = [
        redactor.redact(text),
        "".join(redactor.redact_pieces(pieces)),
        "".join(event["delta"]["text"] for event in redactor.redact_events(events)),
        *redactor.redact({text: [{"a": text}]}),
    ]
    for redacted in seen:
        assert secret not in redacted
        assert escaped not in redacted


@given(texts)
def test_no_secret_shows_in_what_a_redactor_says_of_itself(text: str) -> None:
    """Nor in its findings."""
    redactor = _redactor()
    assert KNOWN not in repr(redactor.find({text: [{f"{KNOWN} {text}": KNOWN}], "a": text})) + repr(redactor)
