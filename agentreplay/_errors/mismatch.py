"""The error of a miss."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from agentreplay._errors import AgentReplayError
from agentreplay._misses.text import miss_text
from agentreplay._terminal import shows_colour, without_style

if TYPE_CHECKING:
    from agentreplay._cassette import RecordedRequest
    from agentreplay._misses.miss import Difference, MissReason, Nearest


class CassetteMismatchError(AgentReplayError):
    """A miss: a call that no recorded interaction answers. Its text tells what differs and what to run.

    Attributes:
        request: what was asked.
        reason: why nothing answered.
        nearest: the recorded interaction most like the request and how like it is (0 to 1), or None.
        position: the place of `nearest` among the recorded interactions, counted from 0.
        differences: what differs between `nearest` and the request.
        cassette_path: the file, or None for a cassette in memory.
        mode: the session's mode.
        used: positions of the interactions that have answered a call, in the order in which they did.
        remaining: how many interactions have not answered a call yet.
        equal_positions: where requests equal to this one were recorded (all of them used).
        recorded_methods: how many calls of each method were recorded.
        last_user_message: the last thing that the user said in the request.
        remedy: what to give as `match=` so that this call is answered, where such values alone differ.
        notes: what else may explain the miss, one sentence each.
        command: what was run, so that the text can say how to run it again.
        pinned: whether the code says the mode, so that the environment cannot turn it into recording.
    """

    def __init__(
        self,
        request: RecordedRequest,
        *,
        reason: MissReason,
        nearest: Nearest | None = None,
        position: int | None = None,
        differences: Sequence[Difference] = (),
        cassette_path: Path | None = None,
        mode: str = "replay",
        used: Sequence[int] = (),
        remaining: int = 0,
        equal_positions: Sequence[int] = (),
        recorded_methods: Mapping[str, int] | None = None,
        last_user_message: str | None = None,
        remedy: str | None = None,
        notes: Sequence[str] = (),
        command: str | None = None,
        pinned: bool = False,
    ) -> None:
        self.request = request
        self.reason = reason
        self.nearest = nearest
        self.position = position
        self.differences = list(differences)
        self.cassette_path = cassette_path
        self.mode = mode
        self.used = list(used)
        self.remaining = remaining
        self.equal_positions = list(equal_positions)
        self.recorded_methods = dict(recorded_methods or {})
        self.last_user_message = last_user_message
        self.remedy = remedy
        self.notes = list(notes)
        self.command = command
        self.pinned = pinned
        super().__init__(without_style(miss_text(self)))

    def render(self, stream: TextIO) -> str:
        """The text as it is to be written to `stream`: in colour where that is a terminal which shows it."""
        text = miss_text(self)
        return text if shows_colour(stream) else without_style(text)

    def __rich__(self) -> Any:
        # Only `rich` calls this, so it is there.
        return importlib.import_module("rich.text").Text.from_ansi(miss_text(self))
