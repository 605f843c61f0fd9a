"""The classes that an annotation leads to: only these are made again, by whatever name a file calls them."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

_NOT_THE_PROGRAMS: Final = frozenset(
    {"builtins", "typing", "abc", "collections", "collections.abc", "enum", "pydantic.main", "datetime", "decimal"}
)
"""Modules whose classes are too general to say by them which others are meant."""


class NamedClasses:
    """The classes that `annotation` names, those of their fields, and the subclasses of all these, by name."""

    def __init__(self, annotation: Any) -> None:
        found: dict[type, None] = {}
        _collect(annotation, found, set())
        modules = {
            name: {kind.__module__ for kind in found if _short_name(kind) == name} for name in map(_short_name, found)
        }
        self._names = {
            kind: name if len(modules[name]) == 1 else f"{kind.__module__}.{name}"
            for kind, name in ((kind, _short_name(kind)) for kind in found)
        }
        # Of several that have all of it in common (a class that was defined again, or given slots), the newest.
        self._classes = {name: kind for kind, name in self._names.items()}

    def name_of(self, kind: type) -> str | None:
        """The name of a class, None of one that the annotation does not lead to."""
        return self._names.get(kind)

    def get(self, name: Any) -> type | None:
        """The class of this name, None where there is none."""
        return self._classes.get(name) if isinstance(name, str) else None

    def items(self) -> Iterable[tuple[str, type]]:
        """All of them, with their names."""
        return self._classes.items()


def _short_name(kind: type) -> str:
    return kind.__qualname__.rpartition("<locals>.")[2]


def _collect(annotation: Any, found: dict[type, None], seen: set[int]) -> None:
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    for part in _parts(annotation):
        _collect(part, found, seen)
    kind = typing.get_origin(annotation) or annotation
    if not isinstance(kind, type) or kind.__module__ in _NOT_THE_PROGRAMS or kind in found:
        return
    found[kind] = None
    for hint in _hints(kind):
        _collect(hint, found, seen)
    subclasses: list[type] = type.__subclasses__(kind)
    for subclass in subclasses:
        _collect(subclass, found, seen)


def _parts(annotation: Any) -> Iterator[Any]:
    """What an annotation is made of."""
    for argument in typing.get_args(annotation):
        # The values of a Literal may be members of an Enum.
        yield type(argument) if isinstance(argument, Enum) else argument
    for name in ("__supertype__", "__value__", "__bound__"):  # of a NewType, a type alias, a type variable
        if not isinstance(annotation, type) and getattr(annotation, name, None) is not None:
            yield getattr(annotation, name)
    yield from getattr(annotation, "__constraints__", ())


def _hints(kind: Any) -> Iterator[Any]:
    """The annotations of the fields of a class."""
    if issubclass(kind, BaseModel):
        yield from (field.annotation for field in kind.model_fields.values())
    elif dataclasses.is_dataclass(kind) or hasattr(kind, "__attrs_attrs__") or hasattr(kind, "__annotations__"):
        try:
            yield from typing.get_type_hints(kind).values()
        except (NameError, TypeError, AttributeError):
            # A name that only a type checker knows, or one of a function that has returned.
            fields: Any = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
            yield from (field.type for field in fields if not isinstance(field.type, str))


def item_of_stream(annotation: Any) -> tuple[Any, Any] | None:
    """What an iterator of this annotation yields, and what it returns at its end; None where it is no iterator's."""
    origin = typing.get_origin(annotation) or annotation
    if not isinstance(origin, type) or origin.__name__ not in _ITERATORS or origin.__module__ != "collections.abc":
        return None
    arguments = typing.get_args(annotation)
    returned = arguments[2] if origin.__name__ == "Generator" and len(arguments) > 2 else Any
    return (arguments[0] if arguments else Any), returned


_ITERATORS: Final = {"Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"}


def awaited(annotation: Any) -> Any:
    """What awaiting gives, of the annotation of something to be awaited; the annotation itself of anything else."""
    origin = typing.get_origin(annotation)
    if isinstance(origin, type) and origin.__name__ in {"Awaitable", "Coroutine", "Future", "Task"}:
        return (typing.get_args(annotation) or (Any,))[-1]
    return annotation
