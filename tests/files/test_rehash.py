"""Editing a cassette by hand, and making its hash good again."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors.files import CassetteFormatError, CassetteIntegrityError
from agentreplay._migration import rehash
from agentreplay._storage import find_recording, store_recording
from tests.files.cassettes import cassette


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_edited_recording_loads_after_its_hash_is_set_anew(tmp_path: Path) -> None:
    """The change is kept, and the recording is found again, under the name of its new hash."""
    path = store_recording(cassette(), tmp_path, "test_one")
    edit(path, '"hello"', '"goodbye"')
    with pytest.raises(CassetteIntegrityError):
        Cassette.load(path)
    fixed = rehash(path)
    loaded = Cassette.load(fixed)
    assert loaded.interactions[0].response.body["text"] == "goodbye"
    assert fixed.name == f"{loaded.short_hash()}.json"
    assert find_recording(tmp_path, "test_one") == fixed
    assert not path.exists()


def test_a_file_with_a_name_of_its_own_keeps_it(tmp_path: Path) -> None:
    """Only a name that is a hash changes with it."""
    path = cassette().save(tmp_path / "weather.json")
    edit(path, '"hello"', '"goodbye"')
    assert rehash(path) == path
    assert Cassette.load(path).interactions[0].response.body["text"] == "goodbye"


def test_a_file_whose_hash_fits_is_not_written(tmp_path: Path) -> None:
    """Not even its layout changes."""
    path = cassette().save(tmp_path / "weather.json")
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n\n"), encoding="utf-8")
    before = path.stat().st_mtime_ns, path.read_bytes()
    assert rehash(path) == path
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_interactions_that_were_taken_out_leave_no_gap(tmp_path: Path) -> None:
    """The remaining ones are numbered anew."""
    made = cassette(calls=3)
    path = made.save(tmp_path / "weather.json")
    del made.interactions[0]
    path.write_text(made.to_json(), encoding="utf-8")
    assert [each.sequence for each in Cassette.load(rehash(path)).interactions] == [0, 1]


def test_what_is_no_cassette_stays_as_it_is(tmp_path: Path) -> None:
    """A hash cannot mend damage."""
    path = tmp_path / "0123456789ab.json"
    path.write_text('{"meta": {}')
    with pytest.raises(CassetteFormatError):
        rehash(path)
    assert path.read_text() == '{"meta": {}'
