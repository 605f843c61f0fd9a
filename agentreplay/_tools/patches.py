"""Methods and functions that are not the program's own as tools, put back exactly."""

from __future__ import annotations

import inspect
from types import TracebackType
from typing import Any

from agentreplay._errors import ConfigurationError
from agentreplay._patching import OnePatch
from agentreplay._tools.callables import BoundToolObject, ToolObject, ToolWrapper, refuse_uncallable
from agentreplay._tools.function import ToolFunction, ToolOptions
from agentreplay._tools.names import Place, place_of


class WrappedMethod:
    """What `wrap()` did, to be undone.

    Attributes:
        name: what calls are recorded under.
    """

    def __init__(self, owner: Any, method: str, name: str | None, options: ToolOptions) -> None:
        label = (
            owner.__name__
            if inspect.ismodule(owner)
            else (owner if inspect.isclass(owner) else type(owner)).__qualname__
        )
        self.name = name or f"{label.rpartition('<locals>.')[2]}.{method}"
        self._label = f"wrap({label}, {method!r})"
        try:
            # As the class has it: bound to nothing, a class method or static method still known as such.
            shared = inspect.isclass(owner) or inspect.ismodule(owner)
            found = inspect.getattr_static(owner, method) if shared else getattr(owner, method)
        except AttributeError:
            near = [each for each in dir(owner) if not each.startswith("_")]
            raise ConfigurationError.unknown_choice("method", method, near) from None
        known: Any = found._self_parent if isinstance(found, BoundToolObject) else found
        if isinstance(known, ToolObject) and not _is_inert(known):
            raise ConfigurationError(
                f"{self._label}: it is a tool already, called {known._self_tool.name!r}. Undo that first, or leave it."
            )
        refuse_uncallable(found, self._label)
        function = ToolFunction(found, self.name, _place(found, self._label), options)
        try:
            self._patch = OnePatch(owner, method, ToolWrapper(function), ToolObject)
        except (TypeError, AttributeError, ValueError) as error:
            raise ConfigurationError(
                f"{self._label}: this {type(owner).__name__} takes no attribute ({error}). Wrap its class instead."
            ) from error

    @property
    def undone(self) -> bool:
        """Whether the owner is as it was before."""
        return not self._patch.in_force

    def undo(self) -> None:
        """Put back what was there; what somebody wrapped on top of it stays, and passes calls on."""
        self._patch.undo()

    def __enter__(self) -> WrappedMethod:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.undo()

    def __repr__(self) -> str:
        return f"<agentreplay {self._label}, {'undone' if self.undone else 'in force'}>"


def _place(function: Any, label: str) -> Place:
    found = place_of(function)
    return Place(found.module, label, found.file, found.line, found.changed)


def _is_inert(found: Any) -> bool:
    enabled = getattr(found, "_self_enabled", None)
    return callable(enabled) and not enabled()
