"""What was found out about values before, in this process: it depends on nothing but what they say."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Memo(Generic[V]):
    """What was found out about values, by texts that tell them apart. Safe for several threads.

    All is forgotten once there would be more than `limit` bytes.

    Attributes:
        get: What was found out about the value with this text; None where nothing is known.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._found: dict[bytes, V] = {}
        self._size = 0
        self.get: Callable[[bytes], V | None] = self._found.get

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._found.clear()
            self._size = 0

    def put(self, text: bytes, found: V, *, beside: int = 0) -> None:
        """Remember what was `found` out about the value with this text; it holds so many bytes `beside` that."""
        size = len(text) + beside
        with self._lock:
            self._size += size
            if self._size > self._limit:
                self._found.clear()
                self._size = size
            self._found[text] = found
