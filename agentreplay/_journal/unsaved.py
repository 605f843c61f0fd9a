"""Calls that are not on the disk yet, in a bounded number of bytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from agentreplay._recorded import RecordedRequest, RecordedResponse
from agentreplay._redaction.texts import Texts

CALL_BYTES: Final = 2048
"""What a call takes beside its contents, roughly."""


@dataclass(frozen=True)
class CallTexts:
    """A call as the texts that were `sent` and `received`, and what is `said` of it beside them, in JSON.

    `texts` are what all this consists of.
    """

    said: dict[str, Any]
    sent: bytes
    received: bytes
    texts: Texts


class UnsavedCall(Protocol):
    """A call that has its answer, as it was seen on its way: nothing is parsed, redacted or written yet.

    `started_at` is in seconds since 1970; `number` counts the calls of the process. `secrets` are values that must not
    be kept, with the name of each, and `headers` those that the client sends with every call. `size` is in bytes.
    `texts` and `tell` are called once each at most, in another thread than the call was made in.
    """

    session: str
    number: int
    started_at: float
    vendor_name: str
    secrets: tuple[tuple[str, str], ...]
    headers: Mapping[str, Any]
    size: int

    def texts(self) -> CallTexts | None:
        """The call in texts; None where it does not consist of two texts of JSON, one of which may be a stream's."""
        ...

    def tell(self) -> tuple[RecordedRequest, RecordedResponse]:
        """The call, read."""
        ...


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

    def put(self, call: UnsavedCall, reserved: int = 0) -> bool:
        """Add a call, of whose `size` so many bytes are `reserved` already; False where there is no room for it."""
        with self._lock:
            if not self.reserve(call.size - reserved):
                self.drop(reserved)
                return False
            self._waiting.append(call)
            return True

    def take(self, most: int, bytes_enough: int) -> list[UnsavedCall]:
        """The oldest calls that belong to one session: at most so many, and of so many bytes, but for the last.

        What they hold stays reserved until `release` or `drop`.
        """
        taken: list[UnsavedCall] = []
        with self._lock:
            while self._waiting and len(taken) < most and bytes_enough > 0:
                if taken and self._waiting[0].session != taken[0].session:
                    break
                taken.append(self._waiting.popleft())
                bytes_enough -= taken[-1].size
        return taken
