"""What the README shows is what happens."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Final

import pytest

import agentreplay
from demo.provider import Provider

REPOSITORY: Final = Path(__file__).parents[1]
README: Final = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROGRAMS: Final = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_first_program_records_and_then_runs_without_network_and_key(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run prints the same words, and leaves the one file of the first as it is."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAMS[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as live:
        live.setenv("OPENAI_BASE_URL", provider.openai_url)
        live.setenv("OPENAI_API_KEY", "sk-live-key-of-the-reader")
        close_clients(program)
    (cassette,) = tmp_path.glob("cassettes/greeting/*.json")
    recorded = cassette.read_bytes()
    with provider.stopped():
        close_clients(program)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Answer 1 to «Say hello in Welsh.»: naïve, 東京, 🦜."] * 2
    assert cassette.read_bytes() == recorded
    assert b"sk-live-key" not in recorded


def close_clients(program: Path) -> None:
    """Run the program, and take down what it leaves to the end of the process."""
    import gc

    import openai

    runpy.run_path(str(program))
    for value in gc.get_objects():
        if isinstance(value, openai.OpenAI):
            value.close()


def test_the_program_without_an_sdk_gives_what_it_says() -> None:
    """Recorded by hand, answered by the engine."""
    source, expected = PROGRAMS[1].rsplit("  # ", 1)
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
