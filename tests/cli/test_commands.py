"""The command `agentreplay`, by what it prints, what it leaves on the disk, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentreplay import Cassette, CassetteRecorder
from agentreplay.cli import main


def recorded(folder: Path, text: str = "hello") -> Path:
    """A cassette of one call in `folder`."""
    recorder = CassetteRecorder("greets")
    recorder.record_llm_call("chat.completions.create", {"messages": []}, {"text": text}, model="m")
    cassette = recorder.finalize()
    return cassette.save(folder / f"{cassette.short_hash()}.json")


def edited(path: Path) -> Path:
    """The same file after somebody changed the answer by hand."""
    path.write_text(path.read_text("utf-8").replace("hello", "goodbye"), "utf-8")
    return path


def test_verify_names_what_was_edited_and_fix_takes_it_as_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An edited cassette is named with the command that accepts it; after that command it loads."""
    path = edited(recorded(tmp_path))
    assert main(["verify", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "edited by hand?" in said
    assert "agentreplay verify --fix" in said
    assert main(["verify", "--fix", str(path)]) == 0
    assert main(["verify", str(tmp_path)]) == 0
    (fixed,) = tmp_path.glob("*.json")
    assert Cassette.load(fixed).interactions[0].response.body == {"text": "goodbye"}


def test_keep_removes_the_other_recordings_of_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of two recordings that a merge left side by side the named one stays."""
    kept, other = recorded(tmp_path, "one"), recorded(tmp_path, "two")
    assert main(["keep", str(kept)]) == 0
    assert list(tmp_path.glob("*.json")) == [kept]
    assert f"removed {other}" in capsys.readouterr().out


def test_scan_finds_a_secret_and_does_not_show_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that somebody pasted into a cassette is named by file, place and sort, as text and as JSON."""
    secret = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
    path = recorded(tmp_path)
    data = json.loads(path.read_text("utf-8"))
    data["interactions"][0]["response"]["body"]["text"] = secret
    data["meta"]["content_hash"] = ""
    path.write_text(json.dumps(data), "utf-8")
    assert main(["scan", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "interactions[0].response.body.text: github" in said
    assert main(["scan", "--json", str(tmp_path)]) == 1
    as_json = capsys.readouterr().out
    assert json.loads(as_json)[0]["where"] == "interactions[0].response.body.text"
    assert secret not in said + as_json
    assert main(["verify", "--fix", str(path)]) == 0
    assert main(["scan", str(tmp_path)]) == 0


def test_scan_says_which_file_it_could_not_look_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged cassette is no clean one."""
    (tmp_path / "0123456789ab.json").write_text('{"meta": {', "utf-8")
    assert main(["scan", str(tmp_path)]) == 1
    assert "not looked through" in capsys.readouterr().out


def test_a_clean_folder_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing found, nothing to migrate, all right: exit code 0."""
    recorded(tmp_path)
    assert main(["scan", str(tmp_path)]) == 0
    assert main(["migrate", "--dry-run", str(tmp_path)]) == 0
    assert main(["verify", str(tmp_path)]) == 0
    assert "0 found" in capsys.readouterr().out


def test_misuse_has_an_exit_code_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that cannot be meant is an error on the error stream, not a traceback."""
    recorded(tmp_path)
    assert main(["scan", "--personal", "emial", str(tmp_path)]) == 2
    assert "email" in capsys.readouterr().err


def test_settings_are_shown_with_where_each_was_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each setting."""
    monkeypatch.setenv("AGENTREPLAY_DIRECTORY", "elsewhere")
    assert main(["settings"]) == 0
    assert "AGENTREPLAY_DIRECTORY" in capsys.readouterr().out
