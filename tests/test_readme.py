"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import agentreplay
from demo.provider import Provider

REPOSITORY: Final = Path(__file__).parents[1]
README: Final = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROGRAMS: Final = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_first_program_records_and_then_runs_without_network_and_key(provider: Provider, tmp_path: Path) -> None:
    """The second run prints the same words, and leaves the one file of the first as it is."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAMS[0], encoding="utf-8")
    live = run(program, OPENAI_BASE_URL=provider.openai_url, OPENAI_API_KEY="sk-live-key-of-the-reader")
    (cassette,) = tmp_path.glob("cassettes/greeting/*.json")
    recorded = cassette.read_bytes()
    with provider.stopped():
        replayed = run(program, OPENAI_BASE_URL=provider.openai_url)
    assert live == replayed == "Answer 1 to «Say hello in Welsh.»: naïve, 東京, 🦜.\n"
    assert cassette.read_bytes() == recorded
    assert b"sk-live-key" not in recorded


def run(program: Path, **environment: str) -> str:
    """What the program prints, run in its own folder and process."""
    done = subprocess.run(
        [sys.executable, program.name],
        cwd=program.parent,
        env={**os.environ, **environment, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return done.stdout.decode()


def test_the_program_without_an_sdk_gives_what_it_says() -> None:
    """Recorded by hand, answered by the engine."""
    source, expected = PROGRAMS[-1].rsplit("  # ", 1)
    *before, last = source.splitlines()
    names: dict[str, object] = {}
    exec("\n".join(before), names)
    assert eval(last, names) == eval(expected)


def test_the_miss_is_the_one_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text in the README is the text of the error outside pytest, but for the machine's path."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    ask = runpy.run_path(str(REPOSITORY / "integrations" / "openai" / "example.py"))["main"]
    with pytest.raises(agentreplay.CassetteMismatchError) as miss:
        ask("How does it feel to fall on the Moon and on Pluto?")
    shown = str(miss.value).replace(f"{REPOSITORY}/", "")
    (in_readme,) = re.findall(r"^CassetteMismatchError: (.*?)\n```", README, re.DOTALL | re.MULTILINE)
    assert shown == in_readme


def test_the_table_of_modes_names_them_all() -> None:
    """No mode is missing, none is invented."""
    table = README.partition("## Modes")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [mode.value for mode in agentreplay.Mode]
