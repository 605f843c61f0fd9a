"""Whether a value is plain JSON, found out without looking at each part of it in turn."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final, NamedTuple, cast

_DEEPEST: Final = 64
_PLAIN: Final = frozenset({str, int, float, bool, type(None), dict, list})
_NUMBERS: Final[frozenset[object]] = frozenset({int, float, bool})
_FEW: Final = 32
"""Up to how many values it is quicker to look at each of them than to look at all of one sort together."""


class Plain(NamedTuple):
    """What a plain JSON value is made of: the names in its objects, whether it has numbers or truth values, and the
    texts in it, where they were asked for.
    """

    names: frozenset[str]
    numbers: bool
    texts: list[str]


def plain_json(*values: Any, with_texts: bool = False) -> Plain | None:
    """What `values` are made of; None where something in them is no plain JSON.

    Plain is what a JSON parser gives: the built-in types themselves, none derived from them, and names that are texts.
    Nested deeper than 64 levels it is not called plain.
    """
    names: set[str] = set()
    texts: list[str] = []
    numbers = False
    level: list[Any] = list(values)
    for _ in range(_DEEPEST):
        below: list[Any] = []
        if len(level) <= _FEW:
            for value in level:
                sort = cast("object", type(value))
                if sort is str:
                    texts.append(value)
                elif sort is dict:
                    names.update(value)
                    below += value.values()
                elif sort is list:
                    below += value
                elif sort in _NUMBERS:
                    numbers = True
                elif value is not None:
                    return None
        else:
            # Whole levels at a time: a conversation has thousands of messages, and each step here is one loop in C.
            sorts = set(map(type, level))
            if not sorts <= _PLAIN:
                return None
            numbers = numbers or not sorts.isdisjoint(_NUMBERS)
            if with_texts and str in sorts:
                texts += level if len(sorts) == 1 else [each for each in level if type(each) is str]
            if dict in sorts:
                objects: list[dict[Any, Any]] = (
                    level if len(sorts) == 1 else [each for each in level if type(each) is dict]
                )
                names.update(*objects)
                below.extend(chain.from_iterable(map(dict[Any, Any].values, objects)))
            if list in sorts:
                arrays: list[list[Any]] = level if len(sorts) == 1 else [each for each in level if type(each) is list]
                below.extend(chain.from_iterable(arrays))
        if not below:
            return Plain(frozenset(names), numbers, texts) if set(map(type, names)) <= {str} else None
        level = below
    return None
