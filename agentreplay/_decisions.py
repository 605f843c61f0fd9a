"""What is decided of a call, and what becomes of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentreplay._cassette import Interaction, RecordedRequest


@dataclass(eq=False)
class Live:
    """A call that goes to the provider.

    Where its `request` is None it is to be recorded whatever it asks, and what that is comes with the answer.
    `position` is its place among the calls of the session, by their start; `expected` the recorded interaction that its
    answer is to be compared with, where there is one; `notes` are what its metadata will say. `parent` is the position
    of the call inside which it was made. `rerun` says that it goes live only to be compared.
    """

    position: int
    method: str
    request: RecordedRequest | None = None
    expected: Interaction | None = None
    notes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    parent: int | None = None
    rerun: bool = False


@dataclass(eq=False, slots=True)
class Replay:
    """A call that the recording answers; `position` is its place among the calls of the session."""

    interaction: Interaction
    position: int = 0


@dataclass
class Counts:
    """What became of the calls of a session."""

    replayed: int = 0
    recorded: int = 0
    live: int = 0
    missed: int = 0
    failed: int = 0
