"""Which earlier body each body of a cassette is written as a difference from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from agentreplay._json.values import is_object
from agentreplay._linear.distinct import Distinct, Numbers
from agentreplay._linear.folding import Folding, size
from agentreplay._linear.marks import AS, escaped, event_back, interaction_back
from agentreplay._linear.weight import EACH, Weights, heaviest

WORTH_A_BODY: Final = 512
"""Characters that must repeat before a body is written as a difference: a short cassette stays plain."""
_WORTH_AN_ANSWER: Final = 1024
_WORTH_ONE_OF_MANY: Final = 256
_MANY: Final = 100_000
"""From how many bytes of answers on less is worth it: what stands around each text is most of a large file."""
_LONGEST_CHAIN: Final = 32
"""After how many answers told by differences one is written whole: to read one, all those have to be read."""
_WORTH_AN_EVENT: Final = 48
_LAST_ITEMS: Final = 4
"""How many items at the end of a list tell which conversation it is: the others are in many."""
_LOOK_BACK: Final = 8
_AROUND: Final = 400
"""Bytes at least that stand in a file around each body."""


class _Told(NamedTuple):
    """A body as what differs from the one at `base`, and how many characters that has."""

    size: int
    base: int
    written: dict[str, Any]


class BodyFolding:
    """Writes the bodies of a cassette, one after the other, each as what differs from an earlier one if that is less.

    The bodies are those of requests, or else of `answers`, which are not told by what differs for as little.

    The time for one does not depend on how much of it repeats, but for copying and comparing lists of numbers.
    """

    def __init__(self, distinct: Distinct, *, answers: bool = False) -> None:
        self._distinct = distinct
        self._answers = answers
        self._chains: dict[int, int] = {}
        self._folding = Folding(distinct)
        self._weights = Weights()
        self._sizes: list[int] = []
        self._item_weights: list[int] = []
        self._bodies: list[dict[str, Any] | None] = []
        self._last_of_sort: dict[Hashable, int] = {}
        self._last_with: dict[int, int] = {}
        self._bytes = 0

    def written(self, body: Any, sort: Hashable) -> Any:
        """`body` as it is written. Bodies of one `sort` (the method that was called) are likely to be alike."""
        position = len(self._bodies)
        numbered = self._distinct.numbered(body) if is_object(body) else None
        self._bodies.append(numbered)
        if numbered is None:
            return escaped(body)
        self._weigh_items()
        found = [self._difference(numbered, base) for base in self._likely_bases(numbered, sort)]
        best = min((each for each in found if each is not None), key=lambda each: each.size, default=None)
        self._note(numbered, sort, position)
        if best is None or not self._is_worth(numbered, best.size):
            written = escaped(body)
            self._bytes += _AROUND + self._size_up_to(numbered, 10**12)
        else:
            written = best.written
            self._bytes += _AROUND + best.size
            self._chains[position] = self._chains.get(best.base, 0) + 1
        return written

    def _likely_bases(self, body: dict[str, Any], sort: Hashable) -> Iterable[int]:
        found: dict[int, None] = {}
        for member in body.values():
            if type(member) is Numbers:
                for number in islice(reversed(member), _LOOK_BACK):
                    if number in self._last_with:
                        found[self._last_with[number]] = None
                        break
        if sort in self._last_of_sort:
            found[self._last_of_sort[sort]] = None
        return found

    def _difference(self, body: dict[str, Any], base: int) -> _Told | None:
        before = self._bodies[base]
        if before is None or (self._answers and self._chains.get(base, 0) >= _LONGEST_CHAIN):
            return None
        # The reader refuses what grows too much; what comes near to that is written whole.
        room = heaviest(self._bytes) - EACH * len(before)
        if 3 * self._weight(body) > room:
            return None
        difference = self._folding.difference(body, before)
        if difference is None:
            return None
        written = {AS: interaction_back(len(self._bodies) - 1 - base), **difference}
        return _Told(size(written), base, written)

    def _is_worth(self, body: dict[str, Any], written: int) -> bool:
        worth = WORTH_A_BODY
        if self._answers:
            worth = _WORTH_AN_ANSWER if self._bytes < _MANY else _WORTH_ONE_OF_MANY
        wanted = written + worth
        return self._size_up_to(body, wanted) >= wanted

    def _size_up_to(self, body: dict[str, Any], enough: int) -> int:
        """The size of `body`, or of as much of it as is `enough`."""
        found = 0
        for name, member in body.items():
            found += len(name) + 4
            for part in map(self._sizes.__getitem__, member) if type(member) is Numbers else map(size, (member,)):
                found += part
                if found >= enough:
                    return found
        return found

    def _weight(self, body: dict[str, Any]) -> int:
        return sum(
            sum(map(self._item_weights.__getitem__, member)) if type(member) is Numbers else self._weights.of(member)
            for member in body.values()
        )

    def _weigh_items(self) -> None:
        new = self._distinct.items[len(self._sizes) :]
        self._sizes += map(size, new)
        self._item_weights += map(self._weights.of, new)

    def _note(self, body: dict[str, Any], sort: Hashable, position: int) -> None:
        self._last_of_sort[sort] = position
        for member in body.values():
            if type(member) is Numbers:
                for number in member[-_LAST_ITEMS:]:
                    self._last_with[number] = position


def folded_events(events: Sequence[Any]) -> list[Any]:
    """The data of the events of one stream, each as what differs from an earlier one if that is less."""
    folding = Folding(Distinct())
    last_like: dict[Hashable, int] = {}
    written: list[Any] = []
    for position, event in enumerate(events):
        written.append(escaped(event))
        if not is_object(event):
            continue
        names = tuple(event)
        bases = {position - 1, last_like.get(names, position - 1)} - {-1}
        smallest = size(event) - _WORTH_AN_EVENT
        for base in sorted(bases, reverse=True):
            difference = folding.difference(event, events[base]) if is_object(events[base]) else None
            if difference is None:
                continue
            difference = {AS: event_back(position - base), **difference}
            if (found := size(difference)) <= smallest:
                smallest = found - 1
                written[position] = difference
        last_like[names] = position
    return written
