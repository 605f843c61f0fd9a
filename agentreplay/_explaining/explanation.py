"""Why nothing answered a request, and what came nearest."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agentreplay._carving import leads_anywhere
from agentreplay._cassette import Interaction, RecordedRequest
from agentreplay._errors.mismatch import CassetteMismatchError
from agentreplay._explaining.differences import differences
from agentreplay._explaining.nearest import Likeness, likeness, most_alike
from agentreplay._explaining.remedies import remedy
from agentreplay._explaining.tool_hints import changed_arguments, part_of_an_answer, unknown_tool
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.matcher import IGNORED, Matcher
from agentreplay._matching.strategy import MatchStrategy
from agentreplay._matching.subset import same_operation
from agentreplay._misses.miss import Change, Difference, MissReason, Nearest
from agentreplay._trajectory.asked import last_user_message

_PREFERENCE: Final = 0.1
"""How much less like the request an unused interaction may be to be named before a used one."""
_TRIED_WITH_RULES: Final = 5
"""How many of the nearest interactions are tried with each rule of a matcher."""


def mismatch(
    request: RecordedRequest,
    index: InteractionIndex,
    *,
    cassette_path: Path | None,
    mode: str,
    notes: Sequence[str] = (),
    command: str | None = None,
    pinned: bool = False,
) -> CassetteMismatchError:
    """The error that explains why no interaction of `index` answers `request`.

    `notes` are further sentences for its text; `command` is what was run, found out under pytest if it is not given;
    `pinned` says that the mode stands in the code.
    """
    found = _Found.out(request, index)
    nearest = index.interactions[found.position] if found.position is not None else None
    return CassetteMismatchError(
        request,
        reason=found.reason,
        nearest=Nearest(nearest, found.similarity) if nearest else None,
        position=found.position,
        differences=_differences(request, nearest.request, index) if nearest and found.compared else (),
        cassette_path=cassette_path,
        mode=mode,
        used=index.used,
        remaining=index.remaining,
        equal_positions=found.equal,
        recorded_methods=Counter(item.request.method or item.request.kind for item in index.interactions),
        last_user_message=last_user_message(request),
        remedy=found.remedy,
        notes=[
            *notes,
            *_hints(request, found, nearest, index),
            *_idle_paths(request, nearest.request if nearest else None, index),
        ],
        command=command or _pytest_command(),
        pinned=pinned,
    )


@dataclass(frozen=True)
class _Found:
    """The reason of a miss, and the interaction that explains it; `compared` where their difference is the point."""

    reason: MissReason
    position: int | None = None
    similarity: float = 0.0
    equal: Sequence[int] = ()
    remedy: str | None = None

    @property
    def compared(self) -> bool:
        return self.reason is MissReason.NEAREST_DIFFERS

    @classmethod
    def out(cls, request: RecordedRequest, index: InteractionIndex) -> _Found:
        if not index.interactions:
            return cls(MissReason.CASSETTE_EMPTY)
        if index.match is MatchStrategy.SEQUENCE:
            return cls._in_sequence(request, index)
        equal = index.equal_positions(request)
        if equal:
            return cls(MissReason.ALL_USED, equal[-1], 1.0, equal)
        return cls._nearest(request, index)

    @classmethod
    def _in_sequence(cls, request: RecordedRequest, index: InteractionIndex) -> _Found:
        position = index.next_in_order
        if position == len(index.interactions):
            return cls(MissReason.OUT_OF_SEQUENCE)
        alike = likeness(request, index.interactions[position].request)
        return cls(MissReason.OUT_OF_SEQUENCE, position, alike)

    @classmethod
    def _nearest(cls, request: RecordedRequest, index: InteractionIndex) -> _Found:
        same = [
            (position, item.request)
            for position, item in enumerate(index.interactions)
            if same_operation(item.request, request)
        ]
        if not same:
            return cls(MissReason.NO_SUCH_METHOD)
        used = set(index.used)
        # Of those that are about equally near, one that could still answer tells more.
        ranked = sorted(
            most_alike(request, same), key=lambda item: _PREFERENCE * (item.position in used) - item.similarity
        )
        found = cls(MissReason.NEAREST_DIFFERS, ranked[0].position, ranked[0].similarity)
        return found._with_remedy(request, index, [item for item in ranked if item.position not in used])

    def _with_remedy(self, request: RecordedRequest, index: InteractionIndex, unused: Sequence[Likeness]) -> _Found:
        """As found, or the nearest interaction that a matcher's rules would have made equal."""
        if index.match is MatchStrategy.SUBSET:
            return self
        base = index.match if isinstance(index.match, Matcher) else Matcher()
        for item in unused[:_TRIED_WITH_RULES]:
            rules = remedy(request, index.interactions[item.position].request, base)
            if rules is not None:
                return replace(self, position=item.position, similarity=item.similarity, remedy=_spelled(base, rules))
        return self


def _hints(request: RecordedRequest, found: _Found, nearest: Interaction | None, index: InteractionIndex) -> list[str]:
    """What else may explain the miss: what became of a tool, or which call a recording is part of."""
    match found.reason:
        case MissReason.NO_SUCH_METHOD:
            return unknown_tool(request, (item.request for item in index.interactions))
        case MissReason.NEAREST_DIFFERS if nearest is not None:
            return changed_arguments(request, nearest.request)
        case MissReason.ALL_USED:
            covered = [position for position in found.equal if position in index.covered]
            return part_of_an_answer(covered, index.parents, index.interactions)
        case _:
            return []


def _spelled(base: Matcher, rules: Matcher) -> str:
    """What to write as `match=` where `base` is in force and `rules` are missing."""
    if base.transform:
        return f"<the present one> | {rules!r}"
    return repr(base | rules)


def _differences(request: RecordedRequest, recorded: RecordedRequest, index: InteractionIndex) -> list[Difference]:
    match = index.match
    if match is MatchStrategy.SUBSET:
        # What only the request has is allowed there, except for further items of a list.
        found = differences(recorded, request)
        return [item for item in found if item.change is not Change.ADDED or item.path.endswith("]")]
    if not isinstance(match, Matcher):
        return differences(recorded, request)
    found = [
        item
        for item in differences(match.as_shown(recorded), match.as_shown(request))
        if not (_is_ignored(item.recorded) or _is_ignored(item.actual))
        and not (match.ignore_tool_order and item.change is Change.MOVED and item.path.startswith("tools["))
    ]
    return found or differences(match(recorded), match(request))


def _is_ignored(value: Any) -> bool:
    return isinstance(value, str) and value == IGNORED


def _idle_paths(request: RecordedRequest, recorded: RecordedRequest | None, index: InteractionIndex) -> list[str]:
    """A sentence for each path of the matcher that leads nowhere, neither in the request nor in the nearest."""
    if not isinstance(index.match, Matcher):
        return []
    requests = [request] if recorded is None else [request, recorded]
    named = [("ignore", path) for path in index.match.ignored_paths] + [
        ("only", path) for path in index.match.only_paths
    ]
    return [
        f"{argument}={path.text!r} of the matcher leads to nothing in this call or its nearest recording."
        for argument, path in named
        if not any(leads_anywhere(path, (item.query if path.root == "query" else item.body)) for item in requests)
    ]


def _pytest_command() -> str | None:
    """The command that runs the present test alone, under pytest."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    name, _, phase = test.rpartition(" ")
    return f"pytest '{name}'" if name and phase.startswith("(") else None
