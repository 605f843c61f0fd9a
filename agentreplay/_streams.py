"""Byte streams of an HTTP library: one that notes what passes through it, one that plays a recording.

Both are built on the stream classes of the library at hand (`httpx` or `httpx2`), since its responses accept no other.
Nothing is held back: a chunk is noted and handed on in the same step.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from typing import Any, Final, NamedTuple

from agentreplay import _pace


class Body(NamedTuple):
    """A body as it came: its chunks, and the milliseconds from the start of the call to each.

    `exhausted` says that it was read to its end, `error` what it failed with.
    """

    chunks: Sequence[bytes]
    times_ms: Sequence[float]
    exhausted: bool = True
    error: Exception | None = None


@dataclass(eq=False)
class Passed:
    """What has passed through a stream so far: chunks as they came, each with the time on `time.perf_counter`.

    The call began at `started`. `on_end` is called once, when the stream is exhausted, closed or fails, or when `end()`
    says that nobody will read on. `exhausted` tells the first from the others; `error` is what the stream failed with.
    """

    started: float
    on_end: Callable[[Passed], None]
    noted: list[tuple[bytes, float]] = field(default_factory=list[tuple[bytes, float]])
    exhausted: bool = False
    error: Exception | None = None
    ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, chunk: bytes) -> None:
        """Keep a chunk; after the end there is nobody to keep it for."""
        if not self.ended:
            self.noted.append((chunk, time.perf_counter()))

    def body(self) -> Body:
        """What has passed, as the body that it is."""
        times = [(at - self.started) * 1000 for _, at in self.noted]
        return Body([chunk for chunk, _ in self.noted], times, self.exhausted, self.error)

    def end(self, *, exhausted: bool = False, error: Exception | None = None) -> None:
        """Say that the stream is over. Only the first time counts."""
        with self._lock:
            if self.ended:
                return
            self.ended = True
        self.exhausted = exhausted
        self.error = error
        self.on_end(self)


def tee(library: Any, stream: Any, passed: Passed) -> Any:
    """`stream` of `library`, with all that is read from it noted in `passed`."""
    is_async = isinstance(stream, library.AsyncByteStream) and not isinstance(stream, library.SyncByteStream)
    return (_async_tee if is_async else _sync_tee)(library)(stream, passed)


_NO_WAITS: Final = repeat(0.0)


def _nothing() -> None:
    """What happens where nothing is to happen."""


class Played:
    """What the streams that `play` makes have in common.

    `coming` gives the chunks that nobody has read yet, each with the seconds that it is waited for.
    """

    coming: Iterator[tuple[bytes, float]]


def play(
    library: Any,
    chunks: Iterable[bytes],
    end: Callable[[], None] = _nothing,
    closed: Callable[[], None] = _nothing,
    *,
    waits: Iterable[float] = _NO_WAITS,
    is_async: bool,
) -> Any:
    """A stream of `library` that yields `chunks`, then calls `end`, which may raise; when closed it calls `closed`.

    `waits` says for each chunk how many seconds it is waited for, and is asked when the chunk is next.
    """
    return (_async_player if is_async else _sync_player)(library)(zip(chunks, waits, strict=False), end, closed)


@cache
def _sync_tee(library: Any) -> Any:
    class TeeStream(library.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, passed: Passed) -> None:
            self._stream = stream
            self._passed = passed

        def __iter__(self) -> Iterator[bytes]:
            # As `Passed.note` does, without a call for each chunk.
            passed, note, now = self._passed, self._passed.noted.append, time.perf_counter
            try:
                for chunk in self._stream:
                    if not passed.ended:
                        note((chunk, now()))
                    yield chunk
            except Exception as error:
                self._passed.end(error=error)
                raise
            self._passed.end(exhausted=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        def close(self) -> None:
            try:
                self._stream.close()
            finally:
                self._passed.end()

    return TeeStream


@cache
def _async_tee(library: Any) -> Any:
    class AsyncTeeStream(library.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, passed: Passed) -> None:
            self._stream = stream
            self._passed = passed

        async def __aiter__(self) -> AsyncIterator[bytes]:
            passed, note, now = self._passed, self._passed.noted.append, time.perf_counter
            try:
                async for chunk in self._stream:
                    if not passed.ended:
                        note((chunk, now()))
                    yield chunk
            except Exception as error:
                self._passed.end(error=error)
                raise
            self._passed.end(exhausted=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        async def aclose(self) -> None:
            try:
                await self._stream.aclose()
            finally:
                self._passed.end()

    return AsyncTeeStream


@cache
def _sync_player(library: Any) -> Any:
    class PlayedStream(Played, library.SyncByteStream):  # type: ignore[misc]
        def __init__(
            self, coming: Iterator[tuple[bytes, float]], end: Callable[[], None], closed: Callable[[], None]
        ) -> None:
            self.coming = coming
            self._end = end
            self._closed = closed

        def __iter__(self) -> Iterator[bytes]:
            for chunk, wait in self.coming:
                if wait:
                    _pace.sleep(wait)
                yield chunk
            self._end()

        def close(self) -> None:
            self._closed()

    return PlayedStream


@cache
def _async_player(library: Any) -> Any:
    class AsyncPlayedStream(Played, library.AsyncByteStream):  # type: ignore[misc]
        def __init__(
            self, coming: Iterator[tuple[bytes, float]], end: Callable[[], None], closed: Callable[[], None]
        ) -> None:
            self.coming = coming
            self._end = end
            self._closed = closed

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk, wait in self.coming:
                if wait:
                    await _pace.async_sleep(wait)
                yield chunk
            self._end()

        async def aclose(self) -> None:
            self._closed()

    return AsyncPlayedStream
