"""Files that are whole or absent, and reads that neither hang nor leave their folder.

How a file takes the place of another so that dying at any moment leaves the old one or the new one: the data goes to a
temporary file in the target's folder and is synced; one rename puts it where the old file was; a second gives it its
own name. There is never a moment with both or with neither. Renames are synced with their folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final

from agentreplay._errors.files import CassetteFileError

if sys.platform != "win32":
    import fcntl

TEMPORARY_NAME: Final = re.compile(r"\.agentreplay-[0-9]+-[0-9a-f]{16}\.tmp")
"""What our temporary files are called. No cassette is: a cassette's name begins with no dot."""

_STALE_SECONDS: Final = 3600.0
"""The age at which a temporary file is nobody's any more: the process that made it has died."""

_LOCK_TRIES: Final = 2000
_LOCK_PAUSE_SECONDS: Final = 0.005

_NOT_OFFERED: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""How a file system says that it cannot sync or lock a folder at all."""

_BUSY: Final = frozenset({errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK})


class Disk:
    """The system calls that change files, a method for each, so that a test can fail or die at any one of them."""

    def make_folder(self, folder: Path) -> None:
        """Make one folder; no error if it is there."""
        folder.mkdir(exist_ok=True)

    def create(self, path: Path) -> int:
        """Open a new file for writing; an error if there is anything at `path`, a link included."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o666)

    def write(self, handle: int, data: memoryview) -> int:
        """Write the beginning of `data`, and say how many bytes that was."""
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        """Return when what was written to `handle` lasts through a power cut."""
        os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close an open file."""
        os.close(handle)

    def rename(self, source: Path, target: Path) -> None:
        """Give `source` the name `target`, in one step, in place of what has that name."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file (of a link, the link itself)."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Return when the names in `folder` last through a power cut, where the file system can do that."""
        if sys.platform == "win32":
            return
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in _NOT_OFFERED:
                raise
        finally:
            os.close(handle)


DISK: Final = Disk()


def write_whole(path: Path, data: bytes, *, instead_of: Sequence[Path] = (), disk: Disk = DISK) -> None:
    """Put `data` at `path`; folders on the way are made. The files `instead_of` which it stands are removed.

    At every moment, and after an error or death at any of them, there is one whole file: the first one of `instead_of`
    (or what was at `path`), with its old data or with the new, or `path`.

    Raises:
        CassetteFileError: the system refused.
    """
    with writing(path):
        make_folders(path.parent, disk)
        temporary = write_temporary(path.parent, data, disk)
        if instead_of:
            with folder_lock(path.parent):
                put_in_place(temporary, path, instead_of, disk)
        else:
            put_in_place(temporary, path, (), disk)


@contextlib.contextmanager
def writing(path: Path) -> Generator[None]:
    """Within, what the system refuses is a `CassetteFileError` about writing `path`."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise CassetteFileError.unwritable(path, _why(error)) from error


def make_folders(folder: Path, disk: Disk = DISK) -> None:
    """Make `folder` and those above it that are missing, for good."""
    missing: list[Path] = []
    while folder != folder.parent and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for made in reversed(missing):
        disk.make_folder(made)
        disk.sync_folder(made.parent)


def write_temporary(folder: Path, data: bytes, disk: Disk = DISK) -> Path:
    """A new temporary file in `folder` that holds `data`, synced. Those that dead processes left there are removed."""
    temporary = folder / f".agentreplay-{os.getpid()}-{secrets.token_hex(8)}.tmp"
    handle = disk.create(temporary)
    try:
        try:
            _remove_stale(folder, os.fstat(handle).st_mtime, disk)
            left = memoryview(data)
            while left:
                left = left[disk.write(handle, left) :]
            disk.sync(handle)
        finally:
            disk.close(handle)
    except BaseException:
        _discard(temporary, disk)
        raise
    return temporary


def put_in_place(temporary: Path, target: Path, instead_of: Sequence[Path], disk: Disk = DISK) -> None:
    """Make `temporary` the file `target`, which takes the place of the files `instead_of` (see `write_whole`)."""
    others = [path for path in instead_of if path != target]
    beside = [path for path in others if path.parent == target.parent]
    # Where the target is there already, or nothing beside it, one rename is the whole change.
    first = beside[0] if beside and target not in instead_of else target
    try:
        disk.rename(temporary, first)
    except BaseException:
        _discard(temporary, disk)
        raise
    disk.sync_folder(target.parent)
    if first != target:
        disk.rename(first, target)
        disk.sync_folder(target.parent)
    remove_files([path for path in others if path != first], disk)


def remove_files(paths: Sequence[Path], disk: Disk = DISK) -> None:
    """Remove files that may be gone already, for good."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            disk.remove(path)
            disk.sync_folder(path.parent)


@contextlib.contextmanager
def folder_lock(folder: Path, *, shared: bool = False) -> Generator[None]:
    """Within, no other process or thread that asks for it has `folder` (or only such as share it).

    It is the folder itself that is locked: no lock file is made, and the system frees it when its holder dies. It keeps
    writers of one name in order; that files are whole does not depend on it. So where the system offers no such lock
    (Windows, some network file systems), or another holds it for longer than ten seconds, we go on without.
    """
    if sys.platform == "win32":
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK)
    except FileNotFoundError:
        yield
        return
    try:
        _wait_for_lock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        try:
            yield
        finally:
            # A process forked meanwhile holds a copy of the handle: closing ours would leave the lock with it.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def read_whole(path: Path) -> bytes:
    """All bytes of the regular file at `path`.

    A symbolic link is followed where it stays in its own folder or below. Nothing but a regular file is opened, so no
    FIFO can make this wait and no device can do what it does when opened.

    Raises:
        CassetteFileError: there is no such file, it is no regular file, or it cannot be read.
    """
    try:
        target = _followed(path)
        _require_regular(target.lstat().st_mode, path)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(target, flags), "rb") as file:
            # Once more: what lies there may have been changed since.
            _require_regular(os.fstat(file.fileno()).st_mode, path)
            return file.read()
    except (OSError, ValueError) as error:
        raise CassetteFileError.unreadable(path, _why(error)) from error


def require_inside(folder: Path, directory: Path) -> None:
    """Check that no symbolic link on the way from `directory` to `folder` leads out of it.

    Raises:
        CassetteFileError: one does.
    """
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(directory)):
        raise CassetteFileError.leads_out(folder, directory)


def _followed(path: Path) -> Path:
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path, strict=True))
    if not target.is_relative_to(os.path.realpath(path.parent)):
        raise CassetteFileError.leads_out(path, path.parent)
    return target


def _require_regular(mode: int, path: Path) -> None:
    if not stat.S_ISREG(mode):
        sorts = {
            stat.S_IFDIR: "a folder",
            stat.S_IFIFO: "a FIFO",
            stat.S_IFSOCK: "a socket",
            stat.S_IFLNK: "a symbolic link",
        }
        raise CassetteFileError.not_regular(path, sorts.get(stat.S_IFMT(mode), "a device"))


def _remove_stale(folder: Path, now: float, disk: Disk) -> None:
    """Remove old temporary files; `now` is the file system's own time, which no test of the user's stops."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if TEMPORARY_NAME.fullmatch(entry.name)]
    for name in names:
        # One that somebody else just removed, or may not be removed, is no reason to fail the writing of a cassette.
        with contextlib.suppress(OSError):
            if (folder / name).lstat().st_mtime < now - _STALE_SECONDS:
                disk.remove(folder / name)


def _discard(temporary: Path, disk: Disk) -> None:
    # The error that brought us here matters more than a leftover, which is swept later.
    with contextlib.suppress(OSError):
        disk.remove(temporary)


def _wait_for_lock(handle: int, kind: int) -> None:
    for _ in range(_LOCK_TRIES):
        refusal = _try_lock(handle, kind)
        if refusal not in _BUSY:
            return
        time.sleep(_LOCK_PAUSE_SECONDS)


def _try_lock(handle: int, kind: int) -> int | None:
    """Why the system refuses the lock, or None where it gives it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno
    return None


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
