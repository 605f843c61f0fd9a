"""The recordings of one name in a directory of cassettes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError
from agentreplay._files import sync_folder
from agentreplay._naming import safe_path

_RECORDING: Final = re.compile(r"[0-9a-f]{12}\.json")


def find_recording(directory: Path, name: str) -> Path | None:
    """The one recording of `name` under `directory`, or None.

    Raises:
        CassetteError: there are two or more.
    """
    folder = directory / safe_path(name)
    if not folder.is_dir():
        return None
    found = sorted(entry for entry in folder.iterdir() if _RECORDING.fullmatch(entry.name))
    if len(found) > 1:
        dated = "\n".join(f"  {path.name}  recorded {Cassette.load(path).meta.recorded_at}" for path in found)
        raise CassetteError(
            f"there are {len(found)} recordings of {name!r}",
            path=folder,
            next_step=f"{dated}\nKeep one: agentreplay keep {found[-1]}",
        )
    return found[0] if found else None


def store_recording(cassette: Cassette, directory: Path, name: str, *, replaces: Path | None) -> Path:
    """Finalize `cassette`, write it as the recording of `name` under `directory`, then remove the file it `replaces`."""
    cassette.finalize()
    path = Cassette.cassette_path(directory, name, cassette.meta.content_hash)
    cassette.save(path)
    if replaces is not None and replaces != path:
        replaces.unlink(missing_ok=True)
        sync_folder(replaces.parent)
    return path
