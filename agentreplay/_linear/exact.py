"""Equality that a file would agree with, and copies that share nothing that could be changed."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final, cast

from agentreplay._json.values import is_array, is_object


def exactly_equal(one: Any, other: Any) -> bool:
    """Whether two values are written as the same JSON text: `1`, `1.0` and `True` differ, and so does another order.

    Values that are not plain JSON are equal to themselves alone.
    """
    if one is other:
        return True
    sort = cast("object", type(one))
    if sort is not type(other):
        return False
    if sort is dict:
        return len(one) == len(other) and all(
            (name is name_2 or (type(name) is type(name_2) and name == name_2))
            and (value is value_2 or exactly_equal(value, value_2))
            for (name, value), (name_2, value_2) in zip(one.items(), other.items(), strict=True)
        )
    if sort is list:
        return len(one) == len(other) and all(map(exactly_equal, one, other))
    if sort is float:
        # Zero has a sign, which equality does not see.
        return bool(one == other) and (one != 0.0 or str(one) == str(other))
    return sort in _PLAIN and bool(one == other)


_PLAIN: frozenset[object] = frozenset({str, int, bool})


def count_alike(ones: list[Any], others: list[Any]) -> int:
    """How many items at the beginning of two lists are exactly equal, or fewer where it would take long to tell.

    Looking at each item in turn would take several times as long: a conversation has thousands of messages.
    """
    low, high = 0, min(len(ones), len(others)) + 1
    try:
        if ones[: high - 1] == others[: high - 1]:
            low = high - 1
        while high - low > 1:
            half = (low + high) // 2
            if ones[low:half] == others[low:half]:
                low = half
            else:
                high = half
    except Exception:  # noqa: BLE001 (what is no plain JSON may refuse to be compared)
        return 0
    return low if _exactly_alike(ones[:low], others[:low]) else 0


_DEEPEST: Final = 64
_LEAVES: Final[frozenset[object]] = frozenset({str, int, bool, float, type(None)})


def _exactly_alike(ones: list[Any], others: list[Any]) -> bool:
    """Whether lists that Python calls equal are so to a file as well; not where that is nested too deep to tell."""
    for _ in range(_DEEPEST):
        # Whole levels at a time: each step here is one loop in C.
        sorts = [*map(type, ones)]
        there = frozenset(sorts)
        if not there <= _ALL or sorts != [*map(type, others)]:
            return False
        if float in there and _floats(ones) != _floats(others):
            return False
        if there <= _LEAVES:
            return True
        objects = [_picked(values, dict, there) for values in (ones, others)]
        lists = [_picked(values, list, there) for values in (ones, others)]
        names, other_names = ([*chain.from_iterable(each)] for each in objects)
        if names != other_names or not {str}.issuperset(map(type, names)):
            return False
        ones, others = (
            [*chain.from_iterable(map(dict[str, Any].values, within)), *chain.from_iterable(items)]
            for within, items in zip(objects, lists, strict=True)
        )
    return False


def _floats(values: list[Any]) -> list[str]:
    return [str(each) for each in values if type(each) is float]


def _picked(values: list[Any], sort: type, there: frozenset[object]) -> list[Any]:
    """The values of this type among `values`, which are of the types that are `there`."""
    if sort not in there:
        return []
    return values if len(there) == 1 else [each for each in values if type(each) is sort]


def own_copy(value: Any) -> Any:
    """`value` in objects and lists of its own; texts and numbers, which nobody can change, are shared."""
    if is_object(value):
        return {name: own_copy(item) if type(item) in _CONTAINERS else item for name, item in value.items()}
    if is_array(value):
        return [own_copy(item) if type(item) in _CONTAINERS else item for item in value]
    return value


_CONTAINERS: frozenset[object] = frozenset({dict, list})
_ALL: Final = _LEAVES | _CONTAINERS
