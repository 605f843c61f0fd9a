"""Journals become cassettes: one for each session, whichever processes its calls were made in.

The cassette is written before its journals are removed, and a call that is in it already is not added again. So
collecting may die at any moment, may be repeated, and may run beside the processes that still write.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError
from agentreplay._errors.files import CassetteFileError
from agentreplay._errors.journal import JournalError
from agentreplay._files import read_whole, remove_files, require_inside
from agentreplay._journal import JOURNALS, SUFFIX, Journal, read_journal
from agentreplay._journal.files import lock
from agentreplay._recorded import Interaction
from agentreplay._storage import find_recording, store_recording
from agentreplay._version import __version__
from agentreplay.integrations import integrations
from agentreplay.integrations._stainless.integration import StainlessIntegration

_UNTOUCHED_SECONDS: Final = 600.0
"""Where the system has no locks, a journal that nobody has written to for so long is finished."""


@dataclass
class Collected:
    """What became of the journals of one session.

    Attributes:
        session: the session's name, which is that of the cassette; of an unreadable journal, its path.
        path: the cassette.
        calls: how many calls it holds now.
        added: how many of them are new.
        running: how many journals are still being written; they are left, and collected again later.
        torn: how many journals had a last line that was cut off; it is left out.
        problems: why calls, or all journals of the session, were left where they are.
    """

    session: str
    path: Path | None = None
    calls: int = 0
    added: int = 0
    running: int = 0
    torn: int = 0
    problems: list[CassetteError] = field(default_factory=list[CassetteError])

    def __str__(self) -> str:
        if self.path is None:
            return "\n".join(str(problem) for problem in self.problems)
        notes = [f"{self.added} new"] if self.added != self.calls else []
        notes += [f"{self.running} of its journals still being written"] if self.running else []
        notes += [f"{self.torn} of its journals cut off in the last line"] if self.torn else []
        text = f"{self.path}: {self.calls} calls" + (f" ({', '.join(notes)})" if notes else "")
        return "\n".join([text, *(f"left out: {problem}" for problem in self.problems)])


@dataclass
class _File:
    """A journal on the disk. `finished` says that no process will write to it any more."""

    path: Path
    finished: bool
    journal: Journal


def collect(directory: Path, *, keep_journals: bool = False, skip_damaged: bool = False) -> list[Collected]:
    """Make cassettes in `directory` of the journals in it, and remove the journals whose process has ended.

    With `skip_damaged`, lines that cannot be read are left out (and gone with their journal); otherwise a session with
    a damaged journal is left as it is.

    Raises:
        JournalError: there are no journals, or another process collects them just now.
    """
    folder = directory / JOURNALS
    if not folder.is_dir():
        raise JournalError.no_folder(directory)
    require_inside(folder, directory)
    with ExitStack() as held:
        _hold(folder, held, directory)
        found: list[Collected] = []
        for paths in _by_folder(folder):
            with ExitStack() as journals_held:
                found += _collect_folder(
                    directory, paths, journals_held, keep_journals=keep_journals, skip_damaged=skip_damaged
                )
        _remove_empty_folders(folder)
        return found


def _collect_folder(
    directory: Path, paths: list[Path], held: ExitStack, *, keep_journals: bool, skip_damaged: bool
) -> Iterator[Collected]:
    sessions: dict[str, list[_File]] = {}
    for path in paths:
        try:
            file = _read(path, held, skip_damaged=skip_damaged)
        except CassetteError as error:
            # Whose it is may not be known; the other journals in this folder may be of the same session.
            yield Collected(str(path), problems=[error])
            if not skip_damaged:
                return
            continue
        if file is not None:
            sessions.setdefault(file.journal.heading.session, []).append(file)
    for session, files in sessions.items():
        collected = Collected(session)
        try:
            _write_cassette(directory, collected, [file.journal for file in files])
            collected.running = sum(not file.finished for file in files)
            collected.torn = sum(file.finished and file.journal.torn for file in files)
            if not keep_journals:
                remove_files([file.path for file in files if file.finished])
        except OSError as error:
            unremoved = CassetteFileError.unwritable(directory / JOURNALS, error.strerror or type(error).__name__)
            collected.problems.append(unremoved)
        except CassetteError as error:
            collected.path, collected.added = None, 0
            collected.problems.append(error)
        yield collected


def _read(path: Path, held: ExitStack, *, skip_damaged: bool) -> _File | None:
    """The journal at `path`; None where it is gone, or holds nothing yet."""
    # Asked before it is read: what is finished now is read whole.
    finished = _is_finished(path, held)
    if finished is None:
        return None
    journal = read_journal(read_whole(path), path, interaction_of_texts, skip_damaged=skip_damaged)
    if journal is None:
        if finished:
            # Its process died before the first call was whole.
            remove_files([path])
        return None
    return _File(path, finished, journal)


def interaction_of_texts(said: Mapping[str, Any], sent: bytes, received: bytes) -> Interaction:
    """The call that a journal keeps as texts, as the integration reads it that noted it.

    Raises:
        ValueError, KeyError, TypeError: it says no call, or there is no such integration here.
    """
    vendor = said["metadata"]["vendor"]
    for integration in integrations():
        if isinstance(integration, StainlessIntegration) and integration.vendor.name == vendor:
            return integration.interaction(said, sent, received)
    raise ValueError(f"no integration of {vendor!r} is installed here")


def _is_finished(path: Path, held: ExitStack) -> bool | None:
    """Whether no process writes to `path` any more, which is so for as long as `held` is; None where it is gone."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        handle = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError:
        # What may not be opened is told of by the one who reads it.
        return False
    held.callback(os.close, handle)
    locked = lock(handle)
    if locked is None:
        return time.time() - os.fstat(handle).st_mtime > _UNTOUCHED_SECONDS
    return locked


def _write_cassette(directory: Path, collected: Collected, journals: list[Journal]) -> None:
    path = find_recording(directory, collected.session)
    cassette = Cassette.load(path) if path is not None else Cassette()
    known = {_identity(interaction) for interaction in cassette.interactions}
    found = [interaction for journal in journals for interaction in journal.interactions]
    new = list({_identity(each): each for each in found if _identity(each) not in known}.values())
    collected.path, collected.calls, collected.added = path, len(cassette.interactions) + len(new), len(new)
    for journal in journals:
        collected.problems += journal.damaged
    if not new:
        return
    cassette.interactions = sorted([*cassette.interactions, *new], key=_time)
    cassette.meta.test_id = collected.session
    cassette.meta.agentreplay_version = __version__
    cassette.meta.recorded_at = max(
        [journal.heading.started_at for journal in journals] + ([cassette.meta.recorded_at] if path else [])
    )
    sdks = {name: version for journal in journals for name, version in journal.sdks.items()}
    cassette.meta.sdks = {**(cassette.meta.sdks or {}), **sdks} or None
    collected.path = store_recording(cassette, directory, collected.session, replaces=path)


def _identity(interaction: Interaction) -> object:
    """What no other call has: its process, and its number there. A call of another origin is its own."""
    process, call = interaction.metadata.get("process"), interaction.metadata.get("call")
    return (process, call) if isinstance(process, str) and isinstance(call, int) else id(interaction)


def _time(interaction: Interaction) -> tuple[str, str, int]:
    metadata = interaction.metadata
    return str(metadata.get("started_at", "")), str(metadata.get("process", "")), interaction.sequence


def _by_folder(folder: Path) -> Iterator[list[Path]]:
    """The journals below `folder`, those of one folder together; links to folders are not followed."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        found = [Path(place, name) for name in sorted(files) if name.endswith(SUFFIX) and not name.startswith(".")]
        if found:
            yield found


def _hold(folder: Path, held: ExitStack, directory: Path) -> None:
    """Let nobody else collect here meanwhile; two at once could lose what one of them has just written."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    held.callback(os.close, handle)
    if lock(handle) is False:
        raise JournalError.busy(directory)


def _remove_empty_folders(folder: Path) -> None:
    places: Iterable[str] = [place for place, _, _ in os.walk(folder, topdown=False) if place != str(folder)]
    for place in places:
        # A process that makes its next journal there just now makes the folder again.
        with suppress(OSError):
            os.rmdir(place)
