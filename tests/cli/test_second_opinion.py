"""`agentreplay scan --engine kingfisher`: another scanner looks as well."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay.cli import main

REPORT: dict[str, Any] = {
    "findings": [
        {
            "rule": {"title": "GITHUB-PAT", "name": "github-pat", "id": "betterleaks.github-pat"},
            "finding": {"snippet": "[REDACTED:619c7da5]", "confidence": "high", "line": 7, "path": "CASSETTE"},
        }
    ],
    "metadata": {"kingfisher_version": "2.14.0"},
}


class Scanner:
    """A program called kingfisher that notes how it was called and prints what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "kingfisher"
        self.told: list[str] = []

    def prints(self, output: str, code: int = 0, complaint: str = "") -> None:
        """What it does from now on."""
        self.folder.mkdir(exist_ok=True)
        self.path.write_text(
            f"#!{sys.executable}\nimport sys\n"
            "open(__file__ + '.called', 'w').write('\\n'.join(sys.argv[1:]))\n"
            f"sys.stdout.write({output!r})\nsys.stderr.write({complaint!r})\nsys.exit({code})\n",
            "utf-8",
        )
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    @property
    def called_with(self) -> list[str]:
        """The arguments that it was called with."""
        return (self.folder / "kingfisher.called").read_text("utf-8").split("\n")


@pytest.fixture
def scanner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanner:
    """Such a program, the only one of its name."""
    found = Scanner(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(found.folder))

    def beside_python(_name: str) -> str:
        return str(tmp_path / "scripts")

    monkeypatch.setattr("sysconfig.get_path", beside_python)
    return found


@pytest.fixture
def cassettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a cassette in which we find nothing."""
    monkeypatch.chdir(tmp_path)
    recorder = agentreplay.CassetteRecorder("clean")
    recorder.record_llm_call("chat.completions.create", {"messages": []}, {"choices": []})
    recorder.finalize().save(tmp_path / "cassettes" / "clean" / "0123456789ab.json")
    return Path("cassettes")


def test_what_the_other_scanner_finds_is_told_beside_ours(
    scanner: Scanner, cassettes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line and its rule's id; the exit code says that something was found, and the JSON has it too."""
    path = next(cassettes.rglob("*.json"))
    output = json.dumps(REPORT).replace("CASSETTE", str(path.absolute()))
    scanner.prints(output + "\n" + json.dumps({"findings": 1, "rules_applied": 488}), code=200)
    assert main(["scan", str(cassettes), "--engine", "kingfisher"]) == 1
    assert f"{path}: line 7: betterleaks.github-pat (kingfisher)" in capsys.readouterr().out
    assert main(["scan", str(cassettes), "--engine", "kingfisher", "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding == {"path": str(path), "where": "line 7", "label": "betterleaks.github-pat (kingfisher)"}


def test_it_asks_no_provider_and_shows_no_secret(scanner: Scanner, cassettes: Path) -> None:
    """It is told to validate nothing, to look for no update and to hide what it finds."""
    scanner.prints(json.dumps({"findings": []}))
    assert main(["scan", str(cassettes), "--engine", "kingfisher"]) == 0
    assert scanner.called_with[:2] == ["scan", str(cassettes.absolute())]
    assert {"--no-validate", "--no-update-check", "--redact", "--format=json"} <= set(scanner.called_with)


def test_without_being_asked_it_is_not_run(scanner: Scanner, cassettes: Path) -> None:
    """A second opinion costs time, and is nobody's default."""
    scanner.prints("", code=3)
    assert main(["scan", str(cassettes)]) == 0
    assert not (scanner.folder / "kingfisher.called").exists()


def test_it_is_found_beside_python(
    scanner: Scanner, cassettes: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In an environment that is not activated the program is not on PATH, but where pip has put it."""
    scanner.prints(json.dumps({"findings": []}))
    scanner.folder.rename(tmp_path / "scripts")
    monkeypatch.setenv("PATH", os.devnull)
    assert main(["scan", str(cassettes), "--engine", "kingfisher"]) == 0


def test_where_it_is_missing_the_error_says_how_to_get_it(
    scanner: Scanner, cassettes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With exit code 2: nothing was looked through by it."""
    assert main(["scan", str(cassettes), "--engine", "kingfisher"]) == 2
    said = capsys.readouterr().err
    assert "pip install 'agentreplay[scan]'" in said
    assert str(scanner.folder.parent / "scripts") in said


@pytest.mark.parametrize(
    ("output", "code", "complaint", "said"),
    [
        ("", 1, "cannot load rules\x1b[31m", "exit code 1: cannot load rules"),
        ("not json", 0, "", "no JSON"),
        ("[]", 0, "", "no list of findings"),
        ('{"findings": [{"rule": {}}]}', 200, "", "a finding without"),
    ],
)
def test_a_failure_of_it_is_no_clean_bill(
    scanner: Scanner,
    cassettes: Path,
    capsys: pytest.CaptureFixture[str],
    output: str,
    code: int,
    complaint: str,
    said: str,
) -> None:
    """Whatever it does instead of a report is an error, never `0 found`."""
    scanner.prints(output, code, complaint)
    assert main(["scan", str(cassettes), "--engine", "kingfisher"]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "\x1b" not in printed


def test_an_unknown_engine_is_named(cassettes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    assert main(["scan", str(cassettes), "--engine", "kingfisherr"]) == 2
    assert "Did you mean 'kingfisher'" in capsys.readouterr().err
