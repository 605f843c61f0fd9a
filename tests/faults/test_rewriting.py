"""Answers of every format, said otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentreplay import RecordedResponse
from agentreplay._answer_events import events_of
from agentreplay._rewriting import cut_stream, cut_tool_arguments, said_by
from agentreplay._text_slots import spread
from agentreplay._trajectory.answers import read_answer

CALLED: dict[str, Any] = {"city": "Oslo", "days": [1, 2, 3], "note": "æøå"}
TEXT = json.dumps(CALLED, ensure_ascii=False)
CHAT_CALL = {"id": "t1", "type": "function", "function": {"name": "weather", "arguments": TEXT}}
BODIES: dict[str, dict[str, Any]] = {
    "chat": {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CHAT_CALL]}}]},
    "response": {
        "object": "response",
        "output": [{"id": "i1", "type": "function_call", "call_id": "t1", "name": "weather", "arguments": TEXT}],
    },
    "message": {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "I look it up."},
            {"type": "tool_use", "id": "t1", "name": "weather", "input": CALLED},
        ],
    },
}


def answer(name: str, *, stream: bool) -> RecordedResponse:
    return RecordedResponse(events=events_of(BODIES[name])) if stream else RecordedResponse(body=BODIES[name])


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
@pytest.mark.parametrize("name", BODIES)
def test_arguments_break_off_in_every_format(name: str, stream: bool) -> None:
    """What is left is a beginning of what was, is no JSON, and stands so in all places of a stream."""
    old = answer(name, stream=stream)
    before = old.model_dump_json()
    cut = cut_tool_arguments(old)
    assert cut is not None
    (broken,) = said_by(cut)[1]
    assert broken
    broken = broken if stream or name != "message" else json.loads(broken)
    assert TEXT.startswith(broken)
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken)
    read = read_answer(cut)
    assert read is not None
    assert [call.arguments for call in read.tool_calls] == [broken]
    assert old.model_dump_json() == before
    assert TEXT not in cut.model_dump_json()
    assert len(cut.events or []) == len(old.events or [])


@pytest.mark.parametrize("arguments", ["{}", "[]", "", "x", '{"a":1}'])
def test_even_the_shortest_arguments_break_off(arguments: str) -> None:
    """No arguments at all become a brace that is not closed."""
    call = {"id": "t1", "type": "function", "function": {"name": "now", "arguments": arguments}}
    cut = cut_tool_arguments(RecordedResponse(body={"choices": [{"message": {"tool_calls": [call]}}]}))
    assert cut is not None
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])


def test_an_answer_that_calls_nothing_has_nothing_to_break() -> None:
    """Then the fault does not happen."""
    assert cut_tool_arguments(RecordedResponse(body={"choices": [{"message": {"content": "Hello"}}]})) is None
    assert cut_tool_arguments(RecordedResponse(body="text", encoding="text")) is None
    assert cut_stream(RecordedResponse(body={}), 0) is None


@pytest.mark.parametrize("lengths", [[1], [0, 0, 0], [3, 0, 5], [1] * 40])
@pytest.mark.parametrize("text", ["", "x", "some words in a row", "é" * 99])
def test_a_text_is_spread_without_loss(text: str, lengths: list[int]) -> None:
    """As many pieces as before, and together the text."""
    pieces = spread(text, lengths)
    assert len(pieces) == len(lengths)
    assert "".join(pieces) == text
