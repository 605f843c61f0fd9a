"""Equality that a file would agree with, and copies that share nothing that could be changed."""

from __future__ import annotations

from typing import Any, cast

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


def own_copy(value: Any) -> Any:
    """`value` in objects and lists of its own; texts and numbers, which nobody can change, are shared."""
    if is_object(value):
        return {name: own_copy(item) if type(item) in _CONTAINERS else item for name, item in value.items()}
    if is_array(value):
        return [own_copy(item) if type(item) in _CONTAINERS else item for item in value]
    return value


_CONTAINERS: frozenset[object] = frozenset({dict, list})
