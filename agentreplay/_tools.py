"""Functions of the program itself as tools: recorded and replayed like the calls of a model."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Collection
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import wrapt

from agentreplay._active import none_open
from agentreplay._calls import LiveCall
from agentreplay._errors import ConfigurationError
from agentreplay._patching import OnePatch
from agentreplay._tool_annotations import caller
from agentreplay._tool_function import ToolFunction, ToolOptions, ToolPolicy
from agentreplay._tool_names import Place, add_name, name_of, place_of
from agentreplay._tool_objects import JsonFunction

if TYPE_CHECKING:
    _FunctionWrapper = wrapt.FunctionWrapper[..., Any]
    _BoundFunctionWrapper = wrapt.BoundFunctionWrapper[..., Any]
else:  # Not to be subscribed before wrapt 2.
    _FunctionWrapper = wrapt.FunctionWrapper
    _BoundFunctionWrapper = wrapt.BoundFunctionWrapper

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
        known: Any = found._self_parent if isinstance(found, _BoundToolObject) else found
        if isinstance(known, _ToolObject) and not _is_inert(known):
            raise ConfigurationError(
                f"{self._label}: it is a tool already, called {known._self_tool.name!r}. Undo that first, or leave it."
            )
        _refuse_uncallable(found, self._label)
        function = ToolFunction(found, self.name, _place(found, self._label), options)
        try:
            self._patch = OnePatch(owner, method, _Wrapper(function), _ToolObject)
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


class _BoundToolObject(_BoundFunctionWrapper):
    """A tool that is a method, bound to its object or class. It pickles as a method does."""

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return getattr, (self._self_instance, self.__name__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self


class _ToolObject(_FunctionWrapper):
    """A tool in the place of its function. It pickles and copies as a function does: by name, and not at all."""

    __bound_function_wrapper__ = _BoundToolObject

    def __init__(self, wrapped: Any, wrapper: _Wrapper, enabled: Any = None) -> None:
        super().__init__(wrapped, wrapper, enabled=enabled)
        self._self_tool = wrapper.tool
        wrapper.object = weakref.ref(self)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return self.__qualname__

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self


class _Wrapper:
    """What is called in the place of a tool's function."""

    def __init__(self, function: ToolFunction) -> None:
        self.tool = function
        self.object: Callable[[], Any] = lambda: None

    def __call__(self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.tool.is_coroutine:
            # Which session it belongs to is known when it is awaited.
            return self._call_async(wrapped, instance, args, kwargs)
        if none_open():
            return wrapped(*args, **kwargs)
        scope = self.tool.session()
        if scope is None:
            return wrapped(*args, **kwargs)
        answer = self.tool.ask(scope, *self._bound(instance, args), kwargs)
        if not isinstance(answer, LiveCall):
            return self.tool.replayed(answer)
        with answer as live:
            try:
                result = wrapped(*args, **kwargs)
            except Exception as error:
                self.tool.failed(live, error)
                raise
            return self.tool.returned(live, result)

    async def _call_async(self, wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        scope = None if none_open() else self.tool.session()
        if scope is None:
            return await wrapped(*args, **kwargs)
        answer = self.tool.ask(scope, *self._bound(instance, args), kwargs)
        if not isinstance(answer, LiveCall):
            return self.tool.replayed(answer)
        with answer as live:
            try:
                result = await wrapped(*args, **kwargs)
            except Exception as error:
                self.tool.failed(live, error)
                raise
            return self.tool.returned(live, result)

    def _bound(self, instance: Any, args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """What the call is bound to, and its arguments.

        From Python 3.13 on, a class method around a tool hands it the class as a plain argument.
        """
        if instance is None and args and isinstance(args[0], type):
            ours = self.object()
            found = inspect.getattr_static(args[0], getattr(ours, "__name__", ""), None)
            if isinstance(found, classmethod) and cast("Any", found).__func__ is ours:
                return args[0], args[1:]
        return instance, args


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
    if isinstance(function, _ToolObject):  # Decorated once more: the newer options hold.
        function = function.__wrapped__
    if name is not None and (not isinstance(name, str) or not name):
        raise ConfigurationError.not_usable("name", name, "expected a word")
    _refuse_uncallable(function, "tool")
    place = place_of(function)
    name = name or name_of(place)
    made = _ToolObject(function, _Wrapper(ToolFunction(function, name, place, options, defined_in)))
    add_name(name, place, made)
    return made


def _refuse_uncallable(function: Any, label: str) -> None:
    if isinstance(function, (classmethod, staticmethod)):
        return
    if isinstance(function, type) or not callable(function):
        what = "a class" if isinstance(function, type) else f"a {type(function).__name__}"
        raise ConfigurationError(
            f"{label}: {function!r} is {what}. Functions, methods and other callable objects can be tools: decorate "
            "the method that does the work."
        )


def _place(function: Any, label: str) -> Place:
    found = place_of(function)
    return Place(found.module, label, found.file, found.line, found.changed)


def _is_inert(found: Any) -> bool:
    enabled = getattr(found, "_self_enabled", None)
    return callable(enabled) and not enabled()
