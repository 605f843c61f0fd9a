"""The example runs offline, from its committed cassette: without provider, key and database."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any, Final

import pytest

import agentreplay
from agentreplay.testing import ToolRun

HERE: Final = Path(__file__).parent


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The example's names. Where it runs nothing may be recorded, and no database is there."""
    monkeypatch.setenv("CI", "true")
    assert not (HERE / "places.sqlite").exists()
    return runpy.run_path(str(HERE / "example.py"))


def test_the_example_runs_without_its_database(example: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The tools give what they gave, the answer is the recorded one, and the cassette stays as it is."""
    cassettes = {path: path.read_bytes() for path in HERE.rglob("*.json")}
    session = example["main"]()
    assert "stronger pulls 15 times as hard" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in HERE.rglob("*.json")} == cassettes
    assert len(cassettes) == 1
    assert [run.arguments for run in session.trajectory.tool_runs[:2]] == [{"place": "Moon"}, {"place": "Jupiter"}]


def test_a_tool_gives_its_own_objects_again(example: dict[str, Any]) -> None:
    """A pydantic model with a set in it, by the return annotation."""
    with agentreplay.cassette("gravity", directory=HERE / "cassettes", allow_unused=True):
        place = example["gravity"]("Jupiter", Path("/nowhere"))
    assert place == example["Place"](
        name="Jupiter", gravity=24.79, moons=frozenset({"Io", "Europa", "Ganymede", "Callisto"})
    )


def test_the_run_reads_as_a_tree(example: dict[str, Any]) -> None:
    """The model that a tool asked stands below the tool, and is not asked again."""
    session = example["main"]()
    last = session.trajectory.outermost[-1]
    assert isinstance(last, ToolRun)
    assert last.name == "words"
    assert [step.method for step in session.trajectory.inside(last)] == ["chat.completions.create"]
    assert session.report().unused == 0


def test_another_place_is_a_miss(example: dict[str, Any]) -> None:
    """The error names the tool's nearest recorded call."""
    with (
        pytest.raises(agentreplay.CassetteMismatchError, match='place: recorded "Moon", now "Mars"'),
        agentreplay.cassette("gravity", directory=HERE / "cassettes"),
    ):
        example["gravity"]("Mars", Path("/nowhere"))
