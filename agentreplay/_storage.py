"""The recordings of one name in a directory of cassettes.

There is one at most, `{directory}/{name as a path}/{short hash}.json`. Whoever records a name later replaces what is
there, also what was recorded meanwhile by another process: the last writer wins, and one whole recording is left.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError
from agentreplay._errors.files import CassetteFileError, SeveralRecordingsError, written_as_json
from agentreplay._files import (
    DISK,
    Disk,
    folder_lock,
    make_folders,
    put_in_place,
    remove_files,
    require_inside,
    write_temporary,
    writing,
)
from agentreplay._naming import safe_path
from agentreplay._packing import ENDINGS, packed
from agentreplay._reading import collector_paused
from agentreplay._redaction import Redactor

RECORDING_NAME: Final = re.compile(r"[0-9a-f]{12}\.json(?:\.zst)?")
"""What the file of a recording is called: the first digits of its content hash."""


def find_recording(directory: Path, name: str) -> Path | None:
    """The one recording of `name` under `directory`, or None where there is none.

    Raises:
        SeveralRecordingsError: there are two or more.
        CassetteFileError: the folder cannot be read, or a symbolic link leads out of `directory`.
    """
    folder = directory / safe_path(name)
    found = _recordings(folder, directory, wait=True)
    if len(found) > 1:
        raise SeveralRecordingsError(name, folder, [(path, _date(path)) for path in found])
    return found[0] if found else None


def store_recording(
    cassette: Cassette,
    directory: Path,
    name: str,
    *,
    replaces: Path | None = None,
    redactor: Redactor | None = None,
    plain: bool = False,
    compress: bool = False,
    disk: Disk = DISK,
) -> Path:
    """Finalize `cassette`, and make it, without its secrets, the recording of `name` under `directory`. Gives its file.

    With `compress` the file is packed. A `plain` cassette is known to be plain JSON without secrets. Every other
    recording of that name is removed, and the file `replaces` wherever it lies. An error or death at any moment leaves
    the old recording or the new one, whole.

    Raises:
        CassetteFileError: the system refuses, or a symbolic link leads out of `directory`.
        CassetteFormatError: no file could hold what was recorded.
    """
    with collector_paused():
        with written_as_json():
            cassette.finalize()
        clean, data = cassette._for_disk(redactor, plain=plain)
    path = Cassette.cassette_path(directory, name, clean.meta.content_hash, compress=compress)
    data = packed(data, path)
    folder = path.parent
    with writing(path):
        require_inside(folder, directory)
        make_folders(folder, disk)
        temporary = write_temporary(folder, data, disk)
        with folder_lock(folder):
            old = _recordings(folder, directory, wait=False)
            if replaces is not None and not _is_in(replaces, folder):
                old.append(replaces)
            put_in_place(temporary, path, old, disk)
    return path


def keep_recording(path: Path, *, disk: Disk = DISK) -> list[Path]:
    """Remove the other recordings beside `path`. Gives those that were removed.

    Raises:
        CassetteError: `path` itself cannot be loaded (then nothing is removed), or the system refuses.
    """
    Cassette.load(path)
    with writing(path), folder_lock(path.parent):
        others = [other for other in _recordings(path.parent, path.parent, wait=False) if other.name != path.name]
        remove_files(others, disk)
    return others


def cassette_files(directory: Path) -> Iterator[Path]:
    """All files under `directory` named `*.json` or `*.json.zst`, in order; links to folders are not followed."""
    for folder, folders, files in os.walk(directory):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(ENDINGS) and not name.startswith("."))


def _recordings(folder: Path, directory: Path, *, wait: bool) -> list[Path]:
    """What lies in `folder` under the name of a recording, in order; `wait` until nobody is just writing there."""
    require_inside(folder, directory)
    try:
        if wait:
            with folder_lock(folder, shared=True):
                return _recordings(folder, directory, wait=False)
        with os.scandir(folder) as entries:
            found = [entry.name for entry in entries if RECORDING_NAME.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CassetteFileError.unreadable(folder, error.strerror or type(error).__name__) from error
    return [folder / name for name in sorted(found)]


def _date(path: Path) -> str:
    try:
        return Cassette.load(path).meta.recorded_at
    except CassetteError as error:
        return f"at an unknown date ({error.reason})"


def _is_in(path: Path, folder: Path) -> bool:
    return os.path.realpath(path.parent) == os.path.realpath(folder)
