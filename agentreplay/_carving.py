"""What paths lead to in a body: taken out, kept alone, or only looked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from agentreplay._json.values import children, is_array, is_object
from agentreplay._paths import BodyPath, Every, Index, Name, Selector, Step, Where

_Tails: TypeAlias = Sequence[tuple[Step, ...]]
"""For each path that is still open at a value, the steps that are left of it."""


class _Advance(NamedTuple):
    """What is left of some paths after a step to a child: which still go on, and whether one has arrived."""

    tails: _Tails
    arrived: bool

    @classmethod
    def to(cls, tails: _Tails, key: str | int, child: Any, total: int) -> _Advance:
        onward: list[tuple[Step, ...]] = []
        arrived = False
        for tail in tails:
            step = tail[0]
            if step.anywhere:
                onward.append(tail)
            if _chooses(step.selector, key, child, total):
                if len(tail) == 1:
                    arrived = True
                else:
                    onward.append(tail[1:])
        return cls(onward, arrived)


def _chooses(selector: Selector, key: str | int, child: Any, total: int) -> bool:
    match selector:
        case Name(name):
            return key == name
        case Index(index):
            return isinstance(key, int) and key == (index if index >= 0 else total + index)
        case Every():
            return True
        case Where(field, text):
            return is_object(child) and child.get(field) == text


class _Gone:
    """Stands for a value that was taken out."""


_GONE: Final = _Gone()


def without(document: dict[str, Any], paths: Iterable[BodyPath], *, hole: Any = _GONE) -> dict[str, Any]:
    """A copy of `document` with all that `paths` lead to taken out, or replaced by `hole` where one is given.

    An object whose members were all named by `*` is taken out whole once it is empty, so that `metadata.*` makes no
    difference between an empty `metadata` and none. What is untouched is shared with `document`, not copied.
    """
    tails = [path.steps for path in paths]
    result = _carved(document, tails, hole) if tails else document
    return {} if result is _GONE else result


def _carved(value: Any, tails: _Tails, hole: Any) -> Any:
    if is_object(value):
        carved = {name: _carved_child(name, child, 0, tails, hole) for name, child in value.items()}
        members = {name: child for name, child in carved.items() if child is not _GONE}
        emptied = any(len(tail) == 1 and isinstance(tail[0].selector, Every) for tail in tails)
        return hole if emptied and (not members or hole is not _GONE) else members
    if is_array(value):
        items = [_carved_child(place, child, len(value), tails, hole) for place, child in enumerate(value)]
        return [item for item in items if item is not _GONE]
    return value


def _carved_child(key: str | int, child: Any, total: int, tails: _Tails, hole: Any) -> Any:
    after = _Advance.to(tails, key, child, total)
    if after.arrived:
        return hole
    return _carved(child, after.tails, hole) if after.tails else child


def only(document: dict[str, Any], paths: Iterable[BodyPath]) -> dict[str, Any]:
    """What `paths` lead to in `document`, within the objects and lists that it stands in."""
    result = _kept(document, [path.steps for path in paths])
    return {} if result is _GONE else result


def _kept(value: Any, tails: _Tails) -> Any:
    result: Any = None
    if is_object(value):
        members = {name: _kept_child(name, child, 0, tails) for name, child in value.items()}
        result = {name: child for name, child in members.items() if child is not _GONE}
    elif is_array(value):
        items = [_kept_child(place, child, len(value), tails) for place, child in enumerate(value)]
        result = [item for item in items if item is not _GONE]
    return result or _GONE


def _kept_child(key: str | int, child: Any, total: int, tails: _Tails) -> Any:
    after = _Advance.to(tails, key, child, total)
    if after.arrived:
        return child
    return _kept(child, after.tails) if after.tails else _GONE


def leads_anywhere(path: BodyPath, document: Any) -> bool:
    """Whether `path` leads to anything in `document`."""
    return _found(document, (path.steps,))


def _found(value: Any, tails: _Tails) -> bool:
    total = len(value) if is_array(value) else 0
    for key, child in children(value):
        after = _Advance.to(tails, key, child, total)
        if after.arrived or (after.tails and _found(child, after.tails)):
            return True
    return False
