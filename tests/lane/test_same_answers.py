"""What the lane answers is what the funnel would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import agentreplay
from agentreplay._json.values import is_array, is_object
from agentreplay.integrations._stainless.express import ExpressLane
from tests.lane import answers
from tests.lane.vendors import (
    BETA,
    CHAT,
    EMBEDDINGS,
    MESSAGES,
    METHODS,
    TAKES_CHAT,
    Method,
    Server,
    client,
    difference,
    events,
)

_ANSWERS: dict[str, dict[str, Any]] = {
    CHAT.name: answers.COMPLETIONS,
    EMBEDDINGS.name: answers.EMBEDDINGS,
    MESSAGES.name: answers.MESSAGES,
    BETA.name: answers.MESSAGES,
    "responses.create": answers.RESPONSES,
}
_PLAIN = [(method, name) for method in METHODS for name in _ANSWERS[method.name]]
_PARTS: dict[str, list[dict[str, Any]]] = {
    CHAT.name: list(answers.CHUNKS),
    MESSAGES.name: list(answers.MESSAGE_EVENTS),
    BETA.name: list(answers.MESSAGE_EVENTS),
    "responses.create": list(answers.RESPONSE_EVENTS),
}
_STREAMS: dict[str, bytes] = {
    CHAT.name: events(*answers.CHUNKS, done=True),
    MESSAGES.name: events(*answers.MESSAGE_EVENTS, named=True),
    BETA.name: events(*answers.MESSAGE_EVENTS, named=True),
    "responses.create": events(*answers.RESPONSE_EVENTS, named=True),
}


def _as_the_sdk_does(*_: object, **_more: object) -> None:
    """Leaves a stream as the SDK made it."""


def both_ways(
    method: Method, folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_async: bool, **more: Any
) -> list[tuple[Any, Any]]:
    """What a recorded call gives, and what the session says of it: without the lane, then with it."""
    found: list[tuple[Any, Any]] = []
    for is_open in (False, True):
        monkeypatch.setattr(ExpressLane, "open", is_open)
        with agentreplay.cassette("c", directory=folder, mode="replay") as session:
            answer = method.call(None, is_async=is_async, **more)
        found.append((answer, [item.model_dump() for item in session.interactions]))
    return found


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(("method", "name"), _PLAIN, ids=str)
def test_an_answer_is_the_same_object_with_the_lane_and_without(
    method: Method,
    name: str,
    is_async: bool,
    server: Server,
    served: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Class, fields, set fields, extras and request id are those that the SDK gives, whatever was answered."""
    server.answer = _ANSWERS[method.name][name]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False)

    without, with_lane = both_ways(method, folder, monkeypatch, is_async=is_async)

    assert difference(without, with_lane) is None
    if name == "plain" and TAKES_CHAT:
        assert served == [method.name]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("method", [method for method in METHODS if method.name in _STREAMS], ids=str)
def test_a_stream_gives_the_same_chunks_and_its_response_goes_along(
    method: Method, is_async: bool, server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunk by chunk, with as many bytes read after each, and closed and consumed in the end."""
    server.answer = _STREAMS[method.name]
    live = method.call(server, is_async=is_async, stream=True)
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)
    with monkeypatch.context() as patch:
        patch.setattr("agentreplay.integrations._stainless.replay.quickened", _as_the_sdk_does)
        slow, _ = both_ways(method, folder, patch, is_async=is_async, stream=True)[0]

    quick, _ = both_ways(method, folder, monkeypatch, is_async=is_async, stream=True)[0]

    assert difference(slow, quick) is None
    chunks = [item for item in live if hasattr(item, "model_dump")]
    assert difference(chunks, [item for item in quick if hasattr(item, "model_dump")]) is None


def test_changing_an_answer_changes_neither_the_recording_nor_the_next_answer(server: Server, folder: Path) -> None:
    """Nothing in what the app gets is the recording's own."""
    server.answer = answers.MESSAGES["a tool"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False)

    with agentreplay.cassette("c", directory=folder, mode="replay", allow_repeats=True) as session:
        first = MESSAGES.call(None, is_async=False)
        first.content[0].input["city"]["name"] = "Bruges"
        first.usage.input_tokens = 0
        second = MESSAGES.call(None, is_async=False)

    assert second.content[0].input == {"city": {"name": "Ghent"}}
    assert second.usage.input_tokens == 9
    assert session.interactions[0].response.body == server.answer


@pytest.mark.parametrize("method", [method for method in METHODS if method.name in _STREAMS], ids=str)
def test_changing_chunks_changes_neither_later_chunks_nor_the_recording(
    method: Method, server: Server, folder: Path
) -> None:
    """Also of a stream that a file tells by what differs from event to event."""
    parts = _PARTS[method.name]
    more = {"more": {"deep": [1]}}
    told = [one for part in parts for one in (part, part, {**part, **more}, {**part, **more})]
    named = method.name != CHAT.name
    server.answer = events(*told, named=named, done=not named)
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)

    found: list[Any] = []
    for spoil in (False, True):
        with agentreplay.cassette("c", directory=folder, mode="replay") as session:
            stream: Any = method.of(client(method.vendor, None, is_async=False))(**method.arguments, stream=True)
            found.append([])
            for chunk in stream:
                found[-1].append(repr(chunk))
                if spoil:
                    _spoil(chunk)
            found[-1].append(session.interactions[0].model_dump())

    assert found[0] == found[1]
    assert [event["data"] for event in found[0][-1]["response"]["events"] if "data" in event] == told


def _spoil(value: Any) -> None:
    """Empty every list and object in what the app was given."""
    if isinstance(value, BaseModel):
        inner: list[Any] = [*vars(value).values(), *(value.__pydantic_extra__ or {}).values()]
    else:
        inner = [*value.values()] if is_object(value) else [*value] if is_array(value) else []
    for each in inner:
        _spoil(each)
    if is_object(value) or is_array(value):
        value.clear()
