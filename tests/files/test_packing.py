"""Packed cassettes are read, found and written like others."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors.files import CassetteFileError, CassetteFormatError
from agentreplay._migration import migrate_folder, rehash
from agentreplay._storage import cassette_files, find_recording, store_recording
from tests.files.cassettes import cassette, file_of

zstd: Final[Any] = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def test_a_packed_recording_is_found_and_read(tmp_path: Path) -> None:
    """It holds the very text of the other sort, and is one recording of its name, not a second one."""
    plain = store_recording(cassette("old"), tmp_path, "a test")
    path = store_recording(cassette(), tmp_path, "a test", compress=True)
    assert path.name == plain.with_name(path.name).name == f"{cassette().short_hash()}.json.zst"
    assert not plain.exists()
    assert find_recording(tmp_path, "a test") == path
    assert [*cassette_files(tmp_path)] == [path]
    assert zstd.decompress(path.read_bytes()) == file_of(cassette())
    assert Cassette.load(path) == cassette()
    assert store_recording(cassette(), tmp_path, "a test").name.endswith(".json")
    assert not path.exists()


def test_saving_a_packed_file_changes_no_byte(tmp_path: Path) -> None:
    """Also one that was packed by somebody else; and the name says whether a copy is packed."""
    path = tmp_path / "c.json.zst"
    path.write_bytes(zstd.compress(file_of(cassette()), 19))
    loaded = Cassette.load(path)
    assert loaded.save(tmp_path / "d.json.zst").read_bytes() == path.read_bytes()
    assert loaded.save(tmp_path / "d.json").read_bytes() == file_of(cassette())
    loaded.interactions[0].response.body = "changed"
    assert Cassette.load(loaded.save(path)).interactions[0].response.body == "changed"


def test_a_packed_file_of_an_older_schema_is_migrated_to_a_packed_one(tmp_path: Path) -> None:
    """Under the name of its new hash; likewise one whose hash is set anew."""
    old = (Path(__file__).parent / "schemas" / "schema-1.json").read_bytes()
    path = tmp_path / "0123456789ab.json.zst"
    path.write_bytes(zstd.compress(old))
    [done] = migrate_folder(tmp_path)
    assert done.target is not None
    assert done.target.name == f"{Cassette.load(done.target).short_hash()}.json.zst"
    assert not path.exists()
    done.target.write_bytes(zstd.compress(zstd.decompress(done.target.read_bytes()).replace(b"Rain.", b"Sun.")))
    assert (
        Cassette.load(rehash(done.target)).interactions[0].response.body["choices"][0]["message"]["content"] == "Sun."
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not end"),
        (b"{}", "does not end|cannot be unpacked"),
        (b"no packed text at all", "cannot be unpacked"),
        (zstd.compress(file_of(cassette()))[:-9], "does not end|cannot be unpacked"),
        (zstd.compress(file_of(cassette())) + b"more", "does not end"),
        (zstd.compress(bytes(10**9)), "far more than a cassette"),
    ],
    ids=["empty", "plain", "no frame", "cut off", "more behind", "a gigabyte of nothing"],
)
def test_a_damaged_packed_file_is_one_clear_error(tmp_path: Path, data: bytes, why: str) -> None:
    """What unpacks to far more than a cassette is not unpacked."""
    path = tmp_path / "c.json.zst"
    path.write_bytes(data)
    with pytest.raises(CassetteFormatError, match=why):
        Cassette.load(path)


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both for reading and for writing, and nothing is written."""
    path = cassette().save(tmp_path / "c.json.zst")
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CassetteFileError, match=r"agentreplay\[zstd\]"):
        Cassette.load(path)
    with pytest.raises(CassetteFileError, match=r"agentreplay\[zstd\]"):
        cassette().save(tmp_path / "d.json.zst")
    assert not (tmp_path / "d.json.zst").exists()
