"""The example runs offline, from its committed cassette, with no server."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from mcp import StdioServerParameters

import agentreplay

HERE: Final = Path(__file__).parent
ANSWER: Final = (
    "Things fall with 1.62 m/s² on Moon and 24.79 m/s² on Jupiter: the stronger pulls 15 times as hard. Pack light."
)
NOT_INSTALLED: Final = StdioServerParameters(command="/nowhere/python", args=[str(HERE / "server.py")])


@pytest.fixture
def main() -> Callable[..., str]:
    """The example's main function."""
    function: Callable[..., str] = runpy.run_path(str(HERE / "example.py"))["main"]
    return function


def test_the_example_runs_without_key_network_and_server(
    main: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Model and tools answer from the cassette, which stays as it is; the server's program is not there."""
    monkeypatch.setenv("CI", "true")
    cassettes = {path: path.read_bytes() for path in HERE.rglob("*.json")}
    assert main(server=NOT_INSTALLED) == ANSWER
    assert capsys.readouterr().out == f"{ANSWER}\n"
    assert {path: path.read_bytes() for path in HERE.rglob("*.json")} == cassettes
    assert len(cassettes) == 1


def test_the_cassette_holds_model_and_tools_in_one_sequence() -> None:
    """One file reads as the run went."""
    (path,) = HERE.rglob("*.json")
    methods = [interaction.request.method for interaction in agentreplay.Cassette.load(path).interactions]
    assert methods == [
        "initialize",
        "tools/list",
        "chat.completions.create",
        "tools/call",
        "tools/call",
        "chat.completions.create",
    ]


def test_another_question_is_a_miss(main: Callable[..., str]) -> None:
    """What was not recorded is refused at once, with what was recorded instead."""
    with pytest.raises(Exception) as raised:  # noqa: PT011
        main("How does it feel to fall on Pluto?")
    error: Any = raised.value
    while hasattr(error, "exceptions"):
        # The SDK's contexts put it into groups.
        (error,) = error.exceptions
    assert isinstance(error, agentreplay.CassetteMismatchError)
    assert "Jupiter" in str(error)
