"""The thread that brings calls to the disk, so that no other waits for it."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, Final, Protocol

from agentreplay._ageing import installed_versions
from agentreplay._journal import interaction_line, texts_line
from agentreplay._journal.unsaved import CallTexts, Unsaved, UnsavedCall
from agentreplay._journal.without_secrets import without_secrets
from agentreplay._redaction import Redactor
from agentreplay._redaction.texts import clean_ones

GATHER_SECONDS: Final = 0.3
"""How long a call waits for others before they are written together: what SIGKILL can cost, while the disk keeps up."""

RETRY_SECONDS: Final = 0.5
_BREATH_SECONDS: Final = 0.0005
_AT_WORK_SECONDS: Final = 0.001
_MOST_TOGETHER: Final = 16
_BYTES_TOGETHER: Final = 1 << 16
_IDLE_SECONDS: Final = 60.0
_REST_SECONDS: Final = 0.2
_TRIES: Final = 2

_THIS_LINE_ONLY: Final = frozenset({errno.EFBIG, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ})
"""What the system refuses for one line or one name; all other refusals may end, and are waited for."""


class Lines(Protocol):
    """Where lines go."""

    def redactor(self, session: str) -> Redactor:
        """What takes the secrets out of the lines of `session`."""
        ...

    def append(self, session: str, line: bytes) -> None:
        """Write a line of `session`; raises OSError where the system refuses."""
        ...

    def close_idle(self) -> None:
        """End what was not used for long."""
        ...

    def close(self) -> None:
        """End everything."""
        ...


class JournalWriter:
    """Writes the calls of `unsaved`, which process `process` has made, to `journals`, in a thread of its own.

    The thread is started with the first call. `on_fault` is told of every failure, in that thread.
    """

    def __init__(self, unsaved: Unsaved, journals: Lines, process: str, on_fault: Callable[[Exception], None]) -> None:
        self.written = 0
        self._unsaved = unsaved
        self._journals = journals
        self._process = process
        self._on_fault = on_fault
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._writing = threading.Lock()
        self._wanted = threading.Event()
        self._hurry = threading.Event()
        self._giving_up = threading.Event()
        self._ended = False
        self._resting = False
        self._alone = False
        self._breathed = 0.0
        self._sdks: dict[str, dict[str, str]] = {}

    def wake(self) -> None:
        """Say that there are calls. Does not wait for the disk, unless the interpreter is ending."""
        if self._alone:
            self._write_all(wait=1.0)
            return
        if self._thread is None or not self._thread.is_alive():
            self._start()
        if not self._wanted.is_set():
            self._wanted.set()
        if self._unsaved.bytes * 2 > self._unsaved.limit and not self._hurry.is_set():
            self._hurry.set()

    def rest(self) -> None:
        """Let the thread come to its end, if it does so at once: the process is about to be forked."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._resting = True
            self._hurry.set()
            self._wanted.set()
            thread.join(_REST_SECONDS)
            if not thread.is_alive():
                self._thread = None

    def go_on(self) -> None:
        """After the fork: write on, now if there is anything, otherwise with the next call."""
        self._resting = False
        if len(self._unsaved):
            self.wake()

    def flush(self, seconds: float) -> bool:
        """Bring all calls to the disk, and say whether that was done within `seconds`."""
        end = time.monotonic() + seconds
        while len(self._unsaved) or self._writing.locked():
            if time.monotonic() > end:
                return False
            if self._thread is None or not self._thread.is_alive():
                self._write_all(wait=0.1)
            else:
                self._hurry.set()
                self._wanted.set()
                time.sleep(0.002)
        return True

    def flush_last(self, seconds: float) -> bool:
        """Flush, and drop what the disk refuses instead of waiting for it.

        What comes later is written in the thread of the call: the interpreter ends, and threads may stop any moment.
        """
        self._giving_up.set()
        flushed = self.flush(seconds)
        self._alone = True
        return flushed

    def end(self, seconds: float) -> bool:
        """Flush for the last time, end the thread and close the journals; False where the disk did not answer."""
        flushed = self.flush_last(seconds)
        self._ended = True
        self._hurry.set()
        self._wanted.set()
        if self._thread is not None and flushed:
            self._thread.join(seconds)
        if self._writing.acquire(timeout=0.1):
            try:
                self._journals.close()
            finally:
                self._writing.release()
        return flushed

    def _start(self) -> None:
        # Not waited for: whoever holds the lock starts the thread, and an app waits for nobody here.
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._thread is None or not self._thread.is_alive():
                self._start_alone()
        finally:
            self._starting.release()

    def _start_alone(self) -> None:
        if self._thread is not None:
            self._on_fault(RuntimeError("the thread has ended before its time"))
        thread = threading.Thread(target=self._run, name="agentreplay-journal", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread can be started any more: the interpreter ends.
            self._alone = True
        else:
            self._thread = thread

    def _run(self) -> None:
        while not (self._ended or self._resting):
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001, PERF203 (whatever it is, this thread goes on)
                with suppress(Exception):
                    self._on_fault(error)
                time.sleep(RETRY_SECONDS)

    def _turn(self) -> None:
        if self._wanted.wait(_IDLE_SECONDS):
            # Calls come in bursts, and whoever made them is at work now. So they are written a little later.
            self._hurry.wait(GATHER_SECONDS)
        self._wanted.clear()
        self._hurry.clear()
        self._write_all()
        with self._writing:
            self._journals.close_idle()

    def _write_all(self, wait: float = -1) -> None:
        """Write what waits, once nobody else does that; at the latest after `wait` seconds, or leave it."""
        if not self._writing.acquire(timeout=wait):
            return
        try:
            while calls := self._unsaved.take(_MOST_TOGETHER, _BYTES_TOGETHER):
                for call, line in zip(calls, self._clean_lines(calls), strict=True):
                    self._write(call, line)
                self._breathe()
        finally:
            self._writing.release()

    def _write(self, call: UnsavedCall, line: bytes | None) -> None:
        kept = False
        try:
            kept = self._append(call.session, line if line is not None else self._line(call))
        except Exception as error:  # noqa: BLE001 (whatever it is, the other calls are written)
            self._on_fault(error)
        finally:
            if kept:
                self.written += 1
                self._unsaved.release(call.size)
            else:
                self._unsaved.drop(call.size)

    def _append(self, session: str, line: bytes) -> bool:
        """Write a line, as soon as the disk takes it; False where it is given up."""
        tries = _TRIES
        while tries:
            try:
                self._journals.append(session, line)
            except OSError as error:  # noqa: PERF203
                self._on_fault(error)
                if error.errno in _THIS_LINE_ONLY or self._giving_up.wait(RETRY_SECONDS):
                    tries -= 1
            else:
                return True
        return False

    def _clean_lines(self, calls: Sequence[UnsavedCall]) -> list[bytes | None]:
        """The lines of calls of one session in which there is nothing to be taken out; None for the others.

        It is told of all together, if that can be, and otherwise of each.
        """
        redactor = self._journals.redactor(calls[0].session)
        try:
            for call in calls:
                self._learn(call, redactor)
            found = [call.texts() for call in calls]
            clean = clean_ones([None if each is None else each.texts for each in found], redactor)
            return [
                self._texts_line(call, texts) if texts and is_clean else None
                for call, texts, is_clean in zip(calls, found, clean, strict=True)
            ]
        except Exception as error:  # noqa: BLE001 (what is wrong with one of them is no matter of the others)
            self._on_fault(error)
            return [None] * len(calls)

    def _learn(self, call: UnsavedCall, redactor: Redactor) -> None:
        for secret, name in call.secrets:
            redactor.learn(secret, name)
        if call.headers:
            redactor.learn_headers(call.headers)

    def _texts_line(self, call: UnsavedCall, texts: CallTexts) -> bytes | None:
        said = {"sequence": call.number, **texts.said, "metadata": self._metadata(call)}
        return texts_line(said, self._versions(call), texts.sent, texts.received)

    def _line(self, call: UnsavedCall) -> bytes:
        """The line of a call that has to be parsed. Secrets are taken out here, and nothing else is ever written."""
        redactor = self._journals.redactor(call.session)
        self._learn(call, redactor)
        request, response = call.tell()
        self._breathe()
        said = without_secrets(redactor, {"request": request._plain(), "response": response._plain()}, self._breathe)
        self._breathe()
        interaction = {"sequence": call.number, **said, "metadata": self._metadata(call)}
        return interaction_line(interaction, self._versions(call))

    def _metadata(self, call: UnsavedCall) -> dict[str, Any]:
        return {
            "vendor": call.vendor_name,
            "started_at": datetime.fromtimestamp(call.started_at, timezone.utc).isoformat(timespec="microseconds"),
            "process": self._process,
            "call": call.number,
        }

    def _versions(self, call: UnsavedCall) -> dict[str, str]:
        if call.vendor_name not in self._sdks:
            self._sdks[call.vendor_name] = installed_versions({call.vendor_name})
        return self._sdks[call.vendor_name]

    def _breathe(self) -> None:
        """Let the app's threads have the interpreter: this one would keep it for milliseconds at a time."""
        now = time.perf_counter()
        if now - self._breathed > _AT_WORK_SECONDS and not (self._alone or self._hurry.is_set()):
            time.sleep(_BREATH_SECONDS)
            self._breathed = time.perf_counter()
