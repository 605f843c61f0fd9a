"""What can be wrong with a cassette file, one exception for each sort, and their words."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agentreplay._errors import CassetteError


class CassetteFileError(CassetteError):
    """A file or folder of cassettes that cannot be read or written, or is not what it should be.

    The system's own error, where there was one, is the `__cause__`.
    """

    @classmethod
    def unreadable(cls, path: Path, why: str) -> CassetteFileError:
        """The error for a file that cannot be opened or read."""
        return cls(f"it cannot be read: {why}", path=path, next_step="Check the path and its permissions.")

    @classmethod
    def not_regular(cls, path: Path, what: str) -> CassetteFileError:
        """The error for `what` (a folder, a device …) in the place of a file."""
        return cls(f"it is {what}, not a file", path=path, next_step="A cassette is a regular file: remove this one.")

    @classmethod
    def leads_out(cls, path: Path, folder: Path) -> CassetteFileError:
        """The error for a symbolic link at `path`, or on the way to it, that leads out of `folder`."""
        return cls(
            f"a symbolic link leads out of {folder}, and is not followed",
            path=path,
            next_step="Put the file itself there, or name the place that the link leads to.",
        )

    @classmethod
    def no_zstd(cls, path: Path) -> CassetteFileError:
        """The error for a packed file where nothing that could read or write one is installed."""
        return cls(
            "it is packed with Zstandard, which this Python does not have",
            path=path,
            next_step="Install it (pip install 'agentreplay[zstd]'), or record without compress.",
        )

    @classmethod
    def unwritable(cls, path: Path, why: str) -> CassetteFileError:
        """The error for a file that could not be written or removed."""
        return cls(
            f"it cannot be written: {why}",
            path=path,
            next_step="What was recorded there before is still there. Make room or give permission, then record again.",
        )


class CassetteFormatError(CassetteError):
    """Text that is no cassette: no JSON, damaged, or of another shape."""

    @classmethod
    def damaged(cls, reason: str, *, path: Path | None, where: str | None = None) -> CassetteFormatError:
        """The error for text that is not, or is no longer, a cassette."""
        restore = f"git checkout -- {shlex.quote(str(path))}" if path else "take the text from where it was kept"
        return cls(
            reason,
            path=path,
            where=where,
            next_step=f"If it once was a cassette, bring it back ({restore}), or record it again (mode='record').",
        )

    @classmethod
    def conflicted(cls, marker: str, *, path: Path | None, where: str) -> CassetteFormatError:
        """The error for the `marker` that git left at `where` in a file it could not merge."""
        name = shlex.quote(str(path)) if path else "FILE"
        return cls(
            f"git left a merge conflict here ({marker})",
            path=path,
            where=where,
            next_step=f"Take one side whole (git checkout --ours {name}, or --theirs), or record it again.",
        )

    @classmethod
    def not_writable_as_json(cls, reason: str, *, where: str | None) -> CassetteFormatError:
        """The error for a cassette in memory that no file could hold."""
        return cls(
            f"this cannot be written: {reason}",
            where=where,
            next_step="Nothing was written, and what was there before is still there.",
        )


@contextmanager
def written_as_json() -> Generator[None]:
    """Within, what is no JSON (or none that our reader takes) is an error about a cassette that cannot be written."""
    try:
        yield
    except CassetteError as error:
        raise CassetteFormatError.not_writable_as_json(error.reason, where=error.where) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise CassetteFormatError.not_writable_as_json(str(error), where=None) from error


class CassetteSchemaError(CassetteError):
    """A cassette of a schema that this release does not know.

    Attributes:
        found: the schema of the file.
        known: the newest one that this release reads.
    """

    def __init__(self, found: int, known: int, *, path: Path | None) -> None:
        self.found = found
        self.known = known
        if found > known:
            step = "Update agentreplay (pip install --upgrade agentreplay), or record again with this release."
        else:
            step = "No step leads from there to a schema of today: record it again (mode='record')."
        # A damaged number may have thousands of digits.
        shown = str(found) if abs(found) < 10**12 else "of more than twelve digits"
        super().__init__(
            f"it is of schema {shown}; this agentreplay knows schemas up to {known}",
            path=path,
            where="meta.schema_version",
            next_step=step,
        )


class CassetteIntegrityError(CassetteError):
    """A cassette whose interactions are not those that its content hash was taken of.

    Attributes:
        stored: the hash that stands in the file.
        computed: the hash of what the file holds.
    """

    def __init__(self, stored: str, computed: str, *, path: Path | None) -> None:
        self.stored = stored
        self.computed = computed
        file = shlex.quote(str(path)) if path else "FILE"
        super().__init__(
            "its content is not what its content_hash says. Was it edited by hand?",
            path=path,
            where="meta.content_hash",
            next_step=f"If the change is meant, set the hash anew: agentreplay verify --fix {file}\n"
            "If not, bring the file back from version control, or record it again (mode='record').",
        )


class SeveralRecordingsError(CassetteError):
    """More than one recording where one name has its recording, as a merge of two branches leaves them.

    Attributes:
        name: the name of the cassette.
        recordings: the files, and the dates at which they say that they were recorded.
    """

    def __init__(self, name: str, folder: Path, recordings: Sequence[tuple[Path, str]]) -> None:
        self.name = name
        self.recordings = tuple(recordings)
        dated = "".join(f"  {path.name}  recorded {date}\n" for path, date in self.recordings)
        commands = "".join(f"  agentreplay keep {shlex.quote(str(path))}\n" for path, _ in self.recordings)
        super().__init__(
            f"there are {len(self.recordings)} recordings of {name!r}, and one is needed",
            path=folder,
            next_step=f"{dated}Keep one of them, the others are removed:\n{commands}or record again (mode='record').",
        )
