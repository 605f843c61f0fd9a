"""Calls of a session that have their answer and are not read yet: they are once somebody asks for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from agentreplay._decisions import Live
from agentreplay._reading import collector_paused
from agentreplay._recorded import RecordedRequest, RecordedResponse
from agentreplay._redaction import Redactor
from agentreplay._redaction.texts import Texts, clean_ones

MOST_BYTES: Final = 1 << 22
"""How many bytes wait: what repeats in the requests of a conversation is shared once it is read, and not before."""

CALL_BYTES: Final = 2048
"""What a call takes beside its contents, roughly."""


class Told(NamedTuple):
    """A call as it was read, with its secrets; `request` is None where it was known before it was sent.

    `texts` are what it was read from; None where that is not all text.
    """

    request: RecordedRequest | None
    response: RecordedResponse
    texts: Texts | None


class NotedCall(Protocol):
    """A call that has its answer, as bytes that nobody changes any more. `size` says how many, roughly."""

    size: int

    def tell(self) -> Told:
        """The call, read."""
        ...


class Waiting(NamedTuple):
    """A call that waits to be read; `metadata` is what is said of it."""

    call: Live
    noted: NotedCall
    metadata: dict[str, Any]


class NotedCalls:
    """The calls of one session that nobody has read yet, at most `MOST_BYTES` of them. Safe for several threads.

    `keep` is given each of them once it is read, and whether it is known to hold no secret; `give_up` those that cannot
    be read. `bytes` is what waits, `knowledge` says how much the redactor knew whenever calls were read.
    """

    def __init__(
        self, redactor: Redactor, keep: Callable[[Waiting, Told, bool], object], give_up: Callable[[Live], None]
    ) -> None:
        self._redactor = redactor
        self._keep = keep
        self._give_up = give_up
        self._lock = threading.Lock()
        self._reading = threading.RLock()
        self._waiting: dict[int, Waiting] = {}
        self.knowledge: set[int | None] = set()
        self.bytes = 0

    def put(self, call: Live, noted: NotedCall, metadata: dict[str, Any]) -> None:
        """Let a call wait, unless too many do: then they are read now."""
        with self._lock:
            self._waiting[call.position] = Waiting(call, noted, metadata)
            self.bytes += noted.size + CALL_BYTES
        if self.bytes > MOST_BYTES:
            self.read()

    def read(self) -> None:
        """Read what waits, in the order in which the calls were begun.

        What one of them raises is raised once the others are read.
        """
        fault: Exception | None = None
        while self._waiting:
            with self._reading, collector_paused():
                fault = self._read_these([self._waiting[each] for each in sorted(self._waiting)]) or fault
        if fault is not None:
            raise fault

    def _read_these(self, these: list[Waiting]) -> Exception | None:
        fault: Exception | None = None
        told: list[tuple[Waiting, Told]] = []
        for each in these:
            try:
                told.append((each, each.noted.tell()))
            except Exception as error:  # noqa: BLE001, PERF203 (it is raised once the others are read)
                fault = fault or self._without(each, error)
        self.knowledge.add(self._redactor.knowledge)
        clean = clean_ones([each.texts for _, each in told], self._redactor)
        for (each, what), is_clean in zip(told, clean, strict=True):
            try:
                self._keep(each, what, is_clean)
            except Exception as error:  # noqa: BLE001, PERF203 (likewise)
                fault = fault or self._without(each, error)
            else:
                self._forget(each)
        return fault

    def _without(self, waiting: Waiting, error: Exception) -> Exception:
        self._forget(waiting)
        self._give_up(waiting.call)
        return error

    def _forget(self, waiting: Waiting) -> None:
        with self._lock:
            del self._waiting[waiting.call.position]
            self.bytes -= waiting.noted.size + CALL_BYTES
