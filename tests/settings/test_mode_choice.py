"""Which mode is in force: the whole table of environment and code."""

from __future__ import annotations

import pytest

from agentreplay._modes import Mode
from agentreplay._settings import mode_choice as _mode_choice
from agentreplay._settings.mode_choice import DANGER, Decider, choose_mode

TABLE = [line.strip("| \n").split("|") for line in (_mode_choice.__doc__ or "").splitlines() if line.startswith("| ")]
"""The rows of the table in the docstring, the headings first."""
HEADINGS = [cell.strip() for cell in TABLE[0][1:]]
CELLS = [
    (row[0].strip(), column, cell.strip())
    for row in TABLE[2:]
    for column, cell in zip(HEADINGS, row[1:], strict=True)
    if {row[0].strip(), column, cell.strip()} - {"unset", "none", "project*"} <= {mode.value for mode in Mode}
]


def test_every_mode_has_a_place_in_the_order_of_safety() -> None:
    """No mode of the library is missing from the order that decides."""
    assert {mode.value for mode in Mode} <= set(DANGER)


def test_the_documented_table_is_whole() -> None:
    """Each mode has a row and a column, beside the row for none and the column for none."""
    assert {mode.value for mode in Mode} <= set(HEADINGS)
    assert {mode.value for mode in Mode} <= {row[0].strip() for row in TABLE[2:]}
    assert len(CELLS) >= (len(Mode) + 1) ** 2


@pytest.mark.parametrize(("environment", "code", "in_force"), CELLS)
def test_the_mode_in_force_is_the_one_of_the_documented_table(environment: str, code: str, in_force: str) -> None:
    """Every cell of the table in the docstring is what the function gives; the project file decides its own only."""
    for project in (None, *Mode):
        chosen, _ = choose_mode(
            code=None if code == "none" else Mode(code),
            environment=None if environment == "unset" else Mode(environment),
            project=project,
        )
        expected = (project or Mode.AUTO) if in_force == "project*" else Mode(in_force)
        assert chosen is expected


@pytest.mark.parametrize("code", [None, *Mode])
def test_replay_in_the_environment_is_replay_whatever_the_code_says(code: Mode | None) -> None:
    """Nothing in code or project file turns `AGENTREPLAY_MODE=replay` into a mode with live calls."""
    for project in (None, *Mode):
        assert choose_mode(code=code, environment=Mode.REPLAY, project=project)[0] is Mode.REPLAY


@pytest.mark.parametrize("code", [None, Mode.AUTO])
@pytest.mark.parametrize("environment", list(Mode))
def test_code_that_says_nothing_or_auto_obeys_the_environment(environment: Mode, code: Mode | None) -> None:
    """The command that re-records works for every block that does not name another mode itself."""
    assert choose_mode(code=code, environment=environment, project=Mode.REPLAY) == (environment, Decider.ENVIRONMENT)


def test_who_decided_is_told() -> None:
    """The second value names the place whose mode is in force."""
    assert choose_mode(code=None, environment=None, project=None) == (Mode.AUTO, Decider.DEFAULT)
    assert choose_mode(code=None, environment=None, project=Mode.LIVE) == (Mode.LIVE, Decider.PROJECT)
    assert choose_mode(code=Mode.LIVE, environment=None, project=Mode.REPLAY) == (Mode.LIVE, Decider.CODE)
    assert choose_mode(code=Mode.REPLAY, environment=Mode.RECORD, project=None) == (Mode.REPLAY, Decider.CODE)
