"""Functions that run each of their calls in a session."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, ParamSpec, Protocol, TypeVar

from agentreplay._errors import ConfigurationError

P = ParamSpec("P")
R = TypeVar("R")


class Block(AbstractContextManager[Any], AbstractAsyncContextManager[Any], Protocol):
    """What can be entered by `with` and by `async with`."""


def in_sessions(function: Callable[P, R], begin: Callable[[], Block], *, name: str) -> Callable[P, R]:
    """`function`, each call of which runs in the block that `begin` makes for it; `name` is that of its cassette.

    Raises:
        ConfigurationError: a class or a generator function, whose body a block around its call would not cover.
    """
    if inspect.isclass(function) or inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigurationError(
            f"cassette({name!r}) decorates functions and coroutine functions, not {function!r}. "
            "Use it as a context manager inside."
        )
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            async with begin():
                return await function(*args, **kwargs)

        return run_async  # type: ignore[return-value]

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with begin():
            return function(*args, **kwargs)

    return run
