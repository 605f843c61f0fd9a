"""Where settings are found: the nearest project file, the environment, the code; and who wins."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agentreplay._errors import ConfigurationError
from agentreplay._modes import Mode
from agentreplay._settings import SETTING_NAMES, Settings, resolve_settings, settings


def project(folder: Path, text: str) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_later_place_wins(tmp_path: Path) -> None:
    """Project file, environment, code: each beats the one before, setting by setting."""
    file = project(tmp_path, '[tool.agentreplay]\nmatch = "subset"\nallow_repeats = true\nmax_age = "30d"\n')
    found = resolve_settings(
        {"max_age": "2w"},
        environ={"AGENTREPLAY_MATCH": "sequence", "AGENTREPLAY_MAX_AGE": "12h"},
        start=tmp_path,
    )
    assert (found.allow_repeats, found.origin("allow_repeats")) == (True, str(file))
    assert (found.match, found.origin("match")) == ("sequence", "AGENTREPLAY_MATCH")
    assert (found.max_age, found.origin("max_age")) == (timedelta(weeks=2), "code")
    assert (found.prune, found.origin("prune")) == (False, "default")


def test_none_in_code_says_nothing(tmp_path: Path) -> None:
    """An argument left at None does not hide what the environment says."""
    found = resolve_settings({"allow_unused": None}, environ={"AGENTREPLAY_ALLOW_UNUSED": "1"}, start=tmp_path)
    assert found.allow_unused is True


def test_a_blank_variable_is_as_good_as_unset(tmp_path: Path) -> None:
    """`AGENTREPLAY_MODE=` in a shell or a CI file sets nothing."""
    found = resolve_settings(environ={"AGENTREPLAY_MODE": " ", "AGENTREPLAY_PRUNE": ""}, start=tmp_path)
    assert (found.mode, found.origin("mode"), found.origin("prune")) == (Mode.AUTO, "default", "default")


def test_the_nearest_project_file_upwards_counts(tmp_path: Path) -> None:
    """A file further up is not read, even where the nearest one has no table of ours."""
    inner = tmp_path / "package" / "tests"
    inner.mkdir(parents=True)
    outer = project(tmp_path, "[tool.agentreplay]\nallow_unused = true\n")
    assert resolve_settings(environ={}, start=inner).origin("allow_unused") == str(outer)
    project(tmp_path / "package", '[project]\nname = "package"\n')
    assert resolve_settings(environ={}, start=inner).allow_unused is False


def test_a_changed_project_file_is_read_again(tmp_path: Path) -> None:
    """A long-lived program (a notebook) sees an edit of the file at its next session."""
    project(tmp_path, "[tool.agentreplay]\nallow_unused = true\n")
    assert resolve_settings(environ={}, start=tmp_path).allow_unused is True
    project(tmp_path, "[tool.agentreplay]\nallow_unused = false\n")
    assert resolve_settings(environ={}, start=tmp_path).allow_unused is False


def test_a_folder_in_the_project_file_counts_from_that_file(tmp_path: Path) -> None:
    """A relative directory means the same wherever in the project the tests are started."""
    inner = tmp_path / "tests"
    inner.mkdir()
    project(tmp_path, '[tool.agentreplay]\ndirectory = "recordings"\n')
    assert resolve_settings(environ={}, start=inner).directory == tmp_path / "recordings"
    from_environment = resolve_settings(environ={"AGENTREPLAY_DIRECTORY": "elsewhere"}, start=inner)
    assert from_environment.directory == Path("elsewhere")
    assert resolve_settings({"directory": tmp_path / "own"}, environ={}, start=inner).directory == tmp_path / "own"


def test_settings_reads_the_working_directory_and_the_real_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`settings()` is what a session gets that is opened here with no arguments."""
    project(tmp_path, "[tool.agentreplay]\nprune = true\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTREPLAY_MODE", "new_episodes")
    found = settings()
    assert (found.mode, found.origin("mode"), found.prune) == (Mode.EXTEND, "AGENTREPLAY_MODE", True)


def test_every_setting_can_be_said_in_the_environment(tmp_path: Path) -> None:
    """Each name has a variable: the prefix and the name in capitals."""
    said = {
        "mode": "record",
        "directory": "here",
        "match": '{"ignore": ["metadata.*"]}',
        "allow_repeats": "yes",
        "allow_unused": "on",
        "block_network": "false",
        "allowed_hosts": "db.internal, 10.0.0.5",
        "max_age": "90m",
        "max_age_action": "FAIL",
        "prune": "0",
        "redact_personal": "mail,phone",
        "freeze": "time, uuid",
        "compress": "true",
        "pace": "recorded",
    }
    assert set(said) == set(SETTING_NAMES), "a new setting needs an example here"
    environ = {f"AGENTREPLAY_{name.upper()}": text for name, text in said.items()}
    found = resolve_settings(environ=environ, start=tmp_path)
    expected = Settings(
        mode=Mode.RECORD,
        directory=Path("here"),
        match={"ignore": ["metadata.*"]},
        allow_repeats=True,
        allow_unused=True,
        block_network=False,
        allowed_hosts=("db.internal", "10.0.0.5"),
        max_age=timedelta(minutes=90),
        max_age_action="fail",
        prune=False,
        redact_personal=("mail", "phone"),
        freeze=("time", "uuid"),
        compress=True,
        pace=1.0,
    )
    assert found.model_dump() == expected.model_dump()
    assert {found.origin(name) for name in SETTING_NAMES} == set(environ)


def test_a_variable_of_ours_that_is_no_setting_is_left_alone(tmp_path: Path) -> None:
    """`AGENTREPLAY_ENV` is documented and is read elsewhere; other programs' variables are nobody's business here."""
    found = resolve_settings(environ={"AGENTREPLAY_ENV": "production", "AGENT_MODE": "x"}, start=tmp_path)
    assert {found.origin(name) for name in SETTING_NAMES} == {"default"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.agentreplay\n", "cannot be read"),
        ("[tool]\nagentreplay = 3\n", "must be a table, and is int"),
        ("tool = []\n", "must be a table, and is list"),
    ],
)
def test_a_project_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, told: str) -> None:
    """Damage in the file is an error with its path, not silence."""
    file = project(tmp_path, text)
    with pytest.raises(ConfigurationError, match=told) as caught:
        resolve_settings(environ={}, start=tmp_path)
    assert str(file) in str(caught.value)


def test_a_project_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 give our error, not a decoding error."""
    file = tmp_path / "pyproject.toml"
    file.write_bytes(b'[tool.agentreplay]\nmatch = "\xff"\n')
    with pytest.raises(ConfigurationError, match="cannot be read"):
        resolve_settings(environ={}, start=tmp_path)


def test_what_lost_to_safety_is_shown_beside_what_won(tmp_path: Path) -> None:
    """A person who wonders why their mode is not in force reads the reason in the table."""
    safer_environment = resolve_settings({"mode": "record"}, environ={"AGENTREPLAY_MODE": "replay"}, start=tmp_path)
    assert safer_environment.origin("mode") == "AGENTREPLAY_MODE (over mode record of code)"
    safer_code = resolve_settings({"mode": "replay"}, environ={"AGENTREPLAY_MODE": "all"}, start=tmp_path)
    assert safer_code.origin("mode") == "code (over mode all of AGENTREPLAY_MODE)"
    agreed = resolve_settings({"mode": Mode.REPLAY}, environ={"AGENTREPLAY_MODE": "none"}, start=tmp_path)
    assert agreed.origin("mode") == "code"


def test_settings_print_as_a_table(tmp_path: Path) -> None:
    """One line for each setting: name, value as a person would write it, and the place."""
    file = project(tmp_path, '[tool.agentreplay]\nmax_age = 3600\nallowed_hosts = ["a.test", "b.test"]\n')
    environ = {"AGENTREPLAY_MODE": "record"}
    table = str(resolve_settings({"allow_repeats": True}, environ=environ, start=tmp_path)).splitlines()
    assert [line.split() for line in table[:5]] == [
        ["setting", "value", "from"],
        ["mode", "record", "AGENTREPLAY_MODE"],
        ["directory", "cassettes", "default"],
        ["match", "exact", "default"],
        ["allow_repeats", "yes", "code"],
    ]
    assert ["allowed_hosts", "a.test,", "b.test", *str(file).split()] in [line.split() for line in table]
    assert ["max_age", "1h", *str(file).split()] in [line.split() for line in table]
    assert len({line.index("  ") for line in table[:1]}) == 1
