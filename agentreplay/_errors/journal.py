"""What is said of recording in a running app: of damaged journals, of faults, of a process that is in production."""

from __future__ import annotations

import shlex
from pathlib import Path

from agentreplay._errors import AgentReplayWarning, CassetteError, SessionError


class JournalError(CassetteError):
    """A journal that cannot be collected as it is. Nothing of it was taken, and it lies where it lay."""

    @classmethod
    def damaged(cls, reason: str, *, path: Path, line: int) -> JournalError:
        """The error for a complete line that does not say what was written."""
        return cls(
            reason,
            path=path,
            where=f"line {line}",
            next_step="Take what can be read with `agentreplay collect --skip-damaged DIR`, "
            f"or remove the journal: rm {shlex.quote(str(path))}",
        )

    @classmethod
    def unknown_format(cls, found: object, known: int, *, path: Path) -> JournalError:
        """The error for a journal of a release with another format."""
        shown = found if isinstance(found, int) and abs(found) < 10**12 else "of no number that was ever given"
        return cls(
            f"it is a journal of format {shown}; this agentreplay knows format {known}",
            path=path,
            where="line 1",
            next_step="Collect it with the release that wrote it, or update agentreplay "
            "(pip install --upgrade agentreplay).",
        )

    @classmethod
    def no_folder(cls, directory: Path) -> JournalError:
        """The error for a folder in which nothing was ever recorded."""
        return cls(
            "there are no journals here",
            path=directory,
            next_step="Name the folder that was given to agentreplay.install(record=...) or to `agentreplay run "
            "--record`; a process writes there after its first call.",
        )

    @classmethod
    def busy(cls, directory: Path) -> JournalError:
        """The error for a folder that another process is just collecting."""
        return cls("another process collects here", path=directory, next_step="Wait until it has ended.")


class ProductionError(SessionError):
    """A recording was to be served in a process that declares itself production."""

    @classmethod
    def would_serve(cls, name: str, mode: str) -> ProductionError:
        """The error for a session that would answer from a recording."""
        return cls(
            f"cassette({name!r}) in mode {mode!r} would answer from a recording, and AGENTREPLAY_ENV says that "
            "this process is production, where recordings are made and never served. Unset AGENTREPLAY_ENV if it is "
            "none, or open the session with mode='record' or mode='live'."
        )


class RecordingFaultWarning(AgentReplayWarning):
    """Recording in a running app has failed somewhere; the app got its answers as if nothing recorded them.

    Given once for each process; `agentreplay.status()` counts every fault.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(
            f"agentreplay could not record: {fault}. The app is not affected; further faults are only counted "
            "(agentreplay.status())."
        )
