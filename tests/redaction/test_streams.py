"""A stream is judged on its joined text, and keeps its pieces."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from agentreplay._redaction import Redactor
from agentreplay._redaction._formats import FORMATS

from .samples import ANTHROPIC, GITHUB, OPENAI, sample, secret_of

Event = dict[str, Any]
Leaf = Callable[[Event], str]


def _redactor() -> Redactor:
    redactor = Redactor(environment=None)
    redactor.learn("correct-horse-7", "known")
    return redactor


@pytest.mark.parametrize("prefix", [prefix for each in FORMATS for prefix in each.prefixes])
def test_a_secret_cut_at_any_place_is_taken_out_of_the_pieces(prefix: str) -> None:
    """The placeholder stands in the piece where the secret begins; the number of pieces stays."""
    secret = secret_of(prefix)
    text = f"My key: {sample(prefix)} - keep it."
    begin, end = text.index(secret), text.index(secret) + len(secret)
    whole = _redactor().redact(text)
    placeholder = whole[begin : whole.index("]") + 1]
    for cut in range(len(text) + 1):
        pieces = _redactor().redact_pieces([text[:cut], text[cut:]])
        assert len(pieces) == 2
        assert "".join(pieces) == whole
        assert (placeholder in pieces[0]) == (cut > begin), cut
        if cut >= end:
            assert pieces[1] == text[cut:]


@pytest.mark.parametrize(
    "text",
    [
        f"a {OPENAI} b",
        "it is correct-horse-7.",
        '{"user": "bob", "password": "radiance", "n": 1}',
        "Authorization: Bearer xyz\n",
        "postgres://user:pass@host/db",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_secret_delivered_letter_by_letter_is_taken_out(text: str, size: int) -> None:
    """By form, by value and by name."""
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    redacted = _redactor().redact_pieces(pieces)
    assert len(redacted) == len(pieces)
    assert "".join(redacted) == _redactor().redact(text) != text


def test_pieces_without_a_secret_stay() -> None:
    """Empty ones too."""
    pieces = ["", "My key ", "", "is not here", ""]
    assert _redactor().redact_pieces(pieces) == pieces
    assert _redactor().redact_pieces([]) == []


def _chat(piece: str, *, choice: int = 0) -> Event:
    delta = {"content": piece}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": choice, "delta": delta}]}


def _chat_arguments(piece: str) -> Event:
    call: Event = {"index": 0, "function": {"arguments": piece}}
    return {"id": "c1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}


def _completion(piece: str) -> Event:
    return {"id": "c1", "object": "text_completion", "choices": [{"index": 0, "text": piece}]}


def _response(kind: str, piece: str) -> Event:
    return {"type": f"response.{kind}.delta", "item_id": "i1", "output_index": 0, "content_index": 0, "delta": piece}


def _block(kind: str, field: str, piece: str) -> Event:
    return {"type": "content_block_delta", "index": 1, "delta": {"type": kind, field: piece}}


def _thread(piece: str) -> Event:
    content = [{"index": 0, "type": "text", "text": {"value": piece}}]
    return {"id": "m1", "object": "thread.message.delta", "delta": {"content": content}}


def _leaf_of(event: Event) -> str:
    """The piece of text in an event: the only string that is neither a kind nor an id."""
    found: list[str] = []

    def look(value: Any, key: str) -> None:
        if isinstance(value, dict):
            for name, child in value.items():  # pyright: ignore[reportUnknownVariableType]
                look(child, str(name))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, list):
            for child in value:  # pyright: ignore[reportUnknownVariableType]
                look(child, key)
        elif isinstance(value, str) and key not in {"type", "object", "id", "item_id", "model"}:
            found.append(value)

    look(event, "")
    (only,) = found
    return only


WIRES: dict[str, Callable[[str], Event]] = {
    "chat content": _chat,
    "chat tool arguments": _chat_arguments,
    "completion text": _completion,
    "response text": lambda piece: _response("output_text", piece),
    "response arguments": lambda piece: _response("function_call_arguments", piece),
    "response reasoning": lambda piece: _response("reasoning_summary_text", piece),
    "message text": lambda piece: _block("text_delta", "text", piece),
    "message tool input": lambda piece: _block("input_json_delta", "partial_json", piece),
    "message thinking": lambda piece: _block("thinking_delta", "thinking", piece),
    "thread text": _thread,
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=list(WIRES))
@pytest.mark.parametrize(
    "text", [f"a {OPENAI} b", '{"x": 1, "password": "radiance"}', "it is correct-horse-7.", "no secret in here at all"]
)
def test_a_secret_in_pieces_is_taken_out_of_the_events_of_every_wire(wire: Callable[[str], Event], text: str) -> None:
    """Only the pieces change; events that held nothing of the secret are the same objects."""
    events = [wire(text[start : start + 3]) for start in range(0, len(text), 3)]
    redacted = _redactor().redact_events(events)
    assert "".join(map(_leaf_of, redacted)) == _redactor().redact(text)
    for old, new in zip(events, redacted, strict=True):
        assert _shape(old) == _shape(new)
        assert (old is new) == (old == new)


def _shape(event: Event) -> Event:
    """The event without its piece of text."""
    shape: Event = json.loads(json.dumps(event).replace(json.dumps(_leaf_of(event)), '""'))
    return shape


def _between(texts: Sequence[list[Event]]) -> list[Event]:
    """The events of several texts, by turns."""
    return [event for events in zip(*texts, strict=True) for event in events]


def test_texts_that_come_by_turns_are_told_apart() -> None:
    """By the choice, the block or the item they belong to, and by what they are."""
    first = [_chat(piece, choice=0) for piece in (OPENAI[:10], OPENAI[10:30], OPENAI[30:])]
    second = [_chat(piece, choice=1) for piece in ("a ", "b ", "c ")]
    third = [_chat_arguments(piece) for piece in ('{"k":', ' "v', '"}')]
    redacted = Redactor(environment=None).redact_events(_between([first, second, third]))
    assert [_leaf_of(event) for event in redacted] == [
        "[REDACTED:openai-key:1]", "a ", '{"k":', "", "b ", ' "v', "", "c ", '"}',
    ]  # fmt: skip


@pytest.mark.parametrize("mark", ["index", "item_id", "output_index", "content_index", "summary_index"])
def test_any_mark_of_an_event_tells_texts_apart(mark: str) -> None:
    """Two parts of one item, two items of one output, two blocks."""
    first = [{"type": "x.delta", mark: 1, "delta": piece} for piece in (GITHUB[:10], GITHUB[10:])]
    second = [{"type": "x.delta", mark: 2, "delta": piece} for piece in ("a ", "b ")]
    redacted = Redactor(environment=None).redact_events(_between([first, second]))
    assert [event["delta"] for event in redacted] == ["[REDACTED:github-token:1]", "a ", "", "b "]


def test_the_events_that_repeat_the_whole_text_get_the_same_placeholder() -> None:
    """The end of a response says once more what its pieces said."""
    text = f"key {OPENAI}."
    events: list[Event] = [_response("output_text", text[start : start + 9]) for start in range(0, len(text), 9)]
    events.append({"type": "response.output_text.done", "item_id": "i1", "text": text})
    events.append({"type": "response.completed", "response": {"id": "r", "output": [{"content": [{"text": text}]}]}})
    redacted = Redactor(environment=None).redact_events(events)
    clean = "key [REDACTED:openai-key:1]."
    assert "".join(event["delta"] for event in redacted[:-2]) == clean
    assert redacted[-2]["text"] == redacted[-1]["response"]["output"][0]["content"][0]["text"] == clean


def test_each_event_is_judged_on_its_own_as_well() -> None:
    """Secrets that stand whole in an event, by form and by name, after any other text."""
    events = [_chat("word"), _chat(GITHUB), {"type": "x", "headers": {"x-api-key": "abc"}}, f"raw {ANTHROPIC}", None]
    redacted = Redactor(environment=None).redact_events(events)
    assert "[REDACTED:github-token" in _leaf_of(redacted[1])
    assert redacted[2]["headers"]["x-api-key"].startswith("[REDACTED:api-key")
    assert redacted[3].startswith("raw [REDACTED:anthropic-key")
    assert redacted[4] is None


def test_ids_and_signatures_of_a_stream_stay() -> None:
    """They are no pieces of a text."""
    events = [_block("signature_delta", "signature", OPENAI), {"type": "a", "id": OPENAI, "obfuscation": OPENAI}]
    assert Redactor(environment=None).redact_events(events) == events


def test_a_list_without_an_index_counts_by_position() -> None:
    """Some providers leave the index out."""
    events = [
        {"object": "chat.completion.chunk", "choices": [{"delta": {"content": piece}}]} for piece in ("gh", GITHUB[2:])
    ]
    redacted = Redactor(environment=None).redact_events(events)
    assert [event["choices"][0]["delta"]["content"] for event in redacted] == ["[REDACTED:github-token:1]", ""]


def _token(text: str) -> Event:
    return {
        "token": text,
        "logprob": -0.1,
        "bytes": list(text.encode()),
        "top_logprobs": [{"token": text, "logprob": 0}],
    }


def test_a_secret_among_tokens_with_probabilities_is_taken_out() -> None:
    """With the bytes and the alternatives of its tokens, in a whole answer and in a stream."""
    tokens = [_token(piece) for piece in ("My", " ", OPENAI[:8], OPENAI[8:30], OPENAI[30:], " ok")]
    whole = {"choices": [{"logprobs": {"content": tokens}}]}
    gone: Event = {"token": "", "logprob": -0.1, "bytes": None, "top_logprobs": []}
    clean = [_token("My"), _token(" "), {**gone, "token": "[REDACTED:openai-key:1]"}, gone, gone, _token(" ok")]
    assert Redactor(environment=None).redact(whole) == {"choices": [{"logprobs": {"content": clean}}]}

    events = [{"choices": [{"index": 0, "logprobs": {"content": tokens[at : at + 2]}}]} for at in (0, 2, 4)]
    redacted = Redactor(environment=None).redact_events(events)
    assert [token for event in redacted for token in event["choices"][0]["logprobs"]["content"]] == clean
