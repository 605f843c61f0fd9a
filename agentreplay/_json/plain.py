"""Whether a value is plain JSON, found out without looking at each part of it in turn."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final, NamedTuple

_DEEPEST: Final = 64
_PLAIN: Final = frozenset({str, int, float, bool, type(None), dict, list})
_NUMBERS: Final = frozenset({int, float, bool})


class Plain(NamedTuple):
    """What a plain JSON value is made of: the names in its objects, and whether it has numbers or truth values."""

    names: frozenset[str]
    numbers: bool


def plain_json(*values: Any) -> Plain | None:
    """What `values` are made of; None where something in them is no plain JSON.

    Plain is what a JSON parser gives: the built-in types themselves, none derived from them, and names that are texts.
    Nested deeper than 64 levels it is not called plain.
    """
    names: set[str] = set()
    numbers = False
    level: list[Any] = list(values)
    for _ in range(_DEEPEST):
        # Whole levels at a time: a conversation has thousands of messages, and each step here is one loop in C.
        sorts = set(map(type, level))
        if not sorts <= _PLAIN:
            return None
        numbers = numbers or not sorts.isdisjoint(_NUMBERS)
        below: list[Any] = []
        if dict in sorts:
            objects: list[dict[Any, Any]] = level if len(sorts) == 1 else [each for each in level if type(each) is dict]
            names.update(*objects)
            below.extend(chain.from_iterable(map(dict[Any, Any].values, objects)))
        if list in sorts:
            arrays: list[list[Any]] = level if len(sorts) == 1 else [each for each in level if type(each) is list]
            below.extend(chain.from_iterable(arrays))
        if not below:
            return Plain(frozenset(names), numbers) if set(map(type, names)) <= {str} else None
        level = below
    return None
