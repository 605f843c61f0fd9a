"""What stands in the place of a tool's function: called, bound, pickled and copied as that is."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import wrapt

from agentreplay._active import none_open
from agentreplay._calls import LiveCall
from agentreplay._errors import ConfigurationError
from agentreplay._tools.function import ToolFunction

if TYPE_CHECKING:
    _FunctionWrapper = wrapt.FunctionWrapper[..., Any]
    _BoundFunctionWrapper = wrapt.BoundFunctionWrapper[..., Any]
else:  # Not to be subscribed before wrapt 2.
    _FunctionWrapper = wrapt.FunctionWrapper
    _BoundFunctionWrapper = wrapt.BoundFunctionWrapper


class BoundToolObject(_BoundFunctionWrapper):
    """A tool that is a method, bound to its object or class. It pickles as a method does."""

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return getattr, (self._self_instance, self.__name__)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self


class ToolObject(_FunctionWrapper):
    """A tool in the place of its function. It pickles and copies as a function does: by name, and not at all."""

    __bound_function_wrapper__ = BoundToolObject

    def __init__(self, wrapped: Any, wrapper: ToolWrapper, enabled: Any = None) -> None:
        super().__init__(wrapped, wrapper, enabled=enabled)
        self._self_tool = wrapper.tool
        wrapper.object = weakref.ref(self)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return self.__qualname__

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: Any) -> Any:
        return self


class ToolWrapper:
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


def refuse_uncallable(function: Any, label: str) -> None:
    """Raise a ConfigurationError where `function` is nothing that a tool can be made of; `label` says who wants it."""
    if isinstance(function, (classmethod, staticmethod)):
        return
    if isinstance(function, type) or not callable(function):
        what = "a class" if isinstance(function, type) else f"a {type(function).__name__}"
        raise ConfigurationError(
            f"{label}: {function!r} is {what}. Functions, methods and other callable objects can be tools: decorate "
            "the method that does the work."
        )
