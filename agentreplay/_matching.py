"""Which recorded interaction answers a request, and what came nearest where none does."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from agentreplay._cassette import Interaction, RecordedRequest
from agentreplay._errors import CassetteMismatchError, ConfigurationError
from agentreplay._miss import Difference, MissReason, Nearest


class MatchStrategy(str, Enum):
    """How a recorded interaction is chosen for a request.

    - `EXACT`: same kind, method, model, body, path and query; among equal ones, in recorded order.
    - `SUBSET`: same kind and method; the recorded model, body, path and query are in the request with equal values
      (objects may hold more keys than recorded; lists are as long as recorded).
    - `SEQUENCE`: by position; kind and method must agree.
    """

    EXACT = "exact"
    SUBSET = "subset"
    SEQUENCE = "sequence"

    @classmethod
    def parse(cls, value: MatchStrategy | str) -> MatchStrategy:
        """The strategy that `value` names.

        Raises:
            ConfigurationError: no strategy has this name.
        """
        try:
            return cls(value.strip().lower() if isinstance(value, str) else value)
        except ValueError:
            raise ConfigurationError.unknown_choice("match", value, [s.value for s in cls]) from None


RequestTransform = Callable[[RecordedRequest], RecordedRequest]
"""Makes a request comparable: what it returns is compared instead."""


class InteractionIndex:
    """The interactions of one cassette, each to be taken once; safe to use from several threads.

    `match` is a strategy, its name, or a callable that makes requests comparable (of the recorded ones and of the new
    one alike) before they are compared as `EXACT` does. With `allow_repeats` a request whose recordings are used up is
    answered by the last of them again.

    Raises:
        ConfigurationError: `match` is none of these.
    """

    def __init__(
        self,
        interactions: Sequence[Interaction],
        match: MatchStrategy | str | RequestTransform = MatchStrategy.EXACT,
        *,
        allow_repeats: bool = False,
    ) -> None:
        self.interactions = interactions
        self.allow_repeats = allow_repeats
        self.transform: RequestTransform | None = None
        if isinstance(match, str):
            self.strategy = MatchStrategy.parse(match)
        else:
            self.strategy = MatchStrategy.EXACT
            self.transform = match
        self._lock = threading.Lock()
        self._positions: dict[str, list[int]] | None = None
        self._next: dict[str, int] = {}
        self._used: list[int] = []
        self._taken: set[int] = set()

    @property
    def used(self) -> list[int]:
        """Positions of the interactions that have answered, in order of their first use."""
        return list(self._used)

    @property
    def remaining(self) -> int:
        """How many interactions have not answered yet."""
        return len(self.interactions) - len(self._used)

    @property
    def all_used(self) -> bool:
        """Whether every interaction has answered."""
        return self.remaining == 0

    def unused(self) -> list[Interaction]:
        """The interactions that have not answered yet, in recorded order."""
        return [item for position, item in enumerate(self.interactions) if position not in self._taken]

    def reset(self) -> None:
        """Make every interaction available again."""
        with self._lock:
            self._used.clear()
            self._taken.clear()
            self._next.clear()

    def key(self, request: RecordedRequest) -> str:
        """The fingerprint under which requests equal to this one are found (64 hexadecimal digits)."""
        return (self.transform(request) if self.transform else request).key()

    def take(self, request: RecordedRequest) -> Interaction | None:
        """The interaction that answers `request`, now used; None where none does."""
        if self.strategy is MatchStrategy.EXACT:
            key = self.key(request)
            with self._lock:
                return self._take_by_key(key)
        with self._lock:
            if self.strategy is MatchStrategy.SEQUENCE:
                return self._take_in_sequence(request)
            return self._take_superset(request)

    def positions_of(self, request: RecordedRequest) -> list[int]:
        """Where requests equal to this one were recorded, used or not."""
        with self._lock:
            return list(self._by_key().get(self.key(request), ()))

    def _by_key(self) -> dict[str, list[int]]:
        if self._positions is None:
            found: defaultdict[str, list[int]] = defaultdict(list)
            for position, interaction in enumerate(self.interactions):
                found[self.key(interaction.request)].append(position)
            self._positions = dict(found)
        return self._positions

    def _take_by_key(self, key: str) -> Interaction | None:
        positions = self._by_key().get(key)
        if positions is None:
            return None
        turn = self._next.get(key, 0)
        if turn < len(positions):
            self._next[key] = turn + 1
            return self._mark(positions[turn])
        return self.interactions[positions[-1]] if self.allow_repeats else None

    def _take_in_sequence(self, request: RecordedRequest) -> Interaction | None:
        position = len(self._used)
        if position < len(self.interactions) and _same_operation(self.interactions[position].request, request):
            return self._mark(position)
        return None

    def _take_superset(self, request: RecordedRequest) -> Interaction | None:
        last: Interaction | None = None
        for position, interaction in enumerate(self.interactions):
            if _is_within(interaction.request, request):
                if position not in self._taken:
                    return self._mark(position)
                last = interaction
        return last if self.allow_repeats else None

    def _mark(self, position: int) -> Interaction:
        self._used.append(position)
        self._taken.add(position)
        return self.interactions[position]


def _same_operation(recorded: RecordedRequest, request: RecordedRequest) -> bool:
    return recorded.kind == request.kind and recorded.method == request.method


def _is_within(recorded: RecordedRequest, request: RecordedRequest) -> bool:
    return (
        _same_operation(recorded, request)
        and (recorded.model is None or recorded.model == request.model)
        and (recorded.path is None or recorded.path == request.path)
        and _value_within(recorded.query or {}, request.query or {})
        and _value_within(recorded.body, request.body)
    )


def _value_within(recorded: Any, actual: Any) -> bool:
    """Whether `actual` holds `recorded`: an object may hold more keys, a list must be as long."""
    if isinstance(recorded, dict):
        return isinstance(actual, dict) and all(
            name in actual and _value_within(item, actual[name]) for name, item in recorded.items()
        )
    if isinstance(recorded, list):
        return (
            isinstance(actual, list)
            and len(recorded) == len(actual)
            and all(_value_within(ours, theirs) for ours, theirs in zip(recorded, actual, strict=True))
        )
    return isinstance(recorded, bool) is isinstance(actual, bool) and recorded == actual


def mismatch(
    request: RecordedRequest, index: InteractionIndex, *, cassette_path: Path | None, mode: str
) -> CassetteMismatchError:
    """The error that explains why no interaction of `index` answers `request`."""
    reason, nearest = _reason(request, index)
    differences: list[Difference] = []
    if nearest and reason is not MissReason.ALL_USED:
        recorded = nearest.interaction.request
        for name in sorted(recorded.body.keys() | request.body.keys()):
            if recorded.body.get(name) != request.body.get(name):
                differences.append(Difference(name, recorded.body.get(name), request.body.get(name)))
    return CassetteMismatchError(
        request,
        reason=reason,
        nearest=nearest,
        differences=differences,
        cassette_path=cassette_path,
        mode=mode,
        used=index.used,
        remaining=index.remaining,
    )


def _reason(request: RecordedRequest, index: InteractionIndex) -> tuple[MissReason, Nearest | None]:
    if not index.interactions:
        return MissReason.CASSETTE_EMPTY, None
    if index.strategy is MatchStrategy.SEQUENCE:
        expected = index.unused()
        return MissReason.OUT_OF_SEQUENCE, Nearest(expected[0], 0.0) if expected else None
    equal = index.positions_of(request)
    if equal:
        return MissReason.ALL_USED, Nearest(index.interactions[equal[-1]], 1.0)
    same = [item for item in index.interactions if _same_operation(item.request, request)]
    if not same:
        return MissReason.NO_SUCH_METHOD, None
    return MissReason.NEAREST_DIFFERS, Nearest(same[0], 0.0)
