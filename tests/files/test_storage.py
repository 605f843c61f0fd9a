"""The recordings of one name: found, replaced, and chosen between."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors.files import CassetteFileError, CassetteFormatError, SeveralRecordingsError
from agentreplay._naming import safe_path
from agentreplay._storage import cassette_files, find_recording, keep_recording, store_recording
from tests.files.cassettes import cassette

NAME: Final = "suite/test_one"


def beside(directory: Path, text: str) -> Path:
    made = cassette(text)
    made.meta.recorded_at = f"2026-02-0{len(text)}"
    return made.save(Cassette.cassette_path(directory, NAME, made.meta.content_hash))


def test_a_name_that_was_never_recorded_has_no_recording(tmp_path: Path) -> None:
    """Neither a missing directory nor an empty folder is an error."""
    assert find_recording(tmp_path / "none", NAME) is None
    (tmp_path / NAME).mkdir(parents=True)
    assert find_recording(tmp_path, NAME) is None


def test_what_was_stored_is_found_under_its_name_and_hash(tmp_path: Path) -> None:
    """The path is the name and the first twelve digits of the content hash; storing finalizes."""
    made = cassette()
    made.meta.content_hash = ""
    path = store_recording(made, tmp_path, NAME)
    assert path == tmp_path / "suite" / "test_one" / f"{made.short_hash()}.json"
    assert find_recording(tmp_path, NAME) == path
    assert Cassette.load(path) == made
    assert made.meta.content_hash == made.compute_content_hash()


def test_recording_the_same_answers_again_keeps_the_file_s_name(tmp_path: Path) -> None:
    """Durations do not count, so the file is replaced and not renamed."""
    path = store_recording(cassette(), tmp_path, NAME)
    again = cassette()
    again.interactions[0].response.duration_ms = 99.0
    assert store_recording(again, tmp_path, NAME, replaces=path) == path
    assert Cassette.load(path).interactions[0].response.duration_ms == 99.0
    assert len(list(path.parent.iterdir())) == 1


def test_the_new_recording_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """The old file is gone, whether or not the caller knew of it."""
    old = store_recording(cassette("old"), tmp_path, NAME)
    new = store_recording(cassette("new"), tmp_path, NAME, replaces=None)
    assert not old.exists()
    assert find_recording(tmp_path, NAME) == new


def test_a_file_it_replaces_is_removed_wherever_it_lies(tmp_path: Path) -> None:
    """A recording that lay under another name moves; one that is spelled in another way is not removed by mistake."""
    old = cassette("old").save(tmp_path / "elsewhere.json")
    new = store_recording(cassette("new"), tmp_path, NAME, replaces=old)
    assert not old.exists()
    other_spelling = new.parent / ".." / new.parent.name / new.name
    assert store_recording(cassette("new"), tmp_path, NAME, replaces=other_spelling) == new
    assert new.exists()


def test_names_below_each_other_do_not_see_each_other(tmp_path: Path) -> None:
    """`a` and `a/b` have recordings of their own, though one folder lies in the other."""
    for name in ("a", "a/b"):
        store_recording(cassette(name), tmp_path, name)
    for name in ("a", "a/b"):
        found = find_recording(tmp_path, name)
        assert found is not None
        assert Cassette.load(found).interactions[0].response.body["text"] == name


def test_other_files_in_the_folder_are_no_recordings_and_stay(tmp_path: Path) -> None:
    """Notes, backups and temporary files are left alone by finding and by storing."""
    path = store_recording(cassette("old"), tmp_path, NAME)
    names = ["notes.json", f"{path.name}.schema-0.bak", ".agentreplay-1-0123456789abcdef.tmp", "ABCDEFABCDEF.json"]
    for name in names:
        (path.parent / name).write_text("{}")
    assert find_recording(tmp_path, NAME) == path
    new = store_recording(cassette("new"), tmp_path, NAME)
    assert sorted(entry.name for entry in path.parent.iterdir()) == sorted([*names, new.name])


def test_two_recordings_of_one_name_are_an_error_that_lists_both(tmp_path: Path) -> None:
    """Both files stand there with the dates at which they were recorded, and the command that keeps one."""
    paths = sorted([beside(tmp_path, "a"), beside(tmp_path, "bb")])
    with pytest.raises(SeveralRecordingsError) as caught:
        find_recording(tmp_path, NAME)
    dates = {path: Cassette.load(path).meta.recorded_at for path in paths}
    assert caught.value.recordings == tuple(dates.items())
    assert str(caught.value) == (
        f"{tmp_path / NAME}: there are 2 recordings of 'suite/test_one', and one is needed.\n"
        f"  {paths[0].name}  recorded {dates[paths[0]]}\n"
        f"  {paths[1].name}  recorded {dates[paths[1]]}\n"
        "Keep one of them, the others are removed:\n"
        f"  agentreplay keep {paths[0]}\n"
        f"  agentreplay keep {paths[1]}\n"
        "or record again (mode='record')."
    )


def test_a_damaged_one_of_two_is_listed_with_what_is_wrong(tmp_path: Path) -> None:
    """The list does not fail because one of the two cannot be read."""
    beside(tmp_path, "a")
    (tmp_path / NAME / "000000000000.json").write_text("{")
    with pytest.raises(SeveralRecordingsError, match=r"000000000000\.json  recorded at an unknown date"):
        find_recording(tmp_path, NAME)


def test_keeping_one_removes_the_others(tmp_path: Path) -> None:
    """What is kept is the only recording then, and what was removed is told."""
    kept, other = beside(tmp_path, "a"), beside(tmp_path, "bb")
    assert keep_recording(kept) == [other]
    assert find_recording(tmp_path, NAME) == kept


def test_a_damaged_recording_cannot_be_the_one_that_is_kept(tmp_path: Path) -> None:
    """Before anything is removed, what is to be kept must load."""
    good = beside(tmp_path, "a")
    bad = tmp_path / NAME / "000000000000.json"
    bad.write_text("{")
    with pytest.raises(CassetteFormatError):
        keep_recording(bad)
    assert good.exists()


def test_storing_over_a_merge_s_two_recordings_leaves_the_new_one(tmp_path: Path) -> None:
    """Recording again is a way out as well."""
    beside(tmp_path, "a")
    beside(tmp_path, "bb")
    new = store_recording(cassette("new"), tmp_path, NAME)
    assert [entry.name for entry in (tmp_path / NAME).iterdir()] == [new.name]


def test_a_file_in_the_place_of_a_folder_is_a_clear_error(tmp_path: Path) -> None:
    """Where a folder is needed and a file is, finding and storing say which path is in the way."""
    (tmp_path / "suite").write_text("")
    with pytest.raises(CassetteFileError, match="suite"):
        find_recording(tmp_path, NAME)
    with pytest.raises(CassetteFileError, match="suite"):
        store_recording(cassette(), tmp_path, NAME)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "C:\\x", "NUL", "", ".", "..", "a\0b", "Ünï😀", "x" * 5000])
def test_any_name_is_recorded_inside_of_the_directory(tmp_path: Path, name: str) -> None:
    """However a name looks, its recording lies below the directory and is found again."""
    path = store_recording(cassette(), tmp_path, name)
    assert path.resolve().is_relative_to(tmp_path.resolve())
    assert find_recording(tmp_path, name) == path
    assert path.parent == tmp_path / safe_path(name)


def test_all_cassettes_of_a_directory_are_listed_in_order(tmp_path: Path) -> None:
    """Files below the directory that end in .json, sorted; hidden ones and what a link to a folder shows are not."""
    for name in ("b/2.json", "b/1.json", "a/3.json", "a/.hidden.json", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert [str(path.relative_to(tmp_path)) for path in cassette_files(tmp_path)] == [
        str(Path("a/3.json")),
        str(Path("b/1.json")),
        str(Path("b/2.json")),
    ]


def test_a_folder_that_is_a_link_out_of_the_directory_is_not_followed(tmp_path: Path) -> None:
    """Neither to read a recording nor to write one; a link that stays inside is as good as a folder."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    path = store_recording(cassette(), outside, "test_one")
    inside.mkdir()
    (inside / "suite").symlink_to(outside)
    with pytest.raises(CassetteFileError, match="symbolic link leads out"):
        find_recording(inside, NAME)
    with pytest.raises(CassetteFileError, match="symbolic link leads out"):
        store_recording(cassette("new"), inside, NAME)
    assert list(path.parent.iterdir()) == [path]
    store_recording(cassette(), inside, "real/test_one")
    (inside / "alias").symlink_to(inside / "real")
    assert find_recording(inside, "alias/test_one") is not None


def test_a_directory_that_is_itself_a_link_is_used(tmp_path: Path) -> None:
    """Where the whole directory is a link, the user has said so."""
    (tmp_path / "real").mkdir()
    (tmp_path / "cassettes").symlink_to(tmp_path / "real")
    store_recording(cassette(), tmp_path / "cassettes", NAME)
    assert find_recording(tmp_path / "cassettes", NAME) is not None
