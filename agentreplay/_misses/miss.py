"""The values that a miss is explained with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from agentreplay._cassette import Interaction


class MissReason(str, Enum):
    """Why no recorded interaction answered a call.

    - `CASSETTE_EMPTY`: the cassette holds no interaction at all.
    - `NO_SUCH_METHOD`: none of its interactions is of this kind and method.
    - `NEAREST_DIFFERS`: some are, and even the nearest one differs.
    - `ALL_USED`: some are equal, and every one of them has answered a call already.
    - `OUT_OF_SEQUENCE`: calls are matched by position, and at this position stands another one, or none any more.
    """

    CASSETTE_EMPTY = "cassette empty"
    NO_SUCH_METHOD = "no such method recorded"
    NEAREST_DIFFERS = "nearest differs"
    ALL_USED = "all equal ones already used"
    OUT_OF_SEQUENCE = "out of sequence"


class Change(str, Enum):
    """What became of a recorded value in the request: other, new, missing, or at another place."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True)
class Difference:
    """One place where the request is not as it was recorded.

    Attributes:
        path: where it stands in the request, as in `messages[4].content`; where only the recording has it, there.
        recorded: the recorded value, None where there is none.
        actual: the value in the request, None where there is none.
        change: which of the two sides has a value, and whether it only moved.
        recorded_path: where it stands in the recording, if that is another place.
    """

    path: str
    recorded: Any
    actual: Any
    change: Change = Change.CHANGED
    recorded_path: str | None = None


class Nearest(NamedTuple):
    """The recorded interaction that is most like the request: `similarity` is 1 for equal, 0 for nothing in common."""

    interaction: Interaction
    similarity: float
