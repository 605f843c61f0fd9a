"""The journals that a process has open: which file a session's lines go to, and when it ends.

A journal is locked for as long as its process writes it, and is never opened again once it was closed. So one that
nobody has locked is finished, whatever became of its process.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from agentreplay._files import DISK, Disk, make_folders
from agentreplay._journal import JOURNALS, SUFFIX, Heading
from agentreplay._naming import safe_path
from agentreplay._redaction import Redactor
from agentreplay._version import __version__

if sys.platform != "win32":
    import fcntl

ROLL_BYTES: Final = 64 * 1024 * 1024
"""The size from which on a session goes on in another journal: what is damaged at once is not all."""

_MOST_OPEN: Final = 32
_IDLE_SECONDS: Final = 60.0
_TRIES: Final = 3
_NOT_OFFERED: Final = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


class _OpenJournal:
    """One journal on the disk, as it is being written."""

    def __init__(self, path: Path, handle: int, redactor: Redactor) -> None:
        self.path = path
        self.handle = handle
        self.redactor = redactor
        self.size = 0
        self.used_at = time.monotonic()


class JournalFiles:
    """The journals of one process, in the folder `directory` that they will be collected into.

    `process` names the process. `new_redactor` makes what takes secrets out of one journal: placeholders are counted,
    and the memory for that ends with the journal. Used by one thread at a time.
    """

    def __init__(
        self, directory: Path, process: str, new_redactor: Callable[[], Redactor], *, disk: Disk = DISK
    ) -> None:
        self._directory = directory
        self._process = process
        self._new_redactor = new_redactor
        self._disk = disk
        self._open: OrderedDict[str, _OpenJournal] = OrderedDict()
        self._redactors: dict[str, Redactor] = {}
        self._number = 0

    def redactor(self, session: str) -> Redactor:
        """What takes the secrets out of the lines of `session` that are written now."""
        journal = self._open.get(session)
        if journal is not None:
            return journal.redactor
        if session not in self._redactors:
            # There is one at a time that has no journal yet: lines are written in the order in which they are made.
            self._redactors = {session: self._new_redactor()}
        return self._redactors[session]

    def append(self, session: str, line: bytes) -> None:
        """Write one line to the journal of `session`; once this returns it outlives this process.

        Raises:
            OSError: the system refuses. Nothing of the line will be read, and it can be written again.
        """
        journal = self._open.get(session)
        if journal is not None and journal.size > ROLL_BYTES:
            self._close(session)
            journal = None
        if journal is None:
            self._begin(session, line)
            return
        try:
            self._write(journal, line)
        except BaseException:
            # What was written of the line is a torn end, so nothing may follow it.
            self._redactors = {session: journal.redactor}
            self._close(session)
            raise
        self._open.move_to_end(session)

    def close_idle(self) -> None:
        """End the journals that nobody has written to for a minute, and the oldest where there are too many."""
        while self._open:
            session, journal = next(iter(self._open.items()))
            if len(self._open) <= _MOST_OPEN and time.monotonic() - journal.used_at < _IDLE_SECONDS:
                return
            self._close(session)

    def close(self) -> None:
        """End all journals."""
        for session in list(self._open):
            self._close(session)

    def forget(self) -> None:
        """In a forked child: leave the journals to the parent, which goes on writing them."""
        for journal in self._open.values():
            os.close(journal.handle)
        self._open.clear()

    def _begin(self, session: str, line: bytes) -> None:
        folder = self._directory / JOURNALS / safe_path(session)
        make_folders(folder, self._disk)
        path, handle = self._create(folder)
        journal = _OpenJournal(path, handle, self.redactor(session))
        started_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        heading = Heading(session, self._process, started_at, __version__)
        try:
            # In one go with its first call, so that no journal is without one.
            self._write(journal, heading.line() + line)
        except BaseException:
            self._disk.close(handle)
            self._disk.remove(path)
            raise
        self._open[session] = journal
        self._redactors = {}

    def _create(self, folder: Path) -> tuple[Path, int]:
        """A new journal that nobody has collected before it was locked."""
        for _ in range(_TRIES):
            self._number += 1
            path = folder / f"{self._process}-{self._number}{SUFFIX}"
            handle = self._disk.create(path)
            if lock(handle) is not False and os.fstat(handle).st_nlink:
                return path, handle
            self._disk.close(handle)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(folder))

    def _write(self, journal: _OpenJournal, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._disk.write(journal.handle, left) :]
        journal.size += len(data)
        journal.used_at = time.monotonic()

    def _close(self, session: str) -> None:
        self._disk.close(self._open.pop(session).handle)


def lock(handle: int) -> bool | None:
    """Hold an open journal against being taken for a finished one; False where another process holds it.

    The lock ends with its process. None where the system offers no such lock (Windows, some network file systems).
    """
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
        return None
    return True
