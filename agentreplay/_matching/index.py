"""Which recorded interaction answers a request."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence

from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse
from agentreplay._matching.places import Places
from agentreplay._matching.provider_ids import SessionIds, numbered_ids
from agentreplay._matching.strategy import Matchable, MatchStrategy, read_match, refuse_contradiction
from agentreplay._matching.subset import same_operation
from agentreplay._nesting import below, children_of, parent_positions
from agentreplay._recorded import SHORT_KEY_LENGTH


class InteractionIndex:
    """The interactions of one cassette, each to be taken once; safe to use from several threads.

    With `allow_repeats` a request whose recordings are used up is answered by the last of them again. Of equal ones,
    those that were recorded inside the same call as the request is made in come first.

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
        self._parents = parent_positions(self.interactions)
        self._children = children_of(self._parents)
        self._places = {id(item): position for position, item in enumerate(self.interactions)} if self._children else {}
        self._found = Places(self.interactions, self.match)
        self._positions_inside: dict[tuple[str, int | None], list[int]] = {}
        self._turns: dict[object, int] = {}
        self._used: list[int] = []
        self._next = 0
        self._taken: set[int] = set()
        self._covered: set[int] = set()

    @property
    def used(self) -> list[int]:
        """Positions of the interactions that have answered, in the order in which they did."""
        return list(self._used)

    @property
    def covered(self) -> list[int]:
        """Positions of the interactions that nobody asks for, since the call around them was answered as a whole."""
        return sorted(self._covered)

    @property
    def parents(self) -> Sequence[int | None]:
        """For each position that of the call inside which it was recorded."""
        return self._parents

    @property
    def remaining(self) -> int:
        """How many interactions have not answered yet."""
        return len(self.interactions) - len(self._taken)

    @property
    def next_in_order(self) -> int:
        """The position of the first interaction that has not answered yet, where calls are answered in order."""
        while self._next < len(self.interactions) and self._next in self._taken:
            self._next += 1
        return self._next

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
            self._covered.clear()
            self._turns.clear()
            self._next = 0
            self._ids.forget()

    def key(self, request: RecordedRequest) -> str:
        """The fingerprint that all requests equal to this one share: 64 hexadecimal digits, alike in every process."""
        return self._found.comparable(request).key()

    def foreseen(self, key: str) -> Interaction | None:
        """The interaction that a request with this key would be answered by now, outside every other call.

        None where none has this key, or where matching does not go by the keys of the requests as they stand.
        """
        if self.match is not MatchStrategy.EXACT:
            return None
        with self._lock:
            key = key[:SHORT_KEY_LENGTH]
            positions = self._found.by_key().get(key)
            place = self._in_turn(key, positions, None, moving=False) if positions is not None else None
            return None if place is None else self.interactions[place]

    def take(
        self,
        request: RecordedRequest,
        *,
        inside: Interaction | None = None,
        whole: bool = False,
        key: str | None = None,
    ) -> Interaction | None:
        """The interaction that answers `request`, now used; None where none does.

        `inside` is the recorded call that the request is made in, if there is one. `whole` says that what was recorded
        inside the one that answers will not be asked for: it is part of the answer. `key` is that of `request`, where
        it is known.
        """
        around = None if inside is None else self._places.get(id(inside))
        if self.match is MatchStrategy.SEQUENCE:
            with self._lock:
                return self._taken_at(self._find_next(request), whole=whole)
        if self.match is MatchStrategy.SUBSET:
            with self._lock:
                return self._taken_at(self._first(self._found.within(request), around), whole=whole)
        comparable = self._found.comparable(request)
        key = key[:SHORT_KEY_LENGTH] if key else comparable.short_key()
        with self._lock:
            return self._taken_at(self._find(comparable, key, around), whole=whole)

    def take_foreseen(self, key: str, *, inside: Interaction | None = None) -> Interaction | None:
        """As `take` with this key, and `whole`, where an interaction was `foreseen` for it; None where none is left."""
        around = None if inside is None else self._places.get(id(inside))
        key = key[:SHORT_KEY_LENGTH]
        with self._lock:
            positions = self._found.by_key().get(key)
            return None if positions is None else self._taken_at(self._in_turn(key, positions, around), whole=True)

    def revise(self, interactions: Sequence[Interaction]) -> None:
        """Answer with these from now on, each of which stands in the place of another; which were taken is the same."""
        with self._lock:
            self.interactions = tuple(interactions)
            self._places = {id(item): place for place, item in enumerate(self.interactions)} if self._children else {}
            self._ids = SessionIds(self.interactions)
            for place in self._used:
                self._ids.served(self.interactions[place])
            self._found = Places(self.interactions, self.match)
            self._positions_inside.clear()
            self._turns.clear()

    def give_back(self, interaction: Interaction) -> None:
        """Make an interaction that was taken available again, and with it what was recorded inside it."""
        with self._lock:
            for place in reversed(self._used):
                if self.interactions[place] is interaction:
                    break
            else:
                return
            self._used.remove(place)
            inside = self._covered & {*below(place, self._children)}
            self._covered -= inside
            self._taken -= {place, *inside}
            self._turns.clear()
            self._next = min(self._next, place)

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
                return self._found.within(request)
            return list(self._found.by_key().get(self._found.comparable(request).short_key(), ()))

    def _find(self, comparable: RecordedRequest, key: str, around: int | None) -> int | None:
        positions = self._found.by_key().get(key)
        if positions is not None:
            return self._in_turn(key, positions, around)
        return self._find_renamed(comparable, around)

    def _in_turn(self, key: str, positions: Sequence[int], around: int | None, *, moving: bool = True) -> int | None:
        if self._children:
            inside = self._inside(key, positions, around)
            place = self._next_turn((key, around), inside, moving=moving)
            if place is not None:
                return place
        place = self._next_turn(key, positions, moving=moving)
        return positions[-1] if place is None and self.allow_repeats else place

    def _inside(self, key: str, positions: Sequence[int], around: int | None) -> Sequence[int]:
        """Those of `positions`, which share this key, that were recorded directly inside the call at `around`."""
        if (key, around) not in self._positions_inside:
            found: defaultdict[int | None, list[int]] = defaultdict(list)
            for position in positions:
                found[self._parents[position]].append(position)
            self._positions_inside.update({(key, parent): places for parent, places in found.items()})
            self._positions_inside.setdefault((key, around), [])
        return self._positions_inside[key, around]

    def _next_turn(self, key: object, positions: Sequence[int], *, moving: bool) -> int | None:
        # The turn spares looking at all that were taken before; some may have been taken under another key.
        for turn in range(self._turns.get(key, 0), len(positions)):
            if positions[turn] not in self._taken:
                self._turns[key] = turn + 1 if moving else turn
                return positions[turn]
        return None

    def _first(self, positions: Sequence[int], around: int | None) -> int | None:
        free = [position for position in positions if position not in self._taken]
        if free:
            return next((position for position in free if self._parents[position] == around), free[0])
        return positions[-1] if positions and self.allow_repeats else None

    def _find_renamed(self, request: RecordedRequest, around: int | None) -> int | None:
        """The interaction whose request is this one but for the names of ids that were handed out in this session."""
        as_recorded = self._ids.as_recorded(request)
        if as_recorded is not None:
            key = as_recorded.short_key()
            positions = self._found.by_key().get(key)
            if positions is not None:
                return self._in_turn(key, positions, around)
            request = as_recorded
        numbered, ids = numbered_ids(request)
        if not self._ids.has_any(ids):
            return None
        return self._first(
            [
                position
                for position in self._found.by_numbered_ids().get(numbered.key(), ())
                if self._ids.explain(numbered_ids(self._found.comparable(self.interactions[position].request))[1], ids)
            ],
            around,
        )

    def _find_next(self, request: RecordedRequest) -> int | None:
        position = self.next_in_order
        if position < len(self.interactions) and same_operation(self.interactions[position].request, request):
            return position
        return None

    def _taken_at(self, position: int | None, *, whole: bool) -> Interaction | None:
        if position is None:
            return None
        interaction = self.interactions[position]
        if position in self._taken:  # Answers once more.
            return interaction
        self._used.append(position)
        self._taken.add(position)
        if whole and position in self._children:
            covered = set(below(position, self._children)) - self._taken
            self._covered |= covered
            self._taken |= covered
        self._ids.served(interaction)
        return interaction
