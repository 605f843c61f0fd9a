"""The example runs offline, from its committed cassette."""

from __future__ import annotations

import runpy
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

import agentreplay

HERE: Final = Path(__file__).parent
ANSWER: Final = (
    "Things fall with 1.62 m/s² on Moon and 24.79 m/s² on Jupiter: the stronger pulls 15 times as hard. Pack light."
)


@pytest.fixture
def main() -> Callable[..., Awaitable[str]]:
    """The example's main function."""
    function: Callable[..., Awaitable[str]] = runpy.run_path(str(HERE / "example.py"))["main"]
    return function


@pytest.mark.asyncio
async def test_the_example_runs_without_key_and_network(
    main: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tool use and a streamed answer come from the cassette, which stays as it is."""
    monkeypatch.setenv("CI", "true")
    cassettes = {path: path.read_bytes() for path in HERE.rglob("*.json")}
    assert await main() == ANSWER
    assert capsys.readouterr().out == f"{ANSWER}\n"
    assert {path: path.read_bytes() for path in HERE.rglob("*.json")} == cassettes
    assert len(cassettes) == 1


@pytest.mark.asyncio
async def test_another_question_is_a_miss(main: Callable[..., Awaitable[str]]) -> None:
    """What was not recorded is refused at once, with what was recorded instead."""
    with pytest.raises(agentreplay.CassetteMismatchError, match="Jupiter"):
        await main("How does it feel to fall on Pluto?")
