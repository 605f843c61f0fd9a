"""Wrapping methods of classes that are not ours, and undoing it exactly."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterable, Mapping
from functools import partial
from types import ModuleType
from typing import Any, Final, cast

import wrapt

from agentreplay._guard import Wrapper, for_sessions, guarded

__all__ = ["OnePatch", "Patches", "Wrapper"]

_MISSING: Final = object()


def _own(owner: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", vars(owner))


class OnePatch:
    """One wrapped attribute of one class, module or object; `wrapper_class` is what it is wrapped in.

    Where one of `when` must be true for the wrapper to have anything to do, it is not called while none is; they are
    asked at each call, so that a bound method which somebody kept knows as well.

    Raises:
        AttributeError: there is no such attribute.
        TypeError: the owner takes no attributes.
    """

    def __init__(
        self,
        owner: Any,
        name: str,
        wrapper: Wrapper,
        wrapper_class: type[Any] = wrapt.FunctionWrapper,
        when: Iterable[object] = (),
    ) -> None:
        self._owner = owner
        self._name = name
        # Empty once undone. Whether the wrapper counts is asked of the list itself, so that no function of ours, which
        # might fail and costs more than all else here, stands between an app and the method.
        self._force: list[object] = list(when) or [self]
        # What the class itself holds, not what it inherits: only that may be put back.
        self._before: Any = _own(owner).get(name, _MISSING)
        # What an object is given does not bind to it, so it gets what is bound already.
        is_shared = isinstance(owner, (type, ModuleType))
        found = inspect.getattr_static(owner, name) if is_shared else getattr(owner, name)
        self._ours = wrapper_class(found, wrapper, enabled=partial(any, self._force))
        setattr(owner, name, self._ours)

    @property
    def in_force(self) -> bool:
        """Whether it has not been undone."""
        return bool(self._force)

    def undo(self) -> None:
        """Leave the owner as it was before; where somebody wrapped on top, theirs stays and ours goes inert."""
        # Bound methods that somebody kept, and wrappers laid over ours, still reach our wrapper: it lets them through.
        self._force.clear()
        if _own(self._owner).get(self._name) is not self._ours:
            return
        if self._before is _MISSING:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._before)


class Patches:
    """A set of wrapped attributes that is undone as a whole."""

    def __init__(self) -> None:
        self._patches: list[OnePatch] = []
        self._lock = threading.Lock()

    def wrap(
        self,
        owner: Any,
        name: str,
        wrapper: Wrapper,
        *,
        in_apps: bool = False,
        wrapper_class: type[Any] = wrapt.FunctionWrapper,
        when: Iterable[object] = (),
    ) -> None:
        """Wrap the attribute `name` of the class or module `owner`, in a `wrapper_class`.

        While an app is being recorded and no session is open, the wrapper is called with `in_apps` only; then what
        fails in it is kept from the app. With `when` it is called only while one of these is true.

        Raises:
            AttributeError: `owner` has no such attribute; a supported version of an SDK always has it.
        """
        with self._lock:
            guard = guarded if in_apps else for_sessions
            self._patches.append(OnePatch(owner, name, guard(wrapper), wrapper_class, when))

    def undo(self) -> None:
        """Leave every owner as it was before; where somebody wrapped on top of us, theirs stays and ours goes inert."""
        with self._lock:
            while self._patches:
                self._patches.pop().undo()
