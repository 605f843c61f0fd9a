"""Where a run leaves its recording: replayed up to there, live from there on."""

from __future__ import annotations

import threading

from agentreplay._cassette import Cassette
from agentreplay._faults import RequestTest
from agentreplay._provenance import Parent
from agentreplay._recorded import RecordedRequest


class ForkPoint:
    """The point after which nothing is answered from the recording any more; safe to use from several threads.

    `until` is the number of calls that are answered before it, or a test of the first request that comes after it.
    """

    def __init__(self, until: int | RequestTest) -> None:
        self._until = until
        self._lock = threading.Lock()
        self._before = 0
        self._passed = False

    @property
    def before(self) -> int:
        """How many calls came before it, so far or in all."""
        return self._before

    def is_passed_by(self, request: RecordedRequest) -> bool:
        """Whether this call, the next of the session, comes after it. What a test raises is raised here."""
        with self._lock:
            if not self._passed:
                until = self._until
                self._passed = bool(until(request)) if callable(until) else self._before >= until
                self._before += not self._passed
            return self._passed

    def parent(self, recording: Cassette, name: str) -> Parent:
        """What the fork says of the recording `name` that it is made of."""
        meta = recording.meta
        return Parent(test_id=meta.test_id or name, content_hash=meta.content_hash, replayed=self._before)
