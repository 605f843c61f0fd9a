"""Which recorded interaction answers a request."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse
from agentreplay._errors import ConfigurationError
from agentreplay._matcher import Matcher, RequestTransform
from agentreplay._provider_ids import SessionIds, numbered_ids
from agentreplay._subset import is_within, same_operation, without_numbers


class MatchStrategy(str, Enum):
    """How a recorded interaction is chosen for a request.

    - `EXACT`: same kind, method, model, body, path and query; among equal ones, in recorded order.
    - `SUBSET`: same kind and method; the recorded model, body, path and query are in the request with equal values
      (objects may hold more members than recorded; arrays are as long as recorded).
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
            return cls(value.strip().lower() if type(value) is str else value)
        except ValueError:
            raise ConfigurationError.unknown_choice("match", value, [s.value for s in cls]) from None


Match: TypeAlias = MatchStrategy | Matcher
Matchable: TypeAlias = "MatchStrategy | str | Matcher | RequestTransform | Mapping[str, Any]"
"""What `match=` takes: a strategy or its name, a matcher or its options, a function that makes requests comparable."""


def read_match(value: Matchable) -> Match:
    """The strategy or matcher that `value` stands for.

    Raises:
        ConfigurationError: it stands for none.
    """
    if isinstance(value, (MatchStrategy, Matcher)):
        return value
    if isinstance(value, str):
        return MatchStrategy.parse(value)
    if callable(value):
        return Matcher(transform=value)
    if isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] # it may come from a file
        for name in value:
            if name not in _OPTIONS:
                raise ConfigurationError.unknown_choice("match", name, _OPTIONS)
        return Matcher(**value)
    why = "expected a MatchStrategy or its name, a Matcher or its options, or a function"
    raise ConfigurationError.not_usable("match", value, why)


def refuse_contradiction(match: Matchable, *, allow_repeats: bool) -> None:
    """Raise a ConfigurationError where the two cannot be meant together."""
    if allow_repeats and read_match(match) is MatchStrategy.SEQUENCE:
        why = "contradicts match='sequence', where every call has its place"
        raise ConfigurationError.not_usable("allow_repeats", allow_repeats, why)


_OPTIONS = ("ignore", "only", "volatile", "ignore_whitespace", "ignore_tool_order")
"""A matcher's options that can be written in a file."""


class InteractionIndex:
    """The interactions of one cassette, each to be taken once; safe to use from several threads.

    With `allow_repeats` a request whose recordings are used up is answered by the last of them again.

    Raises:
        ConfigurationError: `match` is nothing that can be matched by, or `allow_repeats` contradicts it.
    """

    def __init__(
        self,
        interactions: Sequence[Interaction],
        match: Matchable = MatchStrategy.EXACT,
        *,
        allow_repeats: bool = False,
    ) -> None:
        self.interactions = tuple(interactions)
        self.match = read_match(match)
        refuse_contradiction(self.match, allow_repeats=allow_repeats)
        self.allow_repeats = allow_repeats
        self._lock = threading.Lock()
        self._ids = SessionIds(self.interactions)
        self._positions: dict[str, list[int]] | None = None
        self._numbered: dict[str, list[int]] | None = None
        self._recorded: list[RecordedRequest] | None = None
        self._turns: dict[str, int] = {}
        self._used: list[int] = []
        self._taken: set[int] = set()

    @property
    def used(self) -> list[int]:
        """Positions of the interactions that have answered, in the order in which they did."""
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
        """Make every interaction available again, and forget what was handed out."""
        with self._lock:
            self._used.clear()
            self._taken.clear()
            self._turns.clear()
            self._ids.forget()

    def key(self, request: RecordedRequest) -> str:
        """The fingerprint that all requests equal to this one share: 64 hexadecimal digits, alike in every process."""
        return self._comparable(request).key()

    def take(self, request: RecordedRequest) -> Interaction | None:
        """The interaction that answers `request`, now used; None where none does."""
        if self.match is MatchStrategy.SEQUENCE:
            with self._lock:
                return self._take_next(request)
        if self.match is MatchStrategy.SUBSET:
            with self._lock:
                return self._take(self._positions_within(request))
        comparable = self._comparable(request)
        key = comparable.key()
        with self._lock:
            positions = self._by_key().get(key)
            if positions is not None:
                return self._take_in_turn(key, positions)
            return self._take_renamed(comparable)

    def received(self, response: RecordedResponse, *, instead_of: Interaction | None = None) -> None:
        """Note a live answer, so that the ids in it are known again in later requests.

        `instead_of` is the recorded interaction whose answer it is the live counterpart of, if there is one.
        """
        with self._lock:
            self._ids.received(response, instead_of)

    def equal_positions(self, request: RecordedRequest) -> list[int]:
        """Where requests equal to this one were recorded, used or not; none where matching goes by position."""
        with self._lock:
            if self.match is MatchStrategy.SEQUENCE:
                return []
            if self.match is MatchStrategy.SUBSET:
                return self._positions_within(request)
            return list(self._by_key().get(self.key(request), ()))

    def _comparable(self, request: RecordedRequest) -> RecordedRequest:
        return self.match(request) if isinstance(self.match, Matcher) else request

    def _by_key(self) -> dict[str, list[int]]:
        if self._positions is None:
            found: defaultdict[str, list[int]] = defaultdict(list)
            for position, interaction in enumerate(self.interactions):
                found[self.key(interaction.request)].append(position)
            self._positions = dict(found)
        return self._positions

    def _by_numbered_ids(self) -> dict[str, list[int]]:
        """As `_by_key`, with every id of the requests replaced by its number in them."""
        if self._numbered is None:
            found: defaultdict[str, list[int]] = defaultdict(list)
            for position, interaction in enumerate(self.interactions):
                found[numbered_ids(self._comparable(interaction.request))[0].key()].append(position)
            self._numbered = dict(found)
        return self._numbered

    def _take_in_turn(self, key: str, positions: Sequence[int]) -> Interaction | None:
        # The turn spares looking at all that were taken before; some may have been taken under another key.
        for turn in range(self._turns.get(key, 0), len(positions)):
            if positions[turn] not in self._taken:
                self._turns[key] = turn + 1
                return self._mark(positions[turn])
        return self.interactions[positions[-1]] if self.allow_repeats else None

    def _take(self, positions: Sequence[int]) -> Interaction | None:
        for position in positions:
            if position not in self._taken:
                return self._mark(position)
        return self.interactions[positions[-1]] if positions and self.allow_repeats else None

    def _take_renamed(self, request: RecordedRequest) -> Interaction | None:
        """The interaction whose request is this one but for the names of ids that were handed out in this session."""
        as_recorded = self._ids.as_recorded(request)
        if as_recorded is not None:
            key = as_recorded.key()
            positions = self._by_key().get(key)
            if positions is not None:
                return self._take_in_turn(key, positions)
            request = as_recorded
        numbered, ids = numbered_ids(request)
        if not self._ids.has_any(ids):
            return None
        return self._take(
            [
                position
                for position in self._by_numbered_ids().get(numbered.key(), ())
                if self._ids.explain(numbered_ids(self._comparable(self.interactions[position].request))[1], ids)
            ]
        )

    def _take_next(self, request: RecordedRequest) -> Interaction | None:
        position = len(self._used)
        if position < len(self.interactions) and same_operation(self.interactions[position].request, request):
            return self._mark(position)
        return None

    def _positions_within(self, request: RecordedRequest) -> list[int]:
        if self._recorded is None:
            self._recorded = [without_numbers(item.request) for item in self.interactions]
        request = without_numbers(request)
        return [position for position, recorded in enumerate(self._recorded) if is_within(recorded, request)]

    def _mark(self, position: int) -> Interaction:
        self._used.append(position)
        self._taken.add(position)
        interaction = self.interactions[position]
        self._ids.served(interaction)
        return interaction
