"""Lists of many values as lists of numbers: equal items have equal numbers, and stand once."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Final, cast

from agentreplay._json.values import is_array
from agentreplay._linear.exact import exactly_equal

_RECENT: Final = 3
"""How many earlier lists of a name are looked at: as many conversations may go on side by side at no cost."""


class Numbers(list[int]):
    """A list of a body, given as the numbers of its items."""


class Distinct:
    """All different items of the lists in many bodies.

    What is numbered must stay as it is for as long as this is used. Equal means: written as the same JSON.
    """

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._by_id: dict[int, int] = {}
        self._by_text: dict[str, int] = {}
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
        known = [*map(self._by_id.get, map(id, values))]
        if None not in known:
            return Numbers(cast("list[int]", known))
        recent = self._recent.setdefault(name, deque(maxlen=_RECENT))
        likely, likely_numbers = _likely(values, recent)
        # Mostly it is the beginning that is known.
        first = known.index(None)
        found = Numbers(cast("list[int]", known[:first]))
        for place in range(first, len(values)):
            number, value = known[place], values[place]
            if number is not None:
                found.append(number)
            elif place < len(likely) and exactly_equal(value, likely[place]):
                found.append(likely_numbers[place])
            else:
                found.append(self._number(value))
        recent.appendleft((values, found))
        return found

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
        if exactly_equal(each[last], values[last]) or exactly_equal(each[last // 2], values[last // 2]):
            return each, numbers
    return recent[0] if recent else ([], [])


def _text(value: Any) -> str | None:
    """What makes a value equal to others; None for one that is no plain JSON and has no equal."""
    if type(value) is str:
        return json.dumps(value) if len(value) < 1000 else '"' + value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except TypeError:
        return None
