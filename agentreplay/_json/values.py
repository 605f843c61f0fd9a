"""What a JSON value is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeGuard


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, list)


def children(value: Any) -> Iterator[tuple[str | int, Any]]:
    """The members of an object by name, the items of an array by place; none of anything else."""
    if is_object(value):
        yield from value.items()
    elif is_array(value):
        yield from enumerate(value)


def with_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of `value` in which each text, number, truth value and null is what `change` gives for it.

    Members are visited in the order of their names, so that equal values are changed alike even if `change`
    counts.
    """
    if is_object(value):
        return {name: with_leaves(value[name], change) for name in sorted(value)}
    if is_array(value):
        return [with_leaves(item, change) for item in value]
    return change(value)


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: `1` and `1.0` are, `1` and `true` are not."""
    if is_object(one):
        return (
            is_object(other) and one.keys() == other.keys() and all(same_json(one[name], other[name]) for name in one)
        )
    if is_array(one):
        return is_array(other) and len(one) == len(other) and all(map(same_json, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
