"""Whatever call the process dies at, or the system refuses: the old recording is there or the new one, whole."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors.files import CassetteFileError
from agentreplay._files import TEMPORARY_NAME, Disk, write_whole
from agentreplay._migration import migrate_folder, rehash
from agentreplay._storage import find_recording, keep_recording, store_recording
from tests.files.cassettes import cassette, file_of
from tests.files.dying_disk import Death, DyingDisk, FailingDisk, SteppingDisk

NAME: Final = "suite/test_one"
OLD: Final = cassette("old", calls=1)
NEW: Final = cassette("new", calls=1)


class Change(NamedTuple):
    """A way in which a recording changes: what was there, what is done, and the answers that may be found after."""

    prepare: Callable[[Path], object]
    change: Callable[[Path, Disk], object]
    before: str | None
    after: str


def first(folder: Path) -> Path:
    found = find_recording(folder, NAME)
    assert found is not None
    return found


def record_old(folder: Path) -> Path:
    return store_recording(OLD.model_copy(deep=True), folder, NAME, disk=SteppingDisk())


def record_new(folder: Path, disk: Disk) -> Path:
    return store_recording(NEW.model_copy(deep=True), folder, NAME, disk=disk)


def record_new_in_place_of_elsewhere(folder: Path, disk: Disk) -> Path:
    return store_recording(NEW.model_copy(deep=True), folder, NAME, replaces=folder / "elsewhere.json", disk=disk)


def write_plain_bytes(folder: Path, disk: Disk) -> None:
    write_whole(first(folder), file_of(NEW), disk=disk)


def set_hash_anew(folder: Path, disk: Disk) -> Path:
    return rehash(first(folder), disk=disk)


def migrate(folder: Path, disk: Disk) -> None:
    for done in migrate_folder(folder, disk=disk):
        if done.problem is not None:
            raise done.problem


def nothing(folder: Path) -> None:
    """Nothing is there before."""


def new_already(folder: Path) -> None:
    record_new(folder, SteppingDisk())


def old_elsewhere(folder: Path) -> None:
    record_old(folder)
    OLD.save(folder / "elsewhere.json")


def edited(folder: Path) -> None:
    path = record_old(folder)
    path.write_text(path.read_text(encoding="utf-8").replace('"old"', '"new"'), encoding="utf-8")


def of_schema_0(folder: Path) -> None:
    path = record_old(folder)
    text = path.read_text(encoding="utf-8").replace('"schema_version": 2', '"schema_version": 0')
    path.write_text(text, encoding="utf-8")


CHANGES: Final = {
    "the first recording": Change(nothing, record_new, None, "new"),
    "another one in its place": Change(record_old, record_new, "old", "new"),
    "the same once more": Change(new_already, record_new, "new", "new"),
    "one that lay elsewhere": Change(old_elsewhere, record_new_in_place_of_elsewhere, "old", "new"),
    "plain bytes over a file": Change(record_old, write_plain_bytes, "old", "new"),
    "a new hash after editing": Change(edited, set_hash_anew, "new", "new"),
    "an upgrade on disk": Change(of_schema_0, migrate, "old", "old"),
}


@pytest.fixture(params=list(CHANGES))
def change(request: pytest.FixtureRequest) -> Change:
    return CHANGES[request.param]


def number_of_calls(change: Change, folder: Path) -> int:
    change.prepare(folder)
    disk = SteppingDisk()
    change.change(folder, disk)
    assert answer(folder) == change.after
    shutil.rmtree(folder)
    return len(disk.calls)


def answer(folder: Path) -> str | None:
    """What the one whole recording answers, or None where there is none."""
    path = find_recording(folder, NAME)
    if path is None:
        return None
    found = Cassette._read(path.read_bytes(), path).cassette
    text = str(found.interactions[0].response.body["text"])
    assert found.interactions == cassette(text, calls=1).interactions
    return text


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if TEMPORARY_NAME.fullmatch(path.name)]


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_dying_at_any_call_leaves_the_old_or_the_new(tmp_path: Path, change: Change, after: bool) -> None:
    """A process that dies just before or after any system call leaves one whole recording; the next one writes well."""
    found: list[str | None] = []
    for fatal in range(number_of_calls(change, tmp_path / "counted")):
        folder = tmp_path / str(fatal)
        change.prepare(folder)
        with pytest.raises(Death):
            change.change(folder, DyingDisk(fatal, after=after))
        found.append(answer(folder))
        record_new(folder, SteppingDisk())
        assert answer(folder) == "new"
    assert set(found) <= {change.before, change.after}
    assert found == sorted(found, key=[change.before, change.after].index), "the new one was there, and then was not"


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_refusal_at_any_call_is_one_clear_error(tmp_path: Path, change: Change, error: int) -> None:
    """A full or broken disk, a size limit, a read-only folder: the old or the new is there, nothing is left lying."""
    for failing in range(number_of_calls(change, tmp_path / "counted")):
        folder = tmp_path / str(failing)
        change.prepare(folder)
        with pytest.raises(CassetteFileError) as caught:
            change.change(folder, FailingDisk(failing, error))
        assert os.strerror(error) in str(caught.value)
        assert answer(folder) in {change.before, change.after}
        assert leftovers(folder) == []


def test_the_old_is_kept_when_the_new_cannot_be_made(tmp_path: Path) -> None:
    """Until the new file is whole and synced, the old one is not touched at all."""
    path = record_old(tmp_path)
    before = (path.stat().st_ino, path.stat().st_mtime_ns)
    counted = SteppingDisk()
    store_recording(NEW.model_copy(deep=True), tmp_path / "counted", NAME, disk=counted)
    writes = counted.calls.count("write")
    with pytest.raises(CassetteFileError, match="What was recorded there before is still there"):
        record_new(tmp_path, FailingDisk(writes, errno.ENOSPC))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


def test_the_data_is_synced_before_it_gets_its_name_and_the_name_after(tmp_path: Path) -> None:
    """A power cut finds no name that leads to data which is not on the disk yet."""
    record_old(tmp_path)
    disk = SteppingDisk(bytes_at_once=1_000_000)
    record_new(tmp_path, disk)
    assert disk.calls == ["create", "write", "sync", "close", "rename", "sync_folder", "rename", "sync_folder"]


def test_two_recordings_become_one_by_recording_again(tmp_path: Path) -> None:
    """What a merge left is replaced as a whole; dying on the way leaves two or one, each whole."""

    def merged(folder: Path) -> None:
        record_old(folder)
        other = cassette("other", calls=1)
        other.save(Cassette.cassette_path(folder, NAME, other.meta.content_hash))

    for fatal in range(number_of_calls(Change(merged, record_new, None, "new"), tmp_path / "counted")):
        folder = tmp_path / str(fatal)
        merged(folder)
        with pytest.raises(Death):
            record_new(folder, DyingDisk(fatal, after=False))
        recordings = [path for path in (folder / NAME).iterdir() if path.suffix == ".json"]
        assert {Cassette.load(path).interactions[0].response.body["text"] for path in recordings} <= {
            "old",
            "other",
            "new",
        }
        assert recordings
        record_new(folder, SteppingDisk())
        assert answer(folder) == "new"


def test_keeping_one_removes_the_others_and_only_them(tmp_path: Path) -> None:
    """Dying while the others are removed leaves the one that is kept."""
    path = record_old(tmp_path)
    for text in ("a", "b"):
        cassette(text).save(Cassette.cassette_path(tmp_path, NAME, cassette(text).meta.content_hash))
    (path.parent / "notes.json").write_text("[]")
    for fatal in range(4):
        with pytest.raises(Death):
            keep_recording(path, disk=DyingDisk(fatal, after=False))
        assert Cassette.load(path) == OLD
        cassette("a").save(Cassette.cassette_path(tmp_path, NAME, cassette("a").meta.content_hash))
        cassette("b").save(Cassette.cassette_path(tmp_path, NAME, cassette("b").meta.content_hash))
    assert len(keep_recording(path)) == 2
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted([path.name, "notes.json"])


def test_leftovers_are_never_taken_for_recordings_and_old_ones_are_swept(tmp_path: Path) -> None:
    """What a dead process left is ignored, stays while it may be somebody's, and goes once it is an hour old."""
    for _ in range(2):
        with pytest.raises(Death):
            record_new(tmp_path, DyingDisk(5, after=True))
    assert find_recording(tmp_path, NAME) is None
    young, stale = sorted((tmp_path / NAME).iterdir())
    assert {young.name, stale.name} == set(leftovers(tmp_path))
    hours_ago = time.time() - 2 * 3600
    os.utime(stale, (hours_ago, hours_ago))
    record_new(tmp_path, SteppingDisk())
    assert leftovers(tmp_path) == [young.name]


def test_an_interrupted_write_leaves_nothing_lying(tmp_path: Path) -> None:
    """Ctrl-C while a file is written removes the temporary file, and goes on its way."""

    class Interrupted(SteppingDisk):
        def sync(self, handle: int) -> None:
            raise KeyboardInterrupt

    record_old(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        record_new(tmp_path, Interrupted())
    assert answer(tmp_path) == "old"
    assert leftovers(tmp_path) == []
