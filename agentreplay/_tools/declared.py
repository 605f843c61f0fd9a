"""Functions of the program itself as tools: recorded and replayed like the calls of a model."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import FrameType
from typing import Any, TypeVar, overload

from agentreplay._errors import ConfigurationError
from agentreplay._tools.annotations import caller
from agentreplay._tools.callables import ToolObject, ToolWrapper, refuse_uncallable
from agentreplay._tools.function import ToolFunction, ToolOptions, ToolPolicy
from agentreplay._tools.names import add_name, name_of, place_of
from agentreplay._tools.objects import JsonFunction
from agentreplay._tools.patches import WrappedMethod

F = TypeVar("F")


@overload
def tool(
    function: None = None,
    /,
    *,
    name: str | None = None,
    kind: str = "tool",
    policy: ToolPolicy = "replay",
    ignore: str | Collection[str] = (),
    encode: JsonFunction | None = None,
    decode: JsonFunction | None = None,
    raises: type[Exception] | Collection[type[Exception]] = (),
    returns: Any = None,
) -> Callable[[F], F]: ...


@overload
def tool(
    function: F,
    /,
    *,
    name: str | None = None,
    kind: str = "tool",
    policy: ToolPolicy = "replay",
    ignore: str | Collection[str] = (),
    encode: JsonFunction | None = None,
    decode: JsonFunction | None = None,
    raises: type[Exception] | Collection[type[Exception]] = (),
    returns: Any = None,
) -> F: ...


def tool(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    kind: str = "tool",
    policy: ToolPolicy = "replay",
    ignore: str | Collection[str] = (),
    encode: JsonFunction | None = None,
    decode: JsonFunction | None = None,
    raises: type[Exception] | Collection[type[Exception]] = (),
    returns: Any = None,
) -> Any:
    """Record the calls of a function inside a session, and replay them. Outside of sessions it is as it was.

    Decorates functions, coroutine functions, generator functions, methods, class methods and static methods, and takes
    any other callable. Signature, annotations, docstring and kind of function stay as they are.

    Args:
        function: what to record; without it, a decorator is given.
        name: what its calls are recorded under; by default the function's name, with its class if it has one.
        kind: the kind of call in the recording.
        policy: what a session does with a call, see `ToolPolicy`.
        ignore: arguments that neither decide which recording answers nor are written.
        encode: makes JSON of an argument, a result or a part of them that nothing else can write.
        decode: makes the value of the JSON again.
        raises: classes of exceptions that come back as themselves, and their subclasses; builtin ones always do. Others
            come back as `RecordedToolError`.
        returns: what it returns, where its annotation does not say it.

    Raises:
        ConfigurationError: an option that cannot be meant, or another tool has this name.
    """
    options = _options(kind, policy, ignore, encode, decode, raises, returns)
    if function is None:

        def decorate(decorated: Any) -> Any:
            return _made(decorated, name, options, caller())

        return decorate
    return _made(function, name, options, caller())


def wrap(
    owner: Any,
    method: str,
    *,
    name: str | None = None,
    kind: str = "tool",
    policy: ToolPolicy = "replay",
    ignore: str | Collection[str] = (),
    encode: JsonFunction | None = None,
    decode: JsonFunction | None = None,
    raises: type[Exception] | Collection[type[Exception]] = (),
    returns: Any = None,
) -> WrappedMethod:
    """Make a tool of a method or function that is not the program's own: of a class, a module or one object.

    The options are those of `tool()`; the name is by default that of the owner and the method. What is given undoes it
    by `undo()`, or at the end of a `with` block.

    Raises:
        ConfigurationError: there is no such method, the owner takes no attributes, it is wrapped already, or an option
            cannot be meant.
    """
    options = _options(kind, policy, ignore, encode, decode, raises, returns)
    return WrappedMethod(owner, method, name, options)


def _options(
    kind: str,
    policy: ToolPolicy,
    ignore: str | Collection[str],
    encode: JsonFunction | None,
    decode: JsonFunction | None,
    raises: type[Exception] | Collection[type[Exception]],
    returns: Any,
) -> ToolOptions:
    names = (ignore,) if isinstance(ignore, str) else tuple(ignore)
    classes = (raises,) if isinstance(raises, type) else tuple(raises)
    return ToolOptions(kind, policy, names, encode, decode, classes, returns)


def _made(function: Any, name: str | None, options: ToolOptions, defined_in: FrameType) -> Any:
    if isinstance(function, ToolObject):  # Decorated once more: the newer options hold.
        function = function.__wrapped__
    if name is not None and (not isinstance(name, str) or not name):
        raise ConfigurationError.not_usable("name", name, "expected a word")
    refuse_uncallable(function, "tool")
    place = place_of(function)
    name = name or name_of(place)
    made = ToolObject(function, ToolWrapper(ToolFunction(function, name, place, options, defined_in)))
    add_name(name, place, made)
    return made
