"""What a session complains of, and its words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from agentreplay._errors import AgentReplayWarning, CassetteError

_RECORD_ANEW: Final = "Record it again with AGENTREPLAY_MODE=record, or allow more with max_age."


class CassetteTooOldError(CassetteError):
    """A cassette older than `max_age` allows, where the settings make that an error.

    Attributes:
        age: how old it is.
        max_age: how old it may be.
    """

    def __init__(self, path: Path, age: timedelta, max_age: timedelta) -> None:
        self.age = age
        self.max_age = max_age
        super().__init__(_too_old(age, max_age), path=path, next_step=_RECORD_ANEW)


class CassetteAgeWarning(AgentReplayWarning):
    """A cassette older than `max_age` allows was replayed.

    Attributes:
        path: its file.
        age: how old it is.
        max_age: how old it may be.
    """

    def __init__(self, path: Path, age: timedelta, max_age: timedelta) -> None:
        self.path = path
        self.age = age
        self.max_age = max_age
        super().__init__(f"{path}: {_too_old(age, max_age)}. {_RECORD_ANEW}")


class ForkNotReachedWarning(AgentReplayWarning):
    """A session with `replay_until` ended before it went live, and wrote nothing.

    Attributes:
        name: the name of the fork that was not made.
        calls: how many calls were replayed.
    """

    def __init__(self, name: str, calls: int) -> None:
        self.name = name
        self.calls = calls
        super().__init__(
            f"the block ended after {calls} replayed calls, before the point that replay_until names, so nothing went "
            f"live and {name!r} was not written."
        )


def _too_old(age: timedelta, max_age: timedelta) -> str:
    return f"it was recorded {age.days} days ago, and max_age allows {max_age / timedelta(days=1):g} days"
