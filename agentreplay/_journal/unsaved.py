"""Calls that are not on the disk yet, in a bounded number of bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentreplay._recorded import RecordedRequest, RecordedResponse

CALL_BYTES = 2048
"""What a call takes beside its contents, roughly."""


@dataclass(eq=False)
class UnsavedCall:
    """A call that has its answer, as it was seen on its way: nothing is parsed, redacted or written yet.

    `started_at` is in seconds since 1970; `number` counts the calls of the process. `tell` gives the request and the
    response; it is called once, in another thread than the call was made in. `secrets` are values that must not be
    kept, with the name of each, and `headers` those that the client sends with every call. `size` is in bytes.
    """

    session: str
    number: int
    started_at: float
    vendor: str
    tell: Callable[[], tuple[RecordedRequest, RecordedResponse]]
    secrets: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    size: int = 0


class Unsaved:
    """A queue of calls, and the bytes that calls hold which are still under way: together at most `limit`.

    Where there is no room the oldest calls that wait are dropped. Nothing here waits for longer than it takes to move
    a few pointers.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.dropped = 0
        self.bytes = 0
        self._waiting: deque[UnsavedCall] = deque()
        # A stream that is collected as garbage ends, at any moment and in any thread, also in one that is in here.
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._waiting)

    def reserve(self, size: int) -> bool:
        """Make room for `size` more bytes; False (and no room is taken) where dropping all that waits makes none."""
        with self._lock:
            while self._waiting and self.bytes + size > self.limit:
                self.bytes -= self._waiting.popleft().size
                self.dropped += 1
            if self.bytes + size > self.limit:
                return False
            self.bytes += size
            return True

    def release(self, size: int) -> None:
        """Give `size` bytes back that were reserved."""
        with self._lock:
            self.bytes -= size

    def drop(self, size: int = 0) -> None:
        """Count a call that will not be kept, and give back what it had reserved."""
        with self._lock:
            self.bytes -= size
            self.dropped += 1

    def put(self, call: UnsavedCall) -> None:
        """Add a call whose `size` is reserved."""
        with self._lock:
            self._waiting.append(call)

    def take(self) -> UnsavedCall | None:
        """The oldest call, or None. What it holds stays reserved until `release` or `drop`."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None
