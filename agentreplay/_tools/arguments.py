"""The arguments of a call as they are recorded: by name, defaults filled in, as JSON that people can read."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Set
from datetime import date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, cast

from pydantic_core import PydanticSerializationError, to_jsonable_python

from agentreplay._errors import ConfigurationError
from agentreplay._errors.tools import ToolValueError
from agentreplay._tools.objects import JsonFunction, encoded_by, fields_of
from agentreplay._tools.types import TEXTS, class_of
from agentreplay._tools.values import MOST_LEVELS, TOO_DEEP, Encode, Unrecordable, encoded, is_tag, order


class ToolArguments:
    """How the arguments of one tool are recorded.

    `function` is what is called, `ignore` the arguments that are left out, `encode` the user's for values that nothing
    else can write.

    Raises:
        ConfigurationError: `ignore` names an argument that the tool does not have.
    """

    def __init__(self, tool: str, function: Any, ignore: Collection[str], encode: JsonFunction | None) -> None:
        self._tool = tool
        self._ignore = frozenset(ignore)
        self._encode = encode
        self._signature = _signature(function)
        self._is_bound = hasattr(function, "__self__")
        self._refuse_unknown()

    def _refuse_unknown(self) -> None:
        if self._signature is None:
            return
        names = self._signature.parameters
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in names.values()):
            return
        for name in sorted(self._ignore - names.keys()):
            raise ConfigurationError.unknown_choice(f"ignore of the tool {self._tool!r}", name, names)

    def body(self, instance: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of one call, by name; `instance` is what the method is bound to, and left out.

        Raises:
            ToolValueError: one of them cannot be recorded.
            TypeError: they are not those of the tool.
        """
        body: dict[str, Any] = {}
        shown = _Shown(self._encode)
        for name, value, default in self._bound(instance, args, kwargs):
            try:
                body[name] = shown.whole(value, name)
            except Unrecordable as error:  # noqa: PERF203 (the error is to name the argument)
                # A default is the code's own, and no value that was given to it.
                if value is not default:
                    found = ToolValueError.in_argument(self._tool, name, error.place, error.found, error.why)
                    raise found from error.__cause__
        return body

    def _bound(self, instance: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
        """Name, value and default of each argument that counts."""
        if self._signature is None:
            given = {"args": list(args), "kwargs": dict(kwargs)}
            return [(name, value, inspect.Parameter.empty) for name, value in given.items() if value]
        skipped = instance is not None and not self._is_bound
        try:
            bound = self._signature.bind(*((instance, *args) if skipped else args), **kwargs)
        except TypeError as error:
            raise TypeError(f"{self._tool}() {error}") from None
        bound.apply_defaults()
        found: list[tuple[str, Any, Any]] = []
        for number, (name, value) in enumerate(bound.arguments.items()):
            if (skipped and number == 0) or name in self._ignore:
                continue
            parameter = self._signature.parameters[name]
            counts = value
            if parameter.kind is parameter.VAR_KEYWORD:
                counts = {key: item for key, item in value.items() if key not in self._ignore}
            if counts or parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
                found.append((name, counts, parameter.default))
        return found


def _signature(function: Any) -> inspect.Signature | None:
    """The signature of what is called, None where it does not tell (some functions written in C)."""
    if isinstance(function, (classmethod, staticmethod)):
        function = cast("Any", function).__func__
    try:
        return inspect.signature(function)
    except ValueError:
        return None


class _Shown:
    """Values as people read them: nothing needs to be made of them again, so most need no tag."""

    def __init__(self, encode: JsonFunction | None) -> None:
        self._encode = encode
        self._levels = 0

    def whole(self, value: Any, place: str) -> Any:
        """The JSON of an argument; raises Unrecordable."""
        try:
            return self.encode(value, place)
        except RecursionError:
            raise Unrecordable(place, class_of(value), TOO_DEEP) from None

    def encode(self, value: Any, place: str) -> Any:
        kind = class_of(value)
        if kind in {str, int, bool} or value is None:
            return value
        if self._levels >= MOST_LEVELS:
            raise Unrecordable(place, kind, TOO_DEEP)
        self._levels += 1
        try:
            return self._shown(value, place)
        finally:
            self._levels -= 1

    def _shown(self, value: Any, place: str) -> Any:
        if isinstance(value, Enum):
            return self.encode(value.value, place)
        fields = fields_of(value)
        if fields is not None:
            return {name: self.encode(item, f"{place}.{name}") for name, item in fields.items()}
        if isinstance(value, Mapping):
            return self._members(cast("Any", value), place)
        if isinstance(value, Set):
            items = [self.encode(item, f"an item of {place}") for item in cast("Any", value)]
            return sorted(items, key=order)
        if isinstance(value, (list, tuple, deque)):
            return [self.encode(item, f"{place}[{number}]") for number, item in enumerate(cast("list[Any]", value))]
        if isinstance(value, (date, datetime, time)):
            return value.isoformat()
        if isinstance(value, (PurePath, *_TEXT_TYPES)):
            return str(value)
        for kind, plain in _PLAIN:
            if isinstance(value, kind):
                return encoded(plain(value), self, place)
        return encoded(value, self, place)

    def _members(self, value: Mapping[Any, Any], place: str) -> Any:
        if all(isinstance(name, str) for name in value) and not is_tag(cast("dict[str, Any]", value)):
            return {str(name): self.encode(item, f"{place}[{name!r}]") for name, item in value.items()}
        pairs = [[self.encode(name, place), self.encode(item, f"{place}[{name!r}]")] for name, item in value.items()]
        return {"$dict": pairs}

    def encoded(self, value: Any, place: str, encode: Encode) -> Any:  # noqa: ARG002 (as the protocol has it)
        """What is written of an object that nothing else here knows."""
        kind = class_of(value)
        why = "which is code" if callable(value) else "which can be read only once"
        if not callable(value) and not isinstance(value, (Iterator, AsyncIterator)):
            try:
                return to_jsonable_python(value)
            except (PydanticSerializationError, ValueError):
                why = "of which no JSON can be made"
        if self._encode is not None:
            return encoded_by(self._encode, value, place)
        raise Unrecordable(place, kind, why)

    def decoded(self, tag: str, data: dict[str, Any], place: str, decode: Encode) -> Any:
        """Arguments are never made again."""
        raise NotImplementedError


_TEXT_TYPES: Final = cast("tuple[type, ...]", tuple(TEXTS.values()))
_PLAIN: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = ((str, str.__str__), (int, int), (float, float))
