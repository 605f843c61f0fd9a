"""Which session a call belongs to.

A block is known by a context variable, which tasks and `asyncio.to_thread` inherit. What does not inherit it is helped
along: a thread belongs to the session in which it was started, work given to a `ThreadPoolExecutor` to the session in
which it was submitted. A call of which none of this tells anything is refused while a session is open.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

from agentreplay._call_around import adopt_call, call_around, made_inside
from agentreplay._errors import SessionError
from agentreplay._guard import GUARD
from agentreplay._modes import Mode

if TYPE_CHECKING:
    from agentreplay._decisions import Live, Replay
    from agentreplay._engine import CallEngine
    from agentreplay._faults import FaultPlan
    from agentreplay._freezing.chance import Draws
    from agentreplay._recorded import RecordedRequest


class OpenStream(Protocol):
    """A stream that the app still reads."""

    def end(self) -> None:
        """Keep it as far as it went."""
        ...


class Scope:
    """One open session, as calls see it.

    `ambient` sessions were opened by `start()`: they also take the calls whose context names no session. What was
    started in one of them and outlives it belongs to the ambient session that is open then; if the one that ended is
    `exclusive`, as that of a test is, to none. `allowed_hosts` are the only ones that it lets be connected to; None
    lets all. `draws` is what ids are drawn from where the session freezes them, `faults` what
    goes wrong on purpose, `speed` how many times as fast as recorded streams are played.
    """

    def __init__(
        self,
        name: str,
        engine: CallEngine,
        *,
        ambient: bool = False,
        exclusive: bool = False,
        allowed_hosts: tuple[str, ...] | None = None,
    ) -> None:
        self.name = name
        self.engine = engine
        self.ambient = ambient
        self.exclusive = exclusive or not ambient
        self.network_blocked = allowed_hosts is not None
        self.allowed_hosts = allowed_hosts or ()
        self.closed = False
        self.outer: Scope | None = None
        self.before: Scope | _Outside | None = None
        self.draws: Draws | None = None
        self.faults: FaultPlan | None = None
        self.speed = math.inf
        self._open_streams: set[OpenStream] = set()

    def begin(self, request: RecordedRequest, *, rerun: bool = False, key: str | None = None) -> Replay | Live:
        """Decide what happens with a call that is made here; see `CallEngine.begin`."""
        return self.engine.begin(request, parent=self.around(), rerun=rerun, key=key)

    @property
    def records_all(self) -> bool:
        """Whether each call that is made here is recorded, whatever it asks."""
        return self.faults is None and self.engine.records_all

    def begin_unread(self, method: str) -> Live:
        """Let a call of `method` go live that is made here; see `CallEngine.begin_unread`."""
        return self.engine.begin_unread(method, parent=self.around())

    def around(self) -> int | None:
        """The position of the call of this session inside which a call made here is made."""
        within = call_around()
        return within.position if within is not None and within.session is self else None

    def watch(self, stream: OpenStream) -> None:
        """Remember a stream that the app still reads."""
        self._open_streams.add(stream)

    def unwatch(self, stream: OpenStream) -> None:
        """Forget a stream that has ended."""
        self._open_streams.discard(stream)

    def end_streams(self) -> None:
        """Keep the streams that the app left without closing them, as far as they went."""
        for stream in list(self._open_streams):
            stream.end()

    @property
    def mode(self) -> Mode:
        """What the session does with a call."""
        return self.engine.mode


class _Outside:
    """Marks work that was submitted where no session was in force."""


_OUTSIDE: Final = _Outside()
_in_force: ContextVar[Scope | _Outside | None] = ContextVar("agentreplay_session", default=None)
_lock: Final = threading.Lock()
_open: list[Scope] = []
_suspended: list[Scope] = []
open_sessions: Final[Sequence[Scope]] = _open
"""The sessions that are open in this process, in the order in which they were opened; always this same list."""
suspended_sessions: Final[Sequence[Scope]] = _suspended
"""Those outside of which something is done just now, as if they were not open; always this same list."""
_thread_scopes: weakref.WeakKeyDictionary[threading.Thread, Scope] = weakref.WeakKeyDictionary()


def enter(scope: Scope) -> None:
    """Put `scope` in force for the current context and all that is started from it."""
    scope.before = _in_force.get()
    scope.outer = _named()
    with _lock:
        _open.append(scope)
    _in_force.set(scope)


def leave(scope: Scope) -> None:
    """End `scope`; the session around it, if any, is in force again."""
    scope.closed = True
    with _lock:
        _open.remove(scope)
    # Not a context token: a block may be left in another context than it was entered in.
    if _in_force.get() is scope:
        before = scope.before
        # Blocks need not end in the order of nesting: one that has ended meanwhile is not in force again.
        while isinstance(before, Scope) and before.closed:
            before = before.before
        _in_force.set(before)


@contextmanager
def within(scope: Scope | _Outside | None) -> Iterator[None]:
    """Let what is done in the block belong to `scope`; it stays open after the block."""
    before = _in_force.get()
    _in_force.set(scope)
    try:
        yield
    finally:
        _in_force.set(before)


@contextmanager
def suspended(scope: Scope) -> Iterator[None]:
    """Let what is done in the block be outside `scope`, as if that were not open yet.

    What the scope has begun already (its threads, its tasks) goes on belonging to it.
    """
    with _lock:
        _open.remove(scope)
        _suspended.append(scope)
    try:
        with within(scope.before):
            yield
    finally:
        with _lock:
            _suspended.remove(scope)
            _open.append(scope)


def current() -> Scope | None:
    """The session that a call made here belongs to, or None where no session is open.

    Raises:
        SessionError: sessions are open and nothing tells which of them the call belongs to, or its session has ended.
    """
    scope = _named()
    if scope is not None and not scope.closed:
        return scope
    if not _open:
        return None
    if scope is not None and scope.exclusive:
        raise SessionError.ended(scope.name)
    if _in_force.get() is _OUTSIDE:
        return None
    return _unnamed()


def none_open() -> bool:
    """Whether no session is open anywhere, so that a call made here belongs to none."""
    return not _open and not _suspended


def blocking() -> Scope | None:
    """The session that a connection opened here belongs to, if it blocks the network."""
    try:
        scope = current()
    except SessionError:
        return None
    return scope if scope is not None and scope.network_blocked else None


def _named() -> Scope | None:
    """The session that the context or the thread names, open or not."""
    scope = _in_force.get()
    if isinstance(scope, _Outside):
        return None
    return scope if scope is not None else _thread_scopes.get(threading.current_thread())


def _unnamed() -> Scope | None:
    """The session of a call that nothing names: the started one, if there is exactly one line of them."""
    with _lock:
        scopes = list(_open)
    started = [scope for scope in scopes if scope.ambient]
    if started and all(_is_within(started[-1], scope) for scope in started):
        return started[-1]
    if all(scope.mode is Mode.LIVE or (GUARD.on_fault is not None and scope.mode is Mode.RECORD) for scope in scopes):
        # An app that is being recorded goes on beside the block of one of its threads.
        return None
    raise SessionError.unknown(threading.current_thread().name, [scope.name for scope in scopes])


def _is_within(scope: Scope | None, outer: Scope) -> bool:
    while scope is not None:
        if scope is outer:
            return True
        scope = scope.outer
    return False


def adopt(thread: threading.Thread) -> None:
    """Let `thread`, which is about to be started here, belong to the session that is in force here."""
    scope = _named()
    if scope is not None:
        _thread_scopes[thread] = scope
        adopt_call(thread)


def belonging_here(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which belongs to the session that is in force here wherever it is called.

    Where that cannot be told, as little as for a call made here, it belongs to none that is known.
    """
    scope: Scope | _Outside | None = _named()
    if scope is None and (not _open or _in_force.get() is _OUTSIDE):
        scope = _OUTSIDE
    around = call_around()

    def belonging(*args: Any, **kwargs: Any) -> Any:
        with made_inside(around), within(scope):
            return function(*args, **kwargs)

    return belonging
