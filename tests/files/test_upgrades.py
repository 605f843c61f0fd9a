"""Older schemas are read, step by step; every released one keeps a file here."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any, Final

import pytest

from agentreplay._cassette import CASSETTE_SCHEMA_VERSION, Cassette
from agentreplay._errors import CassetteSchemaWarning
from agentreplay._errors.files import CassetteFormatError, CassetteSchemaError
from agentreplay._migration import migrate_folder
from agentreplay._upgrades import UPGRADERS, Upgrader, schema_version, upgraded

SAMPLES: Final = Path(__file__).parent / "schemas"
TODAY: Final = SAMPLES / f"schema-{CASSETTE_SCHEMA_VERSION}.json"


def first_to_second(data: dict[str, Any]) -> dict[str, Any]:
    data["calls"] = data.pop("interactions")
    return data


def second_to_third(data: dict[str, Any]) -> dict[str, Any]:
    data["calls"] = [{"call": call} for call in data["calls"]]
    return data


STEPS: Final[dict[int, Upgrader]] = {1: first_to_second, 2: second_to_third}


def test_every_schema_up_to_today_s_has_a_step_and_a_sample() -> None:
    """There is no schema that a file could have been written in and that is not tested here."""
    assert sorted(UPGRADERS) == list(range(CASSETTE_SCHEMA_VERSION))
    assert sorted(path.name for path in SAMPLES.iterdir()) == [
        f"schema-{schema}.json" for schema in range(CASSETTE_SCHEMA_VERSION + 1)
    ]


@pytest.mark.parametrize("schema", range(CASSETTE_SCHEMA_VERSION))
def test_an_older_sample_loads_with_a_warning_that_names_the_command(schema: int) -> None:
    """It is read as if it were of today, and can be checked, changed and saved as such."""
    path = SAMPLES / f"schema-{schema}.json"
    with pytest.warns(CassetteSchemaWarning) as caught:
        loaded = Cassette.load(path)
    assert str(caught[0].message) == (
        f"{path} is of schema {schema} and was read as schema {CASSETTE_SCHEMA_VERSION}. "
        f"To bring it up to date on disk: agentreplay migrate {SAMPLES}"
    )
    assert caught[0].filename == __file__
    assert loaded.meta.schema_version == CASSETTE_SCHEMA_VERSION
    assert loaded.verify_integrity()
    assert loaded.interactions[0].request.model == "gpt-4o"
    with pytest.warns(CassetteSchemaWarning, match="cassette text is of schema") as caught:
        assert Cassette.from_json(path.read_bytes()) == loaded
    assert caught[0].filename == __file__


def test_today_s_sample_loads_without_a_word_and_saves_to_the_same_bytes(tmp_path: Path) -> None:
    """A file of this schema, once released, keeps being read and written in this very way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = Cassette.load(TODAY)
    assert loaded.interactions[1].response.event_times_ms == [10.5, 20.0, 30.25]
    assert loaded._for_disk()[1] == TODAY.read_bytes()
    assert loaded.meta.content_hash == loaded.compute_content_hash()


def test_steps_are_taken_one_after_the_other() -> None:
    """From the schema of the file to the one asked for, each step once, and the number goes with them."""
    old = {"meta": {"schema_version": 1, "kept": True}, "interactions": [1, 2]}
    assert upgraded(old, to=3, upgraders=STEPS) == {
        "meta": {"schema_version": 3, "kept": True},
        "calls": [{"call": 1}, {"call": 2}],
    }


def test_a_file_of_the_schema_asked_for_takes_no_step() -> None:
    """What is up to date is not touched; a file that names no schema is of the first one."""
    new: dict[str, Any] = {"meta": {"schema_version": 3}, "calls": []}
    assert upgraded(new, to=3, upgraders=STEPS) is new
    assert schema_version({"meta": {}}) == 1


@pytest.mark.parametrize(
    ("found", "remedy"), [(4, "Update agentreplay"), (-1, "record it again"), (0, "record it again")]
)
def test_a_schema_without_a_way_is_refused(found: int, remedy: str) -> None:
    """Neither a newer one nor one that no step leads on from is guessed at."""
    with pytest.raises(CassetteSchemaError, match=remedy) as caught:
        upgraded({"meta": {"schema_version": found}}, to=3, path=Path("c.json"), upgraders=STEPS)
    assert (caught.value.found, caught.value.known, caught.value.path) == (found, 3, Path("c.json"))


@pytest.mark.parametrize("data", [{}, {"interactions": 5}, {"interactions": None}])
def test_a_step_that_fails_on_a_damaged_file_is_a_clear_error(data: dict[str, Any]) -> None:
    """An old file that has not its schema's shape is damaged; no other exception comes through."""
    with pytest.raises(CassetteFormatError, match="it has not the shape of schema"):
        upgraded({"meta": {"schema_version": 1}, **data}, to=3, path=Path("c.json"), upgraders=STEPS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with an old cassette, one of today, and files that are none."""
    (tmp_path / "a").mkdir()
    shutil.copy(SAMPLES / "schema-0.json", tmp_path / "a" / "0123456789ab.json")
    shutil.copy(SAMPLES / "schema-0.json", tmp_path / "by-hand.json")
    shutil.copy(TODAY, tmp_path / "a" / "today.json")
    (tmp_path / "broken.json").write_text("{")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_migrating_a_folder_brings_all_up_to_date_and_keeps_the_old_files(folder: Path) -> None:
    """Old ones are rewritten, under the name of their hash where they had one; what is no cassette is reported."""
    before = content(folder)
    broken, old, by_hand = sorted(migrate_folder(folder), key=lambda each: (each.problem is None, each.path))
    assert isinstance(broken.problem, CassetteFormatError)
    assert broken.path == folder / "broken.json"
    assert old.target is not None
    assert by_hand.target == by_hand.path == folder / "by-hand.json"
    for each in (old, by_hand):
        assert each.schema == 0
        assert each.target is not None
        assert each.backup == each.path.with_name(f"{each.path.name}.schema-0.bak")
        assert each.backup is not None
        assert each.backup.read_bytes() == before["by-hand.json"]
        loaded = Cassette.load(each.target)
        assert loaded.meta.schema_version == CASSETTE_SCHEMA_VERSION
        assert old.target.name == f"{loaded.short_hash()}.json"
    assert not old.path.exists()
    after = content(folder)
    assert after["a/today.json"] == before["a/today.json"]
    assert after["broken.json"] == before["broken.json"]
    assert [each.path.name for each in migrate_folder(folder)] == ["broken.json"]


def test_a_dry_run_says_the_same_and_changes_nothing(folder: Path) -> None:
    """The report is that of the real run, which comes after it."""
    before = content(folder)
    told = migrate_folder(folder, dry_run=True)
    assert content(folder) == before
    done = migrate_folder(folder)
    assert [each[:4] for each in map(tuple_of, told)] == [each[:4] for each in map(tuple_of, done)]


def tuple_of(each: Any) -> tuple[Any, ...]:
    return (each.path, each.schema, each.target, each.backup, each.problem)


def test_without_backup_only_the_new_files_are_there(folder: Path) -> None:
    """`backup=False` is for those who have version control."""
    migrate_folder(folder, backup=False)
    assert not [name for name in content(folder) if name.endswith(".bak")]


def test_an_older_backup_is_not_overwritten(folder: Path) -> None:
    """A second migration of a file of the same name keeps both old files."""
    kept = folder / "by-hand.json.schema-0.bak"
    kept.write_text("precious")
    migrate_folder(folder)
    assert kept.read_text() == "precious"
    assert json.loads((folder / "by-hand.json.schema-0.2.bak").read_bytes())["meta"]["schema_version"] == 0
