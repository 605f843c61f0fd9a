"""Cassettes packed with Zstandard: files whose names end in `.json.zst`.

From Python 3.14 on it is in the standard library, before that in the package `backports.zstd` (the extra `zstd`).
"""

from __future__ import annotations

import contextlib
import importlib
from pathlib import Path
from typing import Any, Final

from agentreplay._errors.files import CassetteFileError, CassetteFormatError

PLAIN_ENDING: Final = ".json"
PACKED_ENDING: Final = ".json.zst"
ENDINGS: Final = (PLAIN_ENDING, PACKED_ENDING)
"""How the names of cassettes end."""

_MODULES: Final = ("compression.zstd", "backports.zstd")
_FREE: Final = 32 * 2**20
_TIMES: Final = 200
"""What a file may unpack to, in bytes: so much, and so many times its own size. JSON shrinks to a tenth or so."""
_PIECE: Final = 2**20


def is_packed(path: Path) -> bool:
    """Whether the name says that the file is packed."""
    return path.name.endswith(PACKED_ENDING)


def packed(data: bytes, path: Path) -> bytes:
    """`data` as the file at `path` holds it: packed, where the name says so.

    Raises:
        CassetteFileError: nothing that could pack it is installed.
    """
    found: bytes = _zstd(path).compress(data) if is_packed(path) else data
    return found


def unpacked(data: bytes, path: Path) -> bytes:
    """The text in the file at `path`, which holds `data`.

    Raises:
        CassetteFileError: nothing that could unpack it is installed.
        CassetteFormatError: it is damaged, or would unpack to far more than a cassette.
    """
    if not is_packed(path):
        return data
    zstd = _zstd(path)
    limit = _FREE + _TIMES * len(data)
    pieces: list[bytes] = []
    size = 0
    try:
        unpacking = zstd.ZstdDecompressor()
        piece = unpacking.decompress(data, _PIECE)
        while True:
            pieces.append(piece)
            size += len(piece)
            if size > limit or unpacking.eof or unpacking.needs_input:
                break
            piece = unpacking.decompress(b"", _PIECE)
    except zstd.ZstdError:
        raise CassetteFormatError.damaged("it cannot be unpacked as Zstandard", path=path) from None
    if size > limit:
        raise CassetteFormatError.damaged("it would unpack to far more than a cassette", path=path)
    if not unpacking.eof or unpacking.unused_data:
        raise CassetteFormatError.damaged("its packed text does not end where the file does", path=path)
    return b"".join(pieces)


def _zstd(path: Path) -> Any:
    for name in _MODULES:
        with contextlib.suppress(ModuleNotFoundError):
            return importlib.import_module(name)
    raise CassetteFileError.no_zstd(path)
