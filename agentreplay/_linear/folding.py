"""From values to what differs between them and earlier ones."""

from __future__ import annotations

from typing import Any, Final

from pydantic_core import to_json

from agentreplay._json.values import is_array, is_object
from agentreplay._linear.distinct import Distinct, Numbers
from agentreplay._linear.exact import exactly_equal
from agentreplay._linear.marks import (
    AS,
    END,
    HERE,
    MARKS,
    ORDER,
    THEN,
    WITHOUT,
    escaped,
    escaped_member,
    item_text,
    run_text,
)

_WORTH_AN_OBJECT: Final = 24
_WORTH_A_RUN: Final = 40
_WORTH_A_TEXT: Final = 200
"""Characters that a difference must save, to be written in the place of a member, of items, of a text."""


def size(value: Any) -> int:
    """About how many characters the JSON text of `value` has, without white space."""
    if type(value) is str:
        return len(value) + 2
    try:
        return len(to_json(value))
    except ValueError:  # a lone surrogate, or deeper than pydantic goes
        return len(str(value))


_THE_SAME: Final = object()
_FIRST: Final = item_text(0, 1)


class Folding:
    """Writes values as differences. Values are to be numbered by `distinct`, where they have lists."""

    def __init__(self, distinct: Distinct) -> None:
        self._distinct = distinct

    def difference(self, value: dict[str, Any], base: dict[str, Any]) -> dict[str, Any] | None:
        """The members of `value` that differ from those of `base`, as they are written; None where it has our marks.

        The members may be `Numbers`. What it is a difference from (`AS`) is left to say.
        """
        if not MARKS.isdisjoint(value):
            return None
        found: dict[str, Any] = {}
        for name, member in value.items():
            if name not in base:
                found[name] = escaped_member(self._whole(member))
            elif member is not base[name] and (told := self._member(member, base[name])) is not _THE_SAME:
                found[name] = told
        names = [*value]
        if names == [*base]:
            return found
        gone = [name for name in base if name not in value]
        if gone:
            found[WITHOUT] = gone
        order = [name for name in base if name in value] + [name for name in value if name not in base]
        if order != names:
            found[ORDER] = names
        return found

    def _member(self, value: Any, base: Any) -> Any:
        """`value` as it is written in the place of `base`; `_THE_SAME` where both are."""
        if type(value) is str and type(base) is str:
            return _THE_SAME if value == base else _text(value, base)
        if is_object(value) and is_object(base):
            return self._object(value, base, HERE)
        one, other = _only_object(value), _only_object(base)
        if one is not None and other is not None:
            # As most events of a stream are: there is nothing to be found in another place.
            told = self._object(one, other, _FIRST)
            return [told] if told is not _THE_SAME else told
        if _same(value, base):
            return _THE_SAME
        value, base = self._numbered(value), self._numbered(base)
        if type(value) is Numbers and type(base) is Numbers:
            return self._list(value, base)
        return escaped_member(self._whole(value))

    def _object(self, value: dict[str, Any], base: dict[str, Any], place: str) -> Any:
        difference = self.difference(value, base)
        if not difference and (difference is not None or exactly_equal(value, base)):
            return _THE_SAME
        if difference is not None:
            difference = {AS: place, **difference}
            if size(difference) + _WORTH_AN_OBJECT <= size(value):
                return difference
        return escaped(value)

    def _list(self, values: Numbers, base: Numbers) -> list[Any]:
        """The items of a list: those in `base` as runs, those like one in it as differences, and the others."""
        first = _common(values, base)
        last = _common(values[first:][::-1], base[first:][::-1])
        found = self._run(base, 0, first)
        middle = values[first : len(values) - last]
        found += self._middle(middle, base, first, len(base) - last)
        return found + self._run(base, len(base) - last, len(base))

    def _middle(self, values: list[int], base: Numbers, start: int, stop: int) -> list[Any]:
        """Items that are not where they were; between `start` and `stop` of `base` stand those that they replace."""
        found: list[Any] = []
        moved = not {*values}.isdisjoint(base)
        places = {number: place for place, number in enumerate(base)} if moved else {}
        at = 0
        expected = start
        while at < len(values):
            place = places.get(values[at])
            if place is None:
                like = self._distinct.items[base[expected]] if expected < stop else None
                found.append(self._item(self._distinct.items[values[at]], like, expected, len(base)))
                at += 1
                expected += 1
                continue
            length = _common(values[at:], base[place:])
            found += self._run(base, place, place + length)
            at += length
            expected = place + length
        return found

    def _item(self, value: Any, like: Any, place: int, length: int) -> Any:
        if is_object(value) and is_object(like):
            told = self._object(value, like, item_text(place, length))
            return told if told is not _THE_SAME else {AS: item_text(place, length)}
        return escaped(value)

    def _run(self, base: Numbers, start: int, stop: int) -> list[Any]:
        if start == stop:
            return []
        if stop - start <= 2:
            items = [self._distinct.items[number] for number in base[start:stop]]
            if sum(map(size, items)) < _WORTH_A_RUN:
                return [*map(escaped, items)]
        return [{AS: run_text(start, stop, len(base))}]

    def _numbered(self, value: Any) -> Any:
        return self._distinct.numbers(value) if is_array(value) and not isinstance(value, Numbers) else value

    def _whole(self, value: Any) -> Any:
        return [self._distinct.items[number] for number in value] if type(value) is Numbers else value


def _only_object(values: Any) -> dict[str, Any] | None:
    """The object that a list consists of; None where it is no such list."""
    only: Any = values[0] if is_array(values) and len(values) == 1 else None
    return only if is_object(only) else None


def _same(one: Any, other: Any) -> bool:
    if type(one) is Numbers or type(other) is Numbers:
        return type(one) is type(other) and bool(one == other)
    return exactly_equal(one, other)


def _text(value: str, base: str) -> Any:
    if len(value) < _WORTH_A_TEXT or len(base) < _WORTH_A_TEXT:
        return value
    start = _common(value, base)
    end = _common(value[start:][::-1], base[start:][::-1])
    if start + end < _WORTH_A_TEXT:
        return value
    written: dict[str, Any] = {AS: run_text(0, start, len(base))}
    if start + end < len(value):
        written[THEN] = value[start : len(value) - end]
    if end:
        written[END] = run_text(len(base) - end, len(base), len(base))
    return written


def _common(one: Any, other: Any) -> int:
    """How many items or characters at the beginning are the same."""
    low, high = 0, min(len(one), len(other))
    if one[:high] == other[:high]:
        return high
    # Halving: comparing slices is so much faster than comparing items that it does not matter to do so repeatedly.
    while high - low > 1:
        half = (low + high) // 2
        if one[low:half] == other[low:half]:
            low = half
        else:
            high = half
    return low
