"""Recorded streams, played faster than the SDK reads them: its own stream objects, with chunks that are built at once.

The SDK's `Stream` stays what it is, over the recorded response; only the iterator inside it is another one, which takes
the events from the recording instead of parsing them again out of the bytes. Bytes and chunks go side by side, so that
the response is read, and closed, as far as the SDK would have read it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any, Final, cast

from agentreplay._cassette import RecordedResponse, StreamEvent
from agentreplay._json.values import is_object
from agentreplay._linear.exact import own_copy
from agentreplay.integrations._stainless.construction import Shape

_Build = Callable[[Any], Any]

_DONE: Final = object()
_SKIPPED: Final = object()
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


def quickened(package: str, client: Any, stream: Any, recorded: RecordedResponse, *, unchanged: bool = False) -> None:
    """Let `stream`, which the SDK made of the `recorded` response, give the chunks it would give, only sooner.

    `unchanged` says that the events are what stands in a file.

    Streams in which there is anything unusual are left as they are, and so are those of a class that is not the SDK's
    own, or in which somebody has changed a method.
    """
    sdk = sys.modules[package]
    if type(stream) not in (sdk.Stream, sdk.AsyncStream) or _is_odd(recorded):
        return
    stream_class = cast("Any", type(stream))
    options: Any = getattr(stream, "_options", None)
    if (
        getattr(options, "synthesize_event_and_data", None)
        or getattr(options, "stream_mode", "legacy") != "legacy"
        or client._strict_response_validation
        or not _is_own(stream_class, type(client), package)
    ):
        return
    steps = (_openai_steps if package == "openai" else _anthropic_steps)(recorded.events or ())
    if steps is None:
        return
    try:
        shape = _shape(package, stream._cast_to)
        build = shape.build_of_json if unchanged else shape.build
    except Exception:  # noqa: BLE001 (a type that is nothing to build ahead: the SDK does what it does)
        return
    played = _async_played if type(stream) is sdk.AsyncStream else _played
    vars(stream)["_iterator"] = played(client, stream._cast_to, stream.response, steps, build)


def _is_odd(recorded: RecordedResponse) -> bool:
    """Whether it is anything but events, to their end, in lines as they usually are."""
    if recorded.events is None or recorded.incomplete or recorded.error:
        return True
    return bool({"cr", "crlf"}.intersection((recorded.layout or "").split()))


@lru_cache(maxsize=64)
def _shape(package: str, cast_to: Any) -> Shape:
    return Shape(package, cast_to)


def _is_own(stream_class: type, client_class: Any, package: str) -> bool:
    """Whether the SDK's own code makes the chunks."""
    home = Path(str(sys.modules[package].__file__)).parent
    methods = [vars(stream_class).get(name) for name in _OWN_METHODS] + [client_class._process_response_data]
    return all(method is None or _is_in(method, home) for method in methods)


def _is_in(method: Any, home: Path) -> bool:
    return isinstance(method, FunctionType) and _lies_in(method.__code__.co_filename, home)


@lru_cache(maxsize=64)
def _lies_in(filename: str, home: Path) -> bool:
    return home in Path(filename).parents


def _openai_steps(events: Sequence[StreamEvent]) -> list[Any] | None:
    """What each event says to the SDK; None where one says anything but a chunk, or the end after all of them."""
    steps: list[Any] = []
    for event in events:
        if event.raw is not None or steps[-1:] == [_DONE]:
            return None
        if event.text is not None:
            if not event.text.startswith("[DONE]"):
                return None
            steps.append(_DONE)
        elif not is_object(event.data) or event.data.get("error") or (event.event or "").startswith("thread."):
            return None
        else:
            steps.append(event.data)
    return steps


def _anthropic_steps(events: Sequence[StreamEvent]) -> list[Any] | None:
    """What each event says to the SDK; None where one says anything but a chunk, or nothing."""
    steps: list[Any] = []
    for event in events:
        if event.raw is not None or event.text is not None:
            return None
        if event.event == "ping":
            steps.append(_SKIPPED)
        elif event.event in _EVENTS_OF_MESSAGES and is_object(event.data) and event.data.get("type") == event.event:
            steps.append(event.data)
        else:
            return None
    return steps


def _chunk(client: Any, cast_to: Any, response: Any, data: Any, build: _Build) -> Any:
    try:
        return build(data)
    except Exception:  # noqa: BLE001 (what the SDK has against it, it says itself)
        return client._process_response_data(data=own_copy(data), cast_to=cast_to, response=response)


def _played(client: Any, cast_to: Any, response: Any, steps: Sequence[Any], build: _Build) -> Iterator[Any]:
    try:
        for _, step in zip(response.iter_bytes(), steps, strict=False):
            if step is _DONE:
                break
            if step is not _SKIPPED:
                yield _chunk(client, cast_to, response, step, build)
    finally:
        response.close()


async def _async_played(
    client: Any, cast_to: Any, response: Any, steps: Sequence[Any], build: _Build
) -> AsyncIterator[Any]:
    following = iter(steps)
    try:
        async for _ in response.aiter_bytes():
            step = next(following, _DONE)
            if step is _DONE:
                break
            if step is not _SKIPPED:
                yield _chunk(client, cast_to, response, step, build)
    finally:
        await response.aclose()
