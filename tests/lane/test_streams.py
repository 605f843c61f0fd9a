"""Streams in the lane: whatever an app does with one, it meets what it would meet without the lane."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, cast

import anthropic
import openai
import pytest

import agentreplay
from agentreplay.integrations._stainless.express import ExpressLane
from tests.lane import answers
from tests.lane.vendors import CHAT, MESSAGES, METHODS, TAKES_CHAT, Method, Server, client, difference, events

_STREAMS: Final[dict[str, bytes]] = {
    CHAT.name: events(*answers.CHUNKS, done=True),
    MESSAGES.name: events(*answers.MESSAGE_EVENTS, named=True),
    "beta.messages.create": events(*answers.MESSAGE_EVENTS, named=True),
    "responses.create": events(*answers.RESPONSE_EVENTS, named=True),
}
_PARTS: Final[dict[str, list[dict[str, Any]]]] = {
    CHAT.name: list(answers.CHUNKS),
    MESSAGES.name: list(answers.MESSAGE_EVENTS),
    "beta.messages.create": list(answers.MESSAGE_EVENTS),
    "responses.create": list(answers.RESPONSE_EVENTS),
}
_METHODS: Final = [method for method in METHODS if method.name in _STREAMS]
_QUICKENED: Final = "agentreplay.integrations._stainless.replay.quickened"


class Reading:
    """A stream that is being read, sync or async alike, and all that was seen of it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        held = cast("dict[str, Any]", vars(stream))
        self.seen: list[Any] = [type(stream), sorted(held.keys() - {"_iterator"}), _orig(stream)]
        self.look()

    @property
    def is_async(self) -> bool:
        """Whether it is to be awaited."""
        return hasattr(self.stream, "__anext__")

    def look(self) -> None:
        """See what the response says now."""
        response = self.stream.response
        self.seen += [response.is_closed, response.is_stream_consumed, response.num_bytes_downloaded]

    async def do(self, action: Callable[[], Any]) -> Any:
        """Do it, and see what comes of it."""
        try:
            result = action()
            self.seen.append(await result if inspect.isawaitable(result) else result)
        except (StopIteration, StopAsyncIteration):
            self.seen.append("the end")
        except Exception as error:  # noqa: BLE001 (whatever it is, it must be the same)
            self.seen += [type(error), str(error)]
        self.look()
        return self.seen[-4]

    async def next(self) -> None:
        """Take one chunk."""
        await self.do(lambda: anext(self.stream) if self.is_async else next(self.stream))

    async def rest(self) -> None:
        """Take all chunks that are left."""
        iterator = aiter(self.stream) if self.is_async else iter(self.stream)
        for _ in range(99):
            if await self.do(lambda: anext(iterator) if self.is_async else next(iterator)) == "the end":
                return

    async def of_response(self, name: str) -> None:
        """Call a method of the response; of an async one, the async method."""
        method = getattr(self.stream.response, f"a{name}" if self.is_async else name)

        async def all_of(pieces: Any) -> list[Any]:
            return [piece async for piece in pieces]

        if name.startswith("iter"):
            await self.do(lambda: all_of(method()) if self.is_async else list(method()))
        else:
            await self.do(method)


def _orig(stream: Any) -> str:
    return repr(getattr(stream, "__orig_class__", None))


async def read_all(reading: Reading) -> None:
    await reading.rest()
    await reading.next()
    await reading.of_response("iter_bytes")


async def one_by_one(reading: Reading) -> None:
    await reading.next()
    await reading.next()
    await reading.rest()


async def close_in_the_middle(reading: Reading) -> None:
    await reading.next()
    await reading.do(reading.stream.close)
    reading.seen.append(reading.stream.response.elapsed)
    await reading.next()


async def close_first(reading: Reading) -> None:
    await reading.do(reading.stream.close)
    await reading.next()


async def within(reading: Reading) -> None:
    if reading.is_async:
        async with reading.stream as stream:
            assert stream is reading.stream
            await reading.next()
    else:
        with reading.stream as stream:
            assert stream is reading.stream
            await reading.next()
    reading.look()


async def read_the_response_first(reading: Reading) -> None:
    await reading.of_response("read")
    await reading.rest()


async def read_the_response_in_the_middle(reading: Reading) -> None:
    await reading.next()
    await reading.of_response("read")
    await reading.of_response("iter_raw")
    await reading.rest()


async def bytes_alone(reading: Reading) -> None:
    await reading.of_response("iter_bytes")
    await reading.next()


async def lines_alone(reading: Reading) -> None:
    await reading.of_response("iter_lines")


async def the_body_itself(reading: Reading) -> None:
    await reading.next()
    body: Any = reading.stream.response.stream
    reading.seen.append([piece async for piece in body] if reading.is_async else list(body))


async def about_the_response(reading: Reading) -> None:
    response = reading.stream.response
    request = response.request
    reading.seen += [type(response), response.status_code, response.http_version, dict(response.headers)]
    reading.seen += [type(request), request.method, str(request.url), dict(request.headers), request.content]
    reading.seen += [request.extensions, response.url, response.reason_phrase, response.history]


PROGRAMS: Final[list[Callable[[Reading], Awaitable[None]]]] = [
    read_all,
    one_by_one,
    close_in_the_middle,
    close_first,
    within,
    read_the_response_first,
    read_the_response_in_the_middle,
    bytes_alone,
    lines_alone,
    the_body_itself,
    about_the_response,
]


def as_the_sdk_does(answer: Any, *_: object, **_more: object) -> None:
    """Leaves a stream as the SDK made it."""


def three_ways(
    method: Method,
    program: Callable[[Reading], Awaitable[None]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_async: bool,
    **more: Any,
) -> list[list[Any]]:
    """What `program` sees of a recorded stream: read by the SDK itself, by the funnel, and in the lane."""

    async def run() -> list[Any]:
        answer = method.of(client(method.vendor, None, is_async=is_async))(
            **{**method.arguments, **more, "stream": True}
        )
        reading = Reading(await answer if is_async else answer)
        await program(reading)
        return reading.seen

    found: list[list[Any]] = []
    for quick, lane in ((False, False), (True, False), (True, True)):
        with monkeypatch.context() as patch:
            patch.setattr(ExpressLane, "open", lane)
            if not quick:
                patch.setattr(_QUICKENED, as_the_sdk_does)
            with agentreplay.cassette("c", directory=folder, mode="replay", allow_unused=True) as session:
                found.append([*asyncio.run(run()), [each.model_dump() for each in session.interactions]])
    return found


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_a_stream_of_the_lane_is_the_one_of_the_sdk(
    method: Method,
    program: Callable[[Reading], Awaitable[None]],
    is_async: bool,
    server: Server,
    served: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chunks, bytes, errors, and what response and request say: step by step the same, read to the end or not."""
    server.answer = _STREAMS[method.name]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)

    slow, quick, lane = three_ways(method, program, folder, monkeypatch, is_async=is_async)

    assert difference(slow, quick) is None
    assert difference(slow, lane) is None
    if TAKES_CHAT:
        assert served == [method.name]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_a_stream_of_a_large_file_is_no_other(
    method: Method, is_async: bool, server: Server, served: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the events are played as they are written, each told by what differs from the one before."""
    named = method.name != CHAT.name
    parts = [part for part in _PARTS[method.name] for _ in range(3)]
    told = [
        {**part, "long": "the same in all of them, and long enough to be told once", "n": n}
        for n, part in enumerate(parts)
    ]
    server.answer = events(*told, named=named, done=not named)
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)
        method.call(server, is_async=False, stream=True, extra_body={"user": "x" * 200_000})
    (path,) = folder.glob("c/*.json")
    assert '"event -1"' in path.read_text("utf-8")

    slow, quick, lane = three_ways(method, read_all, folder, monkeypatch, is_async=is_async)

    assert difference(slow, quick) is None
    assert difference(slow, lane) is None
    assert [event["data"] for event in lane[-1][0]["response"]["events"] if "data" in event] == told
    if TAKES_CHAT:
        assert served == [method.name]


def _deltas(method: Method) -> list[dict[str, Any]]:
    """The events of a stream, of which the longest part says a text piece by piece."""
    pieces = [*"one by", ' "é"', "\n", "", "word, ", "\u2028", "a" * 9, "a", "a"]
    if method.name == CHAT.name:
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": "gpt-4o"}
        choices = [{"index": 0, "delta": {"content": piece}, "finish_reason": None} for piece in pieces]
        told = [{**head, "choices": [choice], "obfuscation": "x" * (n % 5)} for n, choice in enumerate(choices)]
    elif method.name == "responses.create":
        item = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": [{"token": "a", "logprob": 0.0}]}
        told = [
            {"type": "response.output_text.delta", "sequence_number": n, **item, "delta": piece}
            for n, piece in enumerate(pieces)
        ]
    else:
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
        told = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    parts = _PARTS[method.name]
    return [*parts[:2], *told, *parts[2:], *told]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    "program",
    [read_all, close_in_the_middle, read_the_response_in_the_middle, the_body_itself, lines_alone],
    ids=lambda program: program.__name__,
)
@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_events_that_are_alike_are_played_as_what_each_of_them_is(
    method: Method,
    program: Callable[[Reading], Awaitable[None]],
    is_async: bool,
    server: Server,
    served: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a large file they are held as one; nobody who reads the stream can tell."""
    named = method.name != CHAT.name
    told = _deltas(method)
    server.answer = events(*told, named=named, done=not named)
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)
        method.call(server, is_async=False, stream=True, extra_body={"user": "x" * 200_000})
    (path,) = folder.glob("c/*.json")
    held = agentreplay.Cassette.load(path).interactions[0].response._held_events() or []
    assert max(map(len, held)) > 9

    slow, quick, lane = three_ways(method, program, folder, monkeypatch, is_async=is_async)

    assert difference(slow, quick) is None
    assert difference(slow, lane) is None
    if TAKES_CHAT:
        assert served == [method.name]


@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_chunks_of_events_that_are_alike_have_nothing_in_common(method: Method, server: Server, folder: Path) -> None:
    """What an app does to one of them is not done to another, nor to those of the next replay."""
    named = method.name != CHAT.name
    told = [{**each, "more": {"of": [1]}} for each in _deltas(method)]
    server.answer = events(*told, named=named, done=not named)
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)
        method.call(server, is_async=False, stream=True, extra_body={"user": "x" * 200_000})

    for _ in range(2):
        with agentreplay.cassette("c", directory=folder, mode="replay", allow_unused=True):
            stream: Any = method.of(client(method.vendor, None, is_async=False))(**method.arguments, stream=True)
            seen: list[Any] = []
            for chunk in stream:
                assert chunk.more == {"of": [1]}
                chunk.more["of"].append(2)
                seen.append(chunk)
            parts = [id(part) for chunk in seen for part in _parts_of(chunk)]
            assert len(parts) == len({*parts})


def _parts_of(chunk: Any) -> list[Any]:
    """All models, objects and lists within."""
    found: list[Any] = []
    left: list[Any] = [chunk]
    while left:
        part = left.pop()
        if isinstance(part, (list, dict)) or hasattr(part, "model_fields_set"):
            found.append(part)
            left += part if isinstance(part, list) else (part if isinstance(part, dict) else dict(part)).values()
    return found


_ARGUMENTS: Final[dict[str, dict[str, Any]]] = {
    CHAT.name: {"temperature": 0.5, "stop": openai.NOT_GIVEN, "extra_body": {"new": [1]}, "timeout": 7},
    MESSAGES.name: {
        "stop_sequences": anthropic.NOT_GIVEN,
        "extra_body": {"new": {"a": 1}},
        "timeout": 7,
        "system": "é",
    },
    "beta.messages.create": {"betas": ["one", "two"], "metadata": {"user_id": "u"}},
    "responses.create": {"instructions": None, "metadata": {"a": "b"}},
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_the_request_of_a_stream_says_what_was_asked(
    method: Method, is_async: bool, server: Server, served: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Address, headers, body and timeouts are those that the SDK would have sent."""
    server.answer = _STREAMS[method.name]
    more = _ARGUMENTS[method.name]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True, **more)

    slow, _, lane = three_ways(method, about_the_response, folder, monkeypatch, is_async=is_async, **more)

    assert difference(slow, lane) is None
    if TAKES_CHAT:
        assert served == [method.name]


@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_a_stream_that_is_dropped_closes_its_response(
    method: Method, server: Server, served: list[str], folder: Path
) -> None:
    """Also where nobody says so, and without the collector where the stream is in no cycle."""
    server.answer = _STREAMS[method.name]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)

    with agentreplay.cassette("c", directory=folder, mode="replay"):
        stream: Any = method.of(client(method.vendor, None, is_async=False))(**method.arguments, stream=True)
        response = stream.response
        next(stream)
        gc.disable()
        try:
            del stream
            assert response.is_closed
        finally:
            gc.enable()


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("method", _METHODS, ids=str)
def test_a_stream_that_was_left_is_the_funnels(
    method: Method, is_async: bool, server: Server, served: list[str], folder: Path
) -> None:
    """A recording that is not whole raises where it ends, which the lane has nothing to do with."""
    server.answer = _STREAMS[method.name]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        method.call(server, is_async=False, stream=True)
    (path,) = folder.glob("c/*.json")
    cassette = agentreplay.Cassette.load(path)
    response = cassette.interactions[0].response
    response.events, response.incomplete = (response.events or [])[:2], True
    cassette.save(path)

    with agentreplay.cassette("c", directory=folder, mode="replay"):
        found = method.call(None, is_async=is_async, stream=True)

    assert agentreplay.IncompleteStreamError in found
    assert served == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_plain_answer_to_a_call_for_a_stream_is_the_funnels(
    is_async: bool, server: Server, served: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that comes as an answer raises what the SDK raises."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False, stream=True)

    slow, _, lane = three_ways(MESSAGES, read_all, folder, monkeypatch, is_async=is_async)

    assert difference(slow, lane) is None
