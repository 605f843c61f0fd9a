"""The structure of JSON values: which members they have, of which types. Values do not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from agentreplay._json.reading import Object, as_list, as_object, objects

_FREE_FORM: Final = frozenset({"arguments", "input", "input_schema", "metadata", "parameters", "properties", "schema"})
"""Members whose inner structure the program chose, or the model: other checks look at them."""


@dataclass(frozen=True)
class ShapeChange:
    """One place where a structure is another one. `recorded` and `now` name types; None where nothing stands."""

    path: str
    recorded: str | None
    now: str | None

    @property
    def breaks(self) -> bool:
        """Whether a program that read the recorded structure may fail on this one: all but additions."""
        return self.recorded is not None

    def __str__(self) -> str:
        if self.recorded is None:
            return f"{self.path} is new ({self.now})"
        if self.now is None:
            return f"{self.path} is gone (was {self.recorded})"
        return f"{self.path} was {self.recorded}, is {self.now}"


def shape_changes(recorded: Any, now: Any, path: str = "") -> list[ShapeChange]:
    """How the structure of `now` differs from that of `recorded`.

    A null stands for any type. The objects of an array are compared as one, apart by their `type` where they name it;
    how many there are does not count, nor which of these types occur.
    """
    return list(_changes([recorded], [now], path))


def _changes(recorded: list[Any], now: list[Any], path: str) -> Iterator[ShapeChange]:
    was, is_ = _types(recorded), _types(now)
    if not was or not is_:
        return
    if not is_ <= was:
        yield ShapeChange(path or "the answer", " or ".join(sorted(was)), " or ".join(sorted(is_)))
        return
    yield from _member_changes(objects(recorded), objects(now), path)
    groups = _by_type(recorded), _by_type(now)
    for type_ in groups[0].keys() & groups[1].keys():
        label = f"{path}[{type_ or '*'}]"
        yield from _changes(groups[0][type_], groups[1][type_], label)


def _member_changes(recorded: list[Object], now: list[Object], path: str) -> Iterator[ShapeChange]:
    if not recorded or not now:
        return
    names = dict.fromkeys(name for item in (*recorded, *now) for name in item)
    for name in names:
        inner = f"{path}.{name}" if path else name
        was = [item[name] for item in recorded if item.get(name) is not None]
        is_ = [item[name] for item in now if item.get(name) is not None]
        if len(was) == len(recorded) and not any(name in item for item in now):
            yield ShapeChange(inner, " or ".join(sorted(_types(was))), None)
        elif is_ and not any(name in item for item in recorded):
            yield ShapeChange(inner, None, " or ".join(sorted(_types(is_))))
        elif name not in _FREE_FORM:
            yield from _changes(was, is_, inner)


def _by_type(values: list[Any]) -> dict[str, list[Any]]:
    """The items of the arrays among `values`, by the `type` that objects name themselves."""
    groups: dict[str, list[Any]] = {}
    for item in (item for value in values for item in as_list(value)):
        type_ = as_object(item).get("type")
        groups.setdefault(type_ if isinstance(type_, str) else "", []).append(item)
    return groups


def _types(values: list[Any]) -> set[str]:
    return {_type(value) for value in values if value is not None}


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "array" if isinstance(value, list) else "object"
