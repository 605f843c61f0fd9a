"""Names of tools: what one is called, and that no two in use share a name."""

from __future__ import annotations

import functools
import inspect
import os
import threading
import weakref
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Final, cast

from agentreplay._active import Scope
from agentreplay._errors import ConfigurationError

_LAMBDA: Final = "<lambda>"


@dataclass(frozen=True)
class Place:
    """Where a tool comes from: the module and name of its function, and the file and line of that, if it has one.

    `changed` is when the file was last written (nanoseconds), None where there is no such file: a cell of a notebook.
    """

    module: str
    qualname: str
    file: str | None = None
    line: int | None = None
    changed: int | None = None

    def __str__(self) -> str:
        where = f" ({self.file}:{self.line})" if self.file else ""
        return f"{self.module}.{self.qualname}{where}"

    def is_again(self, other: Place) -> bool:
        """Whether `other` is the same function: imported again, run again in a notebook, made again by a factory."""
        if (self.module, self.qualname) != (other.module, other.qualname):
            return False
        if _LAMBDA not in self.qualname or self.line == other.line:
            return True
        # All lambdas have one name: they are the same only if their file was edited meanwhile.
        return self.file != other.file or self.changed is None or self.changed != other.changed

    def is_beside(self, other: Place) -> bool:
        """Whether both stand in one module, and there in the same function or both outside of all."""
        inner, others = (place.qualname.rpartition("<locals>.")[0] for place in (self, other))
        return (self.module, inner) == (other.module, others)


def underlying(function: Any) -> Any:
    """The plain function, where there is one inside: of a class method, a static method, a partial, an object."""
    while True:
        if isinstance(function, (classmethod, staticmethod)):
            function = cast("Any", function).__func__
        elif isinstance(function, functools.partial):
            function = cast("Any", function).func
        elif inspect.ismethod(function):
            function = function.__func__
        else:
            return function


def place_of(function: Any) -> Place:
    """Where `function`, or the class of a callable object, was written."""
    found: Any = underlying(function)
    if not hasattr(found, "__qualname__"):
        found = cast("Any", type(found))
    code: Any = getattr(inspect.unwrap(found), "__code__", None)
    if code is None:
        return Place(str(found.__module__), found.__qualname__)
    try:
        changed = os.stat(code.co_filename).st_mtime_ns
    except OSError:
        changed = None
    return Place(str(found.__module__), found.__qualname__, code.co_filename, code.co_firstlineno, changed)


def name_of(place: Place) -> str:
    """The name of a tool that was given none: that of its function, with its class if it has one.

    Raises:
        ConfigurationError: a lambda, which has no name.
    """
    name = place.qualname.rpartition("<locals>.")[2]
    if _LAMBDA in name:
        raise ConfigurationError(f"{place} is a lambda, which has no name to record it by: give the tool one, name=.")
    return name


class _Names:
    """The tools of this process, and those that were called in each session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, tuple[Place, weakref.ref[Any]]] = {}
        self._called: MutableMapping[Scope, dict[str, Place]] = weakref.WeakKeyDictionary()

    def add(self, name: str, place: Place, tool: Any) -> None:
        with self._lock:
            known = self._made.get(name)
            if known is not None and known[1]() is not None and not _may_share(known[0], place):
                raise _twice(name, known[0], place)
            self._made[name] = (place, weakref.ref(tool))

    def use(self, scope: Scope, name: str, place: Place) -> None:
        with self._lock:
            known = self._called.setdefault(scope, {}).setdefault(name, place)
        if known is not place and not known.is_again(place):
            error = _twice(name, known, place)
            scope.engine.refuse(error)
            raise error


def _may_share(one: Place, other: Place) -> bool:
    # Those of different modules and functions are seldom meant for one session; if they are, that is seen there.
    return one.is_again(other) or not one.is_beside(other)


def _twice(name: str, first: Place, second: Place) -> ConfigurationError:
    return ConfigurationError(
        f"two tools are called {name!r}: {first} and {second}. Their recordings could not be told apart; give one of "
        "them another name, name=."
    )


_names: Final = _Names()


def add_name(name: str, place: Place, tool: Any) -> None:
    """Note that `tool` is called so, as long as it lives.

    Raises:
        ConfigurationError: another one is.
    """
    _names.add(name, place, tool)


def use_name(scope: Scope, name: str, place: Place) -> None:
    """Note that the tool of this name is called in the session `scope`.

    Raises:
        ConfigurationError: another one of this name was called there.
    """
    _names.use(scope, name, place)
