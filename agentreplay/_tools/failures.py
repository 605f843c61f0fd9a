"""Exceptions of tools, as they are recorded and as they come back."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Final, Union

from agentreplay._cassette import RecordedError
from agentreplay._errors.tools import RecordedToolError
from agentreplay._tools.classes import NamedClasses
from agentreplay._tools.objects import Rebuildable
from agentreplay._tools.values import Unreadable, Unrecordable, decoded, encoded

_PLAIN: Final = Rebuildable(Any, None, None)

_BUILTINS: Final[Mapping[str, type[Exception]]] = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception) and value.__name__ == name
}


class Failures:
    """The exceptions of one tool: builtin ones, and those registered by `raises=` with their subclasses, come back.

    They are made again without running any code of the program's own classes.
    """

    def __init__(self, tool: str, raises: tuple[type[Exception], ...]) -> None:
        self._tool = tool
        self._raises = raises

    def written(self, error: Exception) -> RecordedError:
        """What to write of `error`: the name of its class, its text, and what it is made of where that is JSON."""
        if isinstance(error, RecordedToolError):
            return RecordedError(type=error.name, message=error.text)
        kind = type(error)
        name = self._name_of(kind)
        recorded = RecordedError(type=name or kind.__qualname__.rpartition("<locals>.")[2], message=_text(error))
        if name is None:
            return recorded
        args, state = _made_of(error)
        try:
            recorded.args = [encoded(item, _PLAIN, "args") for item in args]
        except Unrecordable:
            return recorded
        recorded.state = _recordable(state) or None
        return recorded

    def restored(self, recorded: RecordedError) -> Exception:
        """The exception that was recorded; a RecordedToolError in its place, where its class is not known here."""
        kind = self._class_of(recorded.type)
        if kind is not None and recorded.args is not None:
            try:
                args = [decoded(item, _PLAIN, "args") for item in recorded.args]
                state = {name: decoded(item, _PLAIN, name) for name, item in (recorded.state or {}).items()}
                return _made(kind, args, state)
            except (Unreadable, TypeError, ValueError):
                pass
        return RecordedToolError(self._tool, recorded.type, recorded.message)

    def _registered(self) -> NamedClasses:
        # Anew each time: a subclass may be defined later.
        return NamedClasses(Union[self._raises] if self._raises else Any)  # noqa: UP007 (a tuple of any length)

    def _name_of(self, kind: type[Exception]) -> str | None:
        if _BUILTINS.get(kind.__name__) is kind:
            return kind.__name__
        name = self._registered().name_of(kind)
        return f"{kind.__module__}.{name}" if name in _BUILTINS else name

    def _class_of(self, name: str) -> Any:
        found = _BUILTINS.get(name) or self._registered().get(name)
        module, _, short = name.rpartition(".")
        if found is None and short in _BUILTINS:
            found = self._registered().get(short)
            return found if found is not None and found.__module__ == module else None
        return found


def _text(error: Exception) -> str:
    try:
        return str(error)
    except Exception as fault:  # noqa: BLE001 (it is the program's own)
        return f"<no text: {type(fault).__name__}>"


def _made_of(error: Exception) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """The arguments of an exception, and its attributes."""
    reduced: Any = error.__reduce__() if type(error).__reduce__ in _BUILTIN_REDUCES else None
    if isinstance(reduced, tuple) and reduced[0] is type(error):
        return reduced[1], reduced[2] if len(reduced) > 2 and reduced[2] else {}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return error.args, vars(error)


_BUILTIN_REDUCES: Final = [
    vars(kind)["__reduce__"] for kind in (BaseException, *_BUILTINS.values()) if "__reduce__" in vars(kind)
]


def _recordable(state: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that can be written. The others (connections, responses) are not what an exception says."""
    found: dict[str, Any] = {}
    for name, value in state.items():
        try:
            found[name] = encoded(value, _PLAIN, name)
        except Unrecordable:  # noqa: PERF203 (each of them alone)
            continue
    return found


def _made(kind: type[Exception], args: list[Any], state: dict[str, Any]) -> Exception:
    error = kind.__new__(kind, *args)
    base: Any = next(each for each in kind.__mro__ if each.__module__ == "builtins")
    base.__init__(error, *args)
    if state:
        error.__setstate__(state)
    return error
