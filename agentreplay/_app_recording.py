"""Recording in a running app, without a session: which calls are kept, where they belong, and what went wrong.

All that belongs to one process is a `Place`; a forked child gets one of its own before it makes its first call.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import secrets
import sys
import threading
import time
import traceback
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from agentreplay._errors import ConfigurationError
from agentreplay._errors.journal import RecordingFaultWarning
from agentreplay._journal.files import JournalFiles
from agentreplay._journal.unsaved import Unsaved, UnsavedCall
from agentreplay._journal.writer import JournalWriter
from agentreplay._printable import printable
from agentreplay._recording_status import RecordingStatus
from agentreplay._redaction import RedactionRule, Redactor
from agentreplay._streams import Passed

MAX_BYTES: Final = 64 * 1024 * 1024

EXIT_SECONDS: Final = 10.0
"""How long the end of the process, or `uninstall()`, waits for a disk that does not answer."""

_OURS: Final = str(Path(__file__).parent)
_REMEMBERED: Final = 4096

Sample = float | Callable[[str], bool]
SessionId = Callable[[], str | None]


@dataclass(frozen=True)
class RecordingOptions:
    """What is recorded and where to: see `install()`.

    Raises:
        ConfigurationError: an option that cannot be meant.
    """

    directory: Path
    sample: Sample = 1.0
    max_bytes: int = MAX_BYTES
    session_id: SessionId | None = None
    redact: tuple[RedactionRule, ...] = ()
    redact_personal: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not callable(self.sample) and not (_is_number(self.sample) and 0 <= self.sample <= 1):
            why = "give the share of calls to record, from 0 to 1, or a function of the session's id"
            raise ConfigurationError.not_usable("sample", self.sample, why)
        if not _is_number(self.max_bytes) or self.max_bytes != int(self.max_bytes) or self.max_bytes < 1:
            raise ConfigurationError.not_usable("max_bytes", self.max_bytes, "give a number of bytes, at least 1")
        if self.session_id is not None and not callable(self.session_id):
            why = "give a function that says to which session the call belongs that is just being made"
            raise ConfigurationError.not_usable("session_id", self.session_id, why)
        self.redactor()

    def redactor(self) -> Redactor:
        """A new redactor, with these rules.

        Raises:
            ConfigurationError: a rule that cannot be meant.
        """
        return Redactor(extra=self.redact, personal=self.redact_personal)


class Seat(NamedTuple):
    """Where a call belongs that is being recorded: its session, its number in the process, seconds since 1970."""

    session: str
    number: int
    started_at: float


class Place:
    """What recording has of its own in one process."""

    def __init__(self, options: RecordingOptions) -> None:
        self.process = f"{time.strftime('%Y%m%dt%H%M%S', time.gmtime())}-{os.getpid()}-{secrets.token_hex(4)}"
        self.unsaved = Unsaved(options.max_bytes)
        self.journals = JournalFiles(options.directory, self.process, options.redactor)
        self.writer = JournalWriter(self.unsaved, self.journals, self.process, self.fault)
        self._options = options
        self._tally = threading.RLock()
        self._calls = 0
        self._random = random.Random()  # noqa: S311 (a share of calls, no secret)
        self._decided: OrderedDict[str, bool] = OrderedDict()
        self._streams: dict[int, Passed] = {}
        self._always = options.session_id is None and options.sample == 1
        self._sampled_out = 0
        self._faults = 0
        self._last_fault: str | None = None
        self._left = False

    def seat(self) -> Seat | None:
        """Where the call belongs that is made here; None if it is not to be recorded."""
        with self._tally:
            self._calls = number = self._calls + 1
        if self._always:
            return Seat(self._session_of_process, number, time.time())
        named = self._options.session_id() if self._options.session_id is not None else None
        if named is not None and not isinstance(named, str):
            raise TypeError(f"session_id() gave a {type(named).__name__}, not a text")
        session = named or self._session_of_process
        if not self._is_in_sample(session, named=bool(named)):
            with self._tally:
                self._sampled_out += 1
            return None
        return Seat(session, number, time.time())

    def keep(self, call: UnsavedCall, *, reserved: int = 0) -> None:
        """Have `call` written. Of its `size`, bytes that are `reserved` already are not reserved again."""
        if self._left:
            return
        if not self.unsaved.put(call, reserved):
            return
        self.writer.wake()

    def watch(self, stream: Passed) -> None:
        """Remember a stream that the app still reads."""
        with self._tally:
            self._streams[id(stream)] = stream

    def unwatch(self, stream: Passed) -> None:
        """Forget a stream that has ended."""
        with self._tally:
            self._streams.pop(id(stream), None)

    def end_streams(self) -> None:
        """Keep the streams that the app reads no further, as far as they went."""
        with self._tally:
            streams = list(self._streams.values())
        for stream in streams:
            stream.end()

    def leave(self) -> None:
        """In a forked child: leave all that is here to the parent."""
        self._left = True
        self.journals.forget()

    def close(self, seconds: float) -> bool:
        """Record nothing more, and bring to the disk what there is; False where that took longer than `seconds`."""
        self.end_streams()
        closed = self.writer.end(seconds)
        self._left = True
        return closed

    def fault(self, error: Exception) -> None:
        """Count a failure of ours, and warn of the first."""
        text = fault_text(error)
        with self._tally:
            self._faults += 1
            self._last_fault = text
            first = self._faults == 1
        if first:
            warn_of_fault(text)

    def status(self, *, recording: bool) -> RecordingStatus:
        """The counters."""
        with self._tally:
            return RecordingStatus(
                recording=recording,
                directory=self._options.directory,
                calls=self._calls,
                sampled_out=self._sampled_out,
                written=self.writer.written,
                unsaved=len(self.unsaved),
                dropped=self.unsaved.dropped,
                unsaved_bytes=self.unsaved.bytes,
                faults=self._faults,
                last_fault=self._last_fault,
            )

    @cached_property
    def _session_of_process(self) -> str:
        return f"{program_name()}/{self.process}"

    def _is_in_sample(self, session: str, *, named: bool) -> bool:
        """Whether `session` is recorded: a named one whole or not at all, in this process and in others."""
        sample = self._options.sample
        if not named:
            return bool(sample(session)) if callable(sample) else self._random.random() < sample
        if not callable(sample):
            digest = hashlib.sha256(session.encode("utf-8", "surrogatepass")).digest()
            return int.from_bytes(digest[:7], "big") / (1 << 56) < sample
        with self._tally:
            known = self._decided.get(session)
        if known is None:
            known = bool(sample(session))
            with self._tally:
                known = self._decided.setdefault(session, known)
                while len(self._decided) > _REMEMBERED:
                    self._decided.popitem(last=False)
        return known


def warn_of_fault(text: str) -> None:
    """Give the warning, of which there is one for each process."""
    # Where warnings are errors this raises, and the counters have to be enough.
    with suppress(Exception):
        warnings.warn(RecordingFaultWarning(text), stacklevel=2)


def fault_text(error: BaseException) -> str:
    """What failed and where in our code, without the error's text, in which there may be anything that a call held."""
    text = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        text += f": {error.strerror}" + (f" ({error.filename})" if error.filename else "")
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_OURS)]
    if ours:
        place = Path(ours[-1].filename).relative_to(Path(_OURS).parent)
        text += f", in {place.as_posix()} line {ours[-1].lineno}"
    return printable(text)


def program_name() -> str:
    """The running program's name, as a part of a session's."""
    argv = getattr(sys, "argv", None) or [""]
    path = Path(argv[0])
    name = path.parent.name if path.stem == "__main__" else path.stem
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "python"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def as_rules(rules: RedactionRule | Sequence[RedactionRule]) -> tuple[RedactionRule, ...]:
    """Rules as a tuple, also where there is one alone."""
    if isinstance(rules, (str, re.Pattern)) or callable(rules):
        return (rules,)
    return tuple(rules)
