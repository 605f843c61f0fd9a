"""Lists of many values as lists of numbers: equal items have equal numbers, and stand once."""

from __future__ import annotations

import json
import marshal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from agentreplay._json.values import is_array
from agentreplay._linear.exact import count_alike, exactly_equal

_RECENT: Final = 3
"""How many earlier lists of a name are looked at: as many conversations may go on side by side at no cost."""

_TRIES: Final = 8
"""How often it is tried to find a whole run of items in an earlier list, before they are taken one by one."""


class Numbers(list[int]):
    """A list of a body, given as the numbers of its items."""


class Distinct:
    """All different items of the lists in many bodies.

    What is numbered must stay as it is for as long as this is used. Equal means: written as the same JSON.
    """

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._by_id: dict[int, int] = {}
        self._by_text: dict[bytes, int] = {}
        self._recent: dict[str, deque[tuple[list[Any], Numbers]]] = {}

    def numbered(self, body: dict[str, Any]) -> dict[str, Any]:
        """`body` with each of its lists of objects or texts replaced by its `Numbers`, and its other members."""
        return {
            name: self.numbers(value, str(name)) if is_array(value) and _is_itemised(value) else value
            for name, value in body.items()
        }

    def whole(self, numbered: dict[str, Any]) -> dict[str, Any]:
        """The body that was numbered, with the items that are kept here."""
        return {
            name: [*map(self.items.__getitem__, value)] if type(value) is Numbers else value
            for name, value in numbered.items()
        }

    def numbers(self, values: list[Any], name: str = "") -> Numbers:
        """The numbers of `values`. Lists of one `name` are likely to have the same items."""
        known = [*map(self._by_id.get, map(id, values)), None]
        first = known.index(None)
        found = Numbers(cast("list[int]", known[:first]))
        if first == len(values):
            return found
        recent = self._recent.setdefault(name, deque(maxlen=_RECENT))
        if len(values) == 1:
            # Most answers, and first questions: there is no run of items to be found.
            found.append(self._number(values[0]))
            recent.appendleft(([self.items[found[0]]], found))
            return found
        likely, likely_numbers = _likely(values, recent)
        tries = _TRIES
        while len(found) < len(values):
            place = len(found)
            value = values[place]
            if known[place] is not None:
                found += cast("list[int]", known[place : known.index(None, place)])
            elif place >= len(likely):
                found.append(self._number(value))
            elif tries and (alike := count_alike(values[place:], likely[place:])):
                found += likely_numbers[place : place + alike]
            else:
                # Mostly it is the beginning that is alike, and then what follows on something that is not.
                tries -= bool(tries)
                found.append(likely_numbers[place] if exactly_equal(value, likely[place]) else self._number(value))
        recent.appendleft(([*map(self.items.__getitem__, found)], found))
        return found

    def own(self, values: list[Any], name: str, copied: Callable[[list[Any]], list[Any]]) -> list[Any]:
        """`values`, which may change later, as `copied` gives them, but for those that are kept here: these themselves.

        Items are found where an earlier list of this `name` has them.
        """
        likely, _ = _likely(values, self._recent.get(name, deque()))
        found: list[Any] = []
        place = 0
        for _ in range(_TRIES):
            alike = count_alike(values[place:], likely[place:])
            found += likely[place : place + alike]
            place += alike
            if place >= min(len(values), len(likely)):
                break
            found += copied(values[place : place + 1])
            place += 1
        return found + copied(values[place:])

    def _number(self, value: Any) -> int:
        text = _text(value)
        number = self._by_text.get(text) if text is not None else None
        if number is None:
            number = len(self.items)
            self.items.append(value)
            # Only for objects that are kept here: the place of another could be taken by a new one.
            self._by_id[id(value)] = number
            if text is not None:
                self._by_text[text] = number
        return number


def _is_itemised(values: list[Any]) -> bool:
    return bool(values) and type(values[0]) not in _SMALL


_SMALL = frozenset({int, float, bool, type(None)})


def _likely(values: list[Any], recent: deque[tuple[list[Any], Numbers]]) -> tuple[list[Any], list[int]]:
    """The recent list that `values` most likely continues."""
    for each, numbers in recent:
        last = min(len(each), len(values)) - 1
        if exactly_equal(each[last], values[last]) or (last and exactly_equal(each[last // 2], values[last // 2])):
            return each, numbers
    return recent[0] if recent else ([], [])


def _text(value: Any) -> bytes | None:
    """What makes a value equal to others; None for one that is no JSON and has no equal."""
    # The text of JSON takes a hundred times as long, where there is an image in it.
    with suppress(ValueError):
        return marshal.dumps(value, 2)
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except TypeError:
        return None
