"""The call inside which a call is made: the tool that asks the model."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import NamedTuple


class CallAround(NamedTuple):
    """A call that is running: its session, and its position among the calls of that."""

    session: object
    position: int


_running_call: ContextVar[CallAround | None] = ContextVar("agentreplay_call", default=None)
_thread_calls: weakref.WeakKeyDictionary[threading.Thread, CallAround] = weakref.WeakKeyDictionary()


@contextmanager
def inside(session: object, position: int) -> Iterator[None]:
    """Let the calls that are made in the block, and in what it starts, be made inside the one at `position`."""
    before, now = _running_call.get(), CallAround(session, position)
    _running_call.set(now)
    try:
        yield
    finally:
        # A coroutine may be closed in another context than it ran in, which is not to be changed.
        if _running_call.get() is now:
            _running_call.set(before)


@contextmanager
def apart() -> Iterator[None]:
    """Let the calls that are made in the block be made inside no other: what runs there was not asked for by one."""
    before = _running_call.get()
    _running_call.set(None)
    try:
        yield
    finally:
        if _running_call.get() is None:
            _running_call.set(before)


@contextmanager
def made_inside(around: CallAround | None) -> Iterator[None]:
    """Let the calls that are made in the block be made inside this one."""
    before = _running_call.get()
    _running_call.set(around)
    try:
        yield
    finally:
        _running_call.set(before)


def context_apart(context: Context) -> Context:
    """A copy of `context` in which calls are made inside no other."""
    copied = context.copy()
    copied.run(_running_call.set, None)
    return copied


def call_around() -> CallAround | None:
    """The call inside which this code runs."""
    running = _running_call.get()
    if running is not None or not _thread_calls:
        return running
    return _thread_calls.get(threading.current_thread())


def adopt_call(thread: threading.Thread) -> None:
    """Let what `thread` does, which is about to be started here, be done inside the call that this code runs in."""
    around = call_around()
    if around is not None:
        _thread_calls[thread] = around
