"""Recorded streams, played faster than the SDK reads them: its own stream objects, with chunks that are built at once.

The SDK's `Stream` stays what it is, over the recorded response; only the iterator inside it is another one, which takes
the events from the recording instead of parsing them again out of the bytes. Bytes and chunks go side by side, so that
the response is read, and closed, as far as the SDK would have read it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from types import FunctionType
from typing import Any, Final, cast

from agentreplay._alike import Alike
from agentreplay._cassette import RecordedResponse
from agentreplay._json.values import is_object
from agentreplay._linear.exact import own_copy
from agentreplay._streams import Played
from agentreplay.integrations._stainless.construction import Shape

_Build = Callable[[Any], Any]

_DONE: Final = object()
_SKIPPED: Final = object()
_FIELDS: Final = ("data", "text", "event", "raw")
_EVENTS_OF_MESSAGES: Final = frozenset(
    {
        "message_start",
        "message_delta",
        "message_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
    }
)
_OWN_METHODS: Final = ("__iter__", "__next__", "__aiter__", "__anext__", "__stream__", "_iter_events", "close")
_DECODED: Final = "content-encoding"


_Events = Sequence[Alike]


def quickened(package: str, client: Any, stream: Any, recorded: RecordedResponse, events: _Events) -> None:
    """Let `stream`, which the SDK made of the `recorded` response, give the chunks it would give, only sooner.

    `events` are its events, which hold plain JSON.

    Streams in which there is anything unusual are left as they are, and so are those of a class that is not the SDK's
    own, or in which somebody has changed a method.
    """
    sdk = sys.modules[package]
    stream_class = cast("Any", type(stream))
    if stream_class not in (sdk.Stream, sdk.AsyncStream):
        return
    options: Any = getattr(stream, "_options", None)
    if (
        getattr(options, "synthesize_event_and_data", None)
        or getattr(options, "stream_mode", "legacy") != "legacy"
        or client._strict_response_validation
        or not _is_own(stream_class, type(client), package)
    ):
        return
    steps = _steps(package, recorded, events)
    if steps is None:
        return
    try:
        build = _shape(package, stream._cast_to).build_of_json
    except Exception:  # noqa: BLE001 (a type that is nothing to build ahead: the SDK does what it does)
        return
    held = cast("dict[str, Any]", vars(stream))
    without = {name: value for name, value in held.items() if name != "_iterator"}
    playing = _Playing(client, stream._cast_to, stream.response, steps, build, stream_class, without)
    held["_iterator"] = playing.async_chunks() if stream_class is sdk.AsyncStream else playing.chunks()


def _steps(package: str, recorded: RecordedResponse, events: _Events) -> list[Iterable[Any]] | None:
    """What the events say to the SDK, part by part; None where there is anything but chunks, in lines as usual."""
    if recorded.incomplete or recorded.error:
        return None
    if recorded.layout and {"cr", "crlf"}.intersection(recorded.layout.split()):
        return None
    return (_openai_steps if package == "openai" else _anthropic_steps)(events)


@lru_cache(maxsize=64)
def _shape(package: str, cast_to: Any) -> Shape:
    return Shape(package, cast_to)


def _is_own(stream_class: type, client_class: Any, package: str) -> bool:
    """Whether the SDK's own code makes the chunks."""
    methods = (client_class._process_response_data, *map(vars(stream_class).get, _OWN_METHODS))
    files: list[str] = []
    for method in methods:
        if isinstance(method, FunctionType):
            files.append(method.__code__.co_filename)
        elif method is not None:
            return False
    return _lie_in(str(sys.modules[package].__file__), (*files,))


@lru_cache(maxsize=64)
def _lie_in(package: str, files: tuple[str, ...]) -> bool:
    return all(Path(package).parent in Path(file).parents for file in files)


def _openai_steps(events: _Events) -> list[Iterable[Any]] | None:
    """What each event says to the SDK; None where one says anything but a chunk, or the end after all of them."""
    steps: list[Iterable[Any]] = []
    for event in events:
        data, text, name, raw = map(event.fields.get, _FIELDS)
        if text is None and is_object(data) and raw is None:
            if data.get("error") or (name is not None and name.startswith("thread.")):
                return None
            steps.append(event.data())
        elif text is not None and raw is None and text.startswith("[DONE]"):
            if len(steps) + 1 != len(events):
                return None
            steps.append([_DONE])
        else:
            return None
    return steps


def _anthropic_steps(events: _Events) -> list[Iterable[Any]] | None:
    """What each event says to the SDK; None where one says anything but a chunk, or nothing."""
    steps: list[Iterable[Any]] = []
    for event in events:
        data, text, name, raw = map(event.fields.get, _FIELDS)
        if raw is not None or text is not None:
            return None
        if name == "ping":
            steps.append(repeat(_SKIPPED, len(event)))
        elif name in _EVENTS_OF_MESSAGES and is_object(data) and data.get("type") == name:
            steps.append(event.data())
        else:
            return None
    return steps


@dataclass(eq=False)
class _Playing:
    """A stream that is being played: `steps`, what its events say, side by side with the bytes of `response`.

    `attributes` are those of the stream, of the class `stream_class`, but for its iterator.
    """

    client: Any
    cast_to: Any
    response: Any
    steps: Sequence[Iterable[Any]]
    build: _Build
    stream_class: Any
    attributes: dict[str, Any]

    def chunks(self) -> Iterator[Any]:
        """The chunks that the SDK would make."""
        body = self._body()
        if body is None:
            yield from self._as_the_sdk_does()
            return
        try:
            yield from self._made(body)
        finally:
            self.response.close()

    async def async_chunks(self) -> AsyncIterator[Any]:
        """Likewise of an async client."""
        body = self._body()
        if body is None:
            async with aclosing(self._as_the_sdk_does()) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        try:
            for chunk in self._made(body):
                yield chunk
        finally:
            await self.response.aclose()

    def _made(self, body: Played) -> Iterator[Any]:
        """The chunks, each made when it is asked for, while `body` is read."""
        response, build = self.response, self.build
        read = 0
        for (piece, _), data in zip(body.coming, chain.from_iterable(self.steps), strict=False):
            read += len(piece)
            response._num_bytes_downloaded = read
            if data is _DONE:
                return
            if data is _SKIPPED:
                continue
            try:
                chunk = build(data)
            except Exception:  # noqa: BLE001 (what the SDK has against it, it says itself)
                chunk = self._made_by_sdk(data)
            yield chunk

    def _body(self) -> Played | None:
        """The recorded body, which is being read from now on; None where it is not to be read from its beginning."""
        response: Any = self.response
        held = cast("dict[str, Any]", vars(response))
        body = held.get("stream")
        if (
            not isinstance(body, Played)
            or "_content" in held
            or held.get("_num_bytes_downloaded") != 0
            or response.is_closed
            or response.is_stream_consumed
            or _DECODED in response.headers
        ):
            return None
        response.is_stream_consumed = True
        return body

    def _as_the_sdk_does(self) -> Any:
        """The SDK's own iterator, which reads the bytes."""
        # Of another object: one that the stream itself stood in would keep it from being closed where it is dropped.
        stream: Any = object.__new__(self.stream_class)
        cast("dict[str, Any]", vars(stream)).update(self.attributes)
        return stream.__stream__()

    def _made_by_sdk(self, data: Any) -> Any:
        return self.client._process_response_data(data=own_copy(data), cast_to=self.cast_to, response=self.response)
