"""Clients that are built while test modules are imported, before any session is open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from agentreplay._outside import Outside

_RECORDING: Final = re.compile(r"[0-9a-f]{12}\.json(?:\.zst)?")
_LOOKED_AT: Final = 300
"""So many folders are looked at before the first conftest is imported; that takes some milliseconds."""
_REPLAYING: Final = frozenset({"replay", "auto"})


class KeylessClients:
    """Lets clients be built without a key in a run that replays, from the moment that this is known.

    It is known at once where a mode is named that replays. Else it is known when a folder of tests turns up that has
    recordings: a suite without any has its SDKs untouched, and agentreplay itself is not loaded for it.

    `mode` is what command line or ini file say.
    """

    def __init__(self, mode: str | None) -> None:
        self._mode = mode
        self._looked_at: set[Path] = set()
        self._rule: Outside | None = None
        self._decided = False

    def begin(self, tops: Iterable[Path]) -> None:
        """Find out before the first conftest is imported; `tops` are the folders in which pytest looks for them."""
        if self._mode is not None or os.environ.get("AGENTREPLAY_MODE", "").strip():
            self._decide()
        for folder in islice(_test_folders(tops), _LOOKED_AT):
            if self._decided:
                break
            self.look(folder)

    def look(self, folder: Path) -> None:
        """Find out before modules of this folder are imported."""
        if not self._decided and folder not in self._looked_at:
            self._looked_at.add(folder)
            if any(_recordings(folder / "cassettes")):
                self._decide()

    def end(self) -> None:
        """Leave everything as it was."""
        if self._rule is not None:
            from agentreplay import _install, _outside

            _outside.lift(self._rule)
            _install.release()
            self._rule = None

    def _decide(self) -> None:
        self._decided = True
        from agentreplay import _install, _outside
        from agentreplay._errors import ConfigurationError
        from agentreplay._settings import resolve_settings

        try:
            settings = resolve_settings({"mode": self._mode})
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from error
        if settings.mode.value in _REPLAYING:
            self._rule = _outside.Outside(keyless=True)
            _outside.lay(self._rule)
            _install.acquire()


def _test_folders(tops: Iterable[Path]) -> Iterator[Path]:
    """Folders in which tests may lie, those near the top first."""
    tops = list(tops)
    yield from tops
    waiting = [folder for top in tops for folder in sorted(top.glob("test*")) if folder.is_dir()]
    while waiting:
        folder = waiting.pop(0)
        yield folder
        waiting += [each for each in sorted(folder.iterdir()) if each.name[0] not in "._" and each.is_dir()]


def _recordings(cassettes: Path) -> Iterator[str]:
    for pattern in ("*/*/*.json*", "*/*/*/*.json*"):
        yield from (path.name for path in cassettes.glob(pattern) if _RECORDING.fullmatch(path.name))
