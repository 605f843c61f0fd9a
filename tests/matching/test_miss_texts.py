"""The text of a miss, as users read it, each kept in `snapshots/`.

To write them anew: WRITE_SNAPSHOTS=1 pytest tests/matching/test_miss_texts.py; then review what git says has changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .misses import MISSES

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", sorted(MISSES))
def test_a_miss_reads_as_reviewed(name: str) -> None:
    """The text of each miss is the one that was reviewed; a run that writes it anew does not count as a pass."""
    text = str(MISSES[name]().error()) + "\n"
    snapshot = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("WRITE_SNAPSHOTS"):
        snapshot.write_text(text, encoding="utf-8")
        pytest.fail(f"written: {snapshot.name}. Review it, then run again without WRITE_SNAPSHOTS.")
    assert text == snapshot.read_text(encoding="utf-8")


def test_every_snapshot_belongs_to_a_miss() -> None:
    """No snapshot is left over from a miss that is not tried any more."""
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(MISSES)


@pytest.mark.parametrize("name", sorted(MISSES))
def test_a_miss_fits_on_a_screen(name: str) -> None:
    """A text has at most 40 lines of at most 140 characters, and nothing that a terminal would obey."""
    lines = str(MISSES[name]().error()).split("\n")
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 150
    assert all(line.isprintable() for line in lines)
