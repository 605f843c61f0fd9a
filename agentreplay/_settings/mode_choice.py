"""Which mode is in force where code, environment and project file each may name one.

`AGENTREPLAY_MODE` beats the code only upwards in safety. Safer means: fewer calls can go live, and among modes that
send every call, keeping the file is safer than replacing it:

    replay  >  auto  >  extend  >  verify = live  >  record

Code that names no mode, or `auto`, obeys the environment fully: `AGENTREPLAY_MODE=record pytest` re-records, and
`AGENTREPLAY_MODE=replay pytest` is offline. Where the code names another mode, the safer of the two is in force; among
equals the code's:

| environment / code | none     | auto   | replay | extend | verify | live   | record |
| ------------------- | -------- | ------ | ------ | ------ | ------ | ------ | ------ |
| unset               | project* | auto   | replay | extend | verify | live   | record |
| replay              | replay   | replay | replay | replay | replay | replay | replay |
| auto                | auto     | auto   | replay | auto   | auto   | auto   | auto   |
| extend              | extend   | extend | replay | extend | extend | extend | extend |
| verify              | verify   | verify | replay | extend | verify | live   | verify |
| live                | live     | live   | replay | extend | verify | live   | live   |
| record              | record   | record | replay | extend | verify | live   | record |

*) the mode that `pyproject.toml` names, else `auto`. The project file counts in this one cell only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from agentreplay._modes import Mode

DANGER: Final[Mapping[str, int]] = {"replay": 0, "auto": 1, "extend": 2, "verify": 3, "live": 3, "record": 4}
"""By name of the mode: the higher, the more can go live or be overwritten."""


class Decider(str, Enum):
    """Which place decided the mode."""

    CODE = "code"
    ENVIRONMENT = "environment"
    PROJECT = "project"
    DEFAULT = "default"


def choose_mode(*, code: Mode | None, environment: Mode | None, project: Mode | None) -> tuple[Mode, Decider]:
    """The mode in force and who decided it; see the table above. None stands for a place that names no mode."""
    if environment is None:
        if code is not None:
            return code, Decider.CODE
        return (project, Decider.PROJECT) if project is not None else (Mode.AUTO, Decider.DEFAULT)
    if code is None or code is Mode.AUTO or DANGER[environment.value] < DANGER[code.value]:
        return environment, Decider.ENVIRONMENT
    return code, Decider.CODE


def is_pinned(code: Mode | None) -> bool:
    """Whether the code names a mode that `AGENTREPLAY_MODE=record` does not turn into recording."""
    return choose_mode(code=code, environment=Mode.RECORD, project=None)[0] is not Mode.RECORD
