"""Byte streams of an HTTP library that an app reads while they are noted: a fault of ours ends the noting only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any

from agentreplay._guard import tell
from agentreplay._streams import Passed


def guarded_tee(library: Any, stream: Any, passed: Passed) -> Any:
    """`stream` of `library`, with all that is read from it noted in `passed`."""
    is_async = isinstance(stream, library.AsyncByteStream) and not isinstance(stream, library.SyncByteStream)
    return (_async_tee if is_async else _sync_tee)(library)(stream, passed)


def _note(passed: Passed, chunk: bytes) -> None:
    try:
        passed.note(chunk)
    except Exception as error:  # noqa: BLE001 (the app reads on)
        tell(error)


def _end(passed: Passed, *, exhausted: bool = False, error: Exception | None = None) -> None:
    try:
        passed.end(exhausted=exhausted, error=error)
    except Exception as fault:  # noqa: BLE001 (the app reads on)
        tell(fault)


@cache
def _sync_tee(library: Any) -> Any:
    class GuardedStream(library.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, passed: Passed) -> None:
            self._stream = stream
            self._passed = passed

        def __iter__(self) -> Iterator[bytes]:
            try:
                for chunk in self._stream:
                    _note(self._passed, chunk)
                    yield chunk
            except Exception as error:
                _end(self._passed, error=error)
                raise
            _end(self._passed, exhausted=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                _end(self._passed)

        def __del__(self) -> None:
            # The app has let go of it without closing it.
            _end(self._passed)

    return GuardedStream


@cache
def _async_tee(library: Any) -> Any:
    class AsyncGuardedStream(library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, passed: Passed) -> None:
            self._stream = stream
            self._passed = passed

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                async for chunk in self._stream:
                    _note(self._passed, chunk)
                    yield chunk
            except Exception as error:
                _end(self._passed, error=error)
                raise
            _end(self._passed, exhausted=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                _end(self._passed)

        def __del__(self) -> None:
            _end(self._passed)

    return AsyncGuardedStream
