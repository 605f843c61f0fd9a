"""Keeps faults of ours from a running app: whatever fails in a wrapper, the app gets what the wrapped method gave.

In force while an app is being recorded and no session is open: in a session, which is a test's, every fault is loud.
This module and the streams of `_guarded_streams` are all that stands between an app and our faults, so they are short
and call nothing of ours outside of a `try`. `BaseException` always passes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from agentreplay._errors import SessionError

Wrapper = Callable[[Any, Any, tuple[Any, ...], dict[str, Any]], Any]
"""`wrapper(wrapped, instance, args, kwargs)`, as wrapt calls it."""


class Guard:
    """Where faults are told of; None where they are loud. `sessions` are those that are open now, one list for good."""

    def __init__(self) -> None:
        self.on_fault: Callable[[Exception], None] | None = None
        self.sessions: Sequence[object] = ()


GUARD = Guard()
"""The guard of this process."""


class _Called:
    """The wrapped method, and what came of calling it."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.done, self.error = True, None
        try:
            self.result = self.wrapped(*args, **kwargs)
        except BaseException as error:
            self.error = error
            raise
        return self.result


class _Awaited(_Called):
    """The same for a coroutine function."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.done, self.error = True, None
        try:
            self.result = await self.wrapped(*args, **kwargs)
        except BaseException as error:
            self.error = error
            raise
        return self.result


def guarded(wrapper: Wrapper) -> Wrapper:
    """`wrapper`, whose own exceptions do not get through to the app while an app is being recorded.

    A `SessionError` gets through: with it a call is refused on purpose, by a rule that somebody laid down.
    """
    return _guarded_coroutine(wrapper) if inspect.iscoroutinefunction(wrapper) else _guarded_function(wrapper)


def for_sessions(wrapper: Wrapper) -> Wrapper:
    """`wrapper`, which is not even asked while an app is being recorded: it is of use to open sessions only."""

    def guard(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if GUARD.on_fault is None or GUARD.sessions:
            return wrapper(wrapped, instance, args, kwargs)
        return wrapped(*args, **kwargs)

    return guard


def tell(fault: Exception) -> None:
    """Count a fault; if that fails too there is nobody left to tell."""
    try:
        if GUARD.on_fault is not None:
            GUARD.on_fault(fault)
    except Exception:  # noqa: BLE001, S110
        pass


def _guarded_function(wrapper: Wrapper) -> Wrapper:
    def guard(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if GUARD.on_fault is None or GUARD.sessions:
            return wrapper(wrapped, instance, args, kwargs)
        call = _Called(wrapped)
        try:
            return wrapper(call, instance, args, kwargs)
        except Exception as error:
            if error is call.error or isinstance(error, SessionError):
                raise
            tell(error)
        # Out of the except block: what the app gets was not raised while handling something of ours.
        if call.error is not None:
            raise call.error
        return call.result if call.done else wrapped(*args, **kwargs)

    return guard


def _guarded_coroutine(wrapper: Wrapper) -> Wrapper:
    async def guard(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if GUARD.on_fault is None or GUARD.sessions:
            return await wrapper(wrapped, instance, args, kwargs)
        call = _Awaited(wrapped)
        try:
            return await wrapper(call, instance, args, kwargs)
        except Exception as error:
            if error is call.error or isinstance(error, SessionError):
                raise
            tell(error)
        if call.error is not None:
            raise call.error
        return call.result if call.done else await wrapped(*args, **kwargs)

    return guard
