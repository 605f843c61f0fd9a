"""Whether this process is an app that is being recorded; its forks and its end."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final

import wrapt

from agentreplay._active import current, open_sessions
from agentreplay._app_recording import EXIT_SECONDS, Place, RecordingOptions, fault_text, warn_of_fault
from agentreplay._guard import GUARD, tell
from agentreplay._journal.writer import JournalWriter
from agentreplay._recording_status import RecordingStatus


class _ThisProcess:
    """The recording of this process, if there is one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._options: RecordingOptions | None = None
        self._last: Place | None = None
        self._prepared = False
        self._not_begun = RecordingStatus()
        self.place: Place | None = None
        self.places: list[Place] = []

    def begin(self, options: RecordingOptions) -> None:
        with self._lock:
            if self.place is not None and options == self._options:
                return
            self.end(EXIT_SECONDS)
            self._prepare()
            self._options = options
            GUARD.sessions = open_sessions
            self._use(Place(options))

    def _use(self, place: Place) -> None:
        self.place = self._last = place
        GUARD.on_fault = place.fault
        self.places[:] = [place]

    def end(self, seconds: float) -> bool:
        with self._lock:
            place, self.place = self.place, None
            self.places.clear()
            GUARD.on_fault = None
            return place is None or place.close(seconds)

    def report(self, error: Exception) -> None:
        if self.place is not None:
            self.place.fault(error)
            return
        text = fault_text(error)
        self._last, self._not_begun = None, RecordingStatus(faults=1, last_fault=text)
        warn_of_fault(text)

    def status(self) -> RecordingStatus:
        return self._last.status(recording=self.place is not None) if self._last is not None else self._not_begun

    def _prepare(self) -> None:
        """See to forks and to the end, once in the life of the process; while nothing is recorded nothing happens."""
        if self._prepared:
            return
        self._prepared = True
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork, after_in_parent=self._in_parent, after_in_child=self._in_child
            )
        wrapt.register_post_import_hook(self._follow_multiprocessing, "multiprocessing.util")

    def _at_exit(self) -> None:
        place = self.place
        if place is not None:
            try:
                place.end_streams()
                place.writer.flush_last(EXIT_SECONDS)
            except Exception as error:  # noqa: BLE001 (the app ends as it would without us)
                tell(error)

    def _before_fork(self) -> None:
        # A process that has threads is warned of forking, and right so; ours is not to be the reason.
        self._at_fork(JournalWriter.rest)

    def _in_parent(self) -> None:
        self._at_fork(JournalWriter.go_on)

    def _at_fork(self, step: Callable[[JournalWriter], None]) -> None:
        place = self.place
        if place is not None:
            try:
                step(place.writer)
            except Exception as error:  # noqa: BLE001 (the app forks as it would without us)
                tell(error)

    def _in_child(self) -> None:
        """Let the child have a place of its own.

        Its only thread is this one, and locks may be held by threads that are gone.
        """
        self._lock = threading.RLock()
        place, options = self.place, self._options
        if place is not None and options is not None:
            place.leave()
            self._use(Place(options))

    def _follow_multiprocessing(self, util: ModuleType) -> None:
        # A child that `multiprocessing` forks forgets what was registered for the exit, and leaves by `os._exit`.
        util.register_after_fork(self, _flush_when_worker_ends)


def _flush_when_worker_ends(process: Any) -> None:
    from multiprocessing.util import Finalize

    Finalize(None, process._at_exit, exitpriority=0)


_this_process = _ThisProcess()
places_recording: Final[Sequence[Place]] = _this_process.places
"""What records the calls of this process: one place or none, always in this same list."""


def begin_recording(options: RecordingOptions) -> None:
    """Record the calls of this process from now on, in place of what was recorded before with other options."""
    _this_process.begin(options)


def end_recording(seconds: float = EXIT_SECONDS) -> bool:
    """Record no more, and bring to the disk what there is; False where that took longer than `seconds`."""
    return _this_process.end(seconds)


def is_recording() -> bool:
    """Whether calls of this process are being recorded."""
    return _this_process.place is not None


def report_fault(error: Exception) -> None:
    """Count a fault of ours outside of a call."""
    _this_process.report(error)


def recording_here() -> Place | None:
    """What records the call that is made here; None where nothing does, or a session is in force."""
    place = _this_process.place
    return None if place is None or (open_sessions and current() is not None) else place


def status() -> RecordingStatus:
    """How recording in this process is going, or went."""
    return _this_process.status()
