"""Files that are whole or absent, and reads that neither hang nor leave their folder."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from agentreplay._errors import CassetteError


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path`: afterwards the file holds all of it, or what it held before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{os.getpid()}-{secrets.token_hex(6)}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` last through a power cut, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_regular(path: Path) -> bytes:
    """The bytes of the regular file at `path`.

    Raises:
        CassetteError: it cannot be read, or is no regular file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CassetteError("this is no regular file", path=path)
            return file.read()
    except OSError as error:
        raise CassetteError(f"it cannot be read ({error.strerror})", path=path) from error
