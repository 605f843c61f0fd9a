"""What a client session and its server say to each other while calls are recorded."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from typing import Any, Final, TypeVar

from agentreplay._active import Scope
from agentreplay._calls import LiveCall
from agentreplay._cassette import Interaction, RecordedResponse, StreamEvent
from agentreplay._decisions import Live
from agentreplay._json.reading import as_object
from agentreplay._redacting import redact_response
from agentreplay.integrations._mcp.connections import Connection, connection_of
from agentreplay.integrations._mcp.requests import (
    LISTEN,
    NOTES,
    SUBSCRIPTION_META,
    callback_request,
    server_name,
)

T = TypeVar("T")

PROGRESS: Final = "notifications/progress"
_CANCELLED: Final = "notifications/cancelled"
CALL_NAMED_BY: Final[Mapping[str, str]] = {PROGRESS: "progressToken", _CANCELLED: "requestId"}
"""For messages about a call the parameter that names it, by a number of this run."""
_CALLBACKS: Final = frozenset({"sampling/createMessage", "elicitation/create"})
"""What a server asks and the app decides. Its roots are folders of this machine, and a ping says nothing."""
_ANSWER: Final = "answer"
_KEPT_FOR_LATER: Final = 256


class PendingCall:
    """A live call that waits for its answer."""

    def __init__(self, live: LiveCall, method: str, request_id: Any) -> None:
        self.live = live
        self.method = method
        self.request_id = request_id
        self.said: list[tuple[int, StreamEvent]] = []


class Conversation:
    """One client session and its server, as far as it is seen.

    What the server says on its own is recorded with the call that it belongs to: progress and the events of a
    subscription with theirs, all else with the call that is answered next, or, while none is waiting, after the last.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.session: weakref.ref[Any] | None = None
        self.stage: weakref.ref[Any] | None = None
        self._checking: Any = None
        self._name: str | None = None
        self._order = count()
        self._pending: dict[Any, PendingCall] = {}
        self._loose: deque[tuple[int, StreamEvent]] = deque(maxlen=_KEPT_FOR_LATER)
        self._last: tuple[Scope, Interaction] | None = None
        self._asked: dict[Any, tuple[str, dict[str, Any] | None]] = {}

    @property
    def server(self) -> str | None:
        """Which server it is: the name that it gave itself; before that, what was connected to."""
        return self.connection.named(self._name)

    async def check_result(self, check: Callable[[], Awaitable[T]]) -> T:
        """Let the SDK check the result of a tool: one at a time, while calls are recorded or replayed.

        For the first it asks which tools there are. How often it would ask for several that come together depends on
        when they come, which is not the same in replay.
        """
        import anyio

        if self._checking is None:
            self._checking = anyio.Lock()
        async with self._checking:
            return await check()

    def learn_server(self, method: str, result: Any) -> None:
        """Take note of a result, which may be that of a handshake."""
        self._name = server_name(method, as_object(result)) or self._name

    def begin(self, live: LiveCall, method: str, request_id: Any) -> PendingCall:
        """A call goes to the server."""
        call = PendingCall(live, method, request_id)
        self._pending[request_id] = call
        return call

    def heard(self, call: PendingCall) -> list[StreamEvent]:
        """The call has its answer, or never will: what the server had said until then."""
        self._pending.pop(call.request_id, None)
        said = call.said
        if call.method != LISTEN:
            said = sorted([*said, *self._loose], key=lambda numbered: numbered[0])
            self._loose.clear()
        return [event for _, event in said]

    def keep(self, call: PendingCall, response: RecordedResponse, said: list[StreamEvent]) -> None:
        """Keep a call: its answer, and what was `heard` before."""
        response.events = _numbered(said) or None
        call.live.keep(response, dict(NOTES))
        if call.live.kept is not None and call.method != LISTEN:
            self._last = call.live.scope, call.live.kept

    def said(self, method: str, params: Mapping[str, Any] | None, *, request_id: Any = None) -> None:
        """The server said something on its own; with a `request_id` it is a question."""
        told = dict(params or {})
        owner = self._owner(method, told)
        if method == _CANCELLED and owner is None:
            # One of its own questions, which has another number in replay, and is answered at once.
            return
        message: dict[str, Any] = {"method": method}
        if request_id is not None:
            self._asked[request_id] = method, told or None
            message["id"] = 0
        if told:
            message["params"] = told
        numbered = next(self._order), StreamEvent(data=message)
        if owner is not None:
            owner.said.append(numbered)
        elif self._last is None or self._is_waiting() or self._last[0].closed:
            self._loose.append(numbered)
        else:
            _add_after(*self._last, numbered[1])

    def app_answered(self, request_id: Any, answer: Any) -> None:
        """The app answered a question of the server's."""
        method, params = self._asked.pop(request_id, ("", None))
        scope = self._scope()
        if scope is not None:
            self.put_to(scope, method, params, answer)

    def put_to(self, scope: Scope, method: str, params: Mapping[str, Any] | None, answer: Any) -> None:
        """Put to the session what a callback of the app's answered to the question `method`.

        Raises:
            CassetteMismatchError: it is not what was recorded, and so what follows in the recording does not follow.
        """
        if method in _CALLBACKS:
            decision = scope.engine.begin(callback_request(method, params, answer, self.server))
            if isinstance(decision, Live):
                scope.engine.finish(decision, RecordedResponse(), dict(NOTES))

    def _owner(self, method: str, params: dict[str, Any]) -> PendingCall | None:
        """The call that a message names as its own; the name, which is of this run, is taken out."""
        name = CALL_NAMED_BY.get(method)
        if name is not None:
            owner = self.waiting_for(params.get(name))
            if owner is not None:
                del params[name]
            return owner
        meta = dict(as_object(params.get("_meta")))
        owner = self.waiting_for(meta.pop(SUBSCRIPTION_META, None))
        if owner is not None:
            params.pop("_meta")
            if meta:
                params["_meta"] = meta
        return owner

    def waiting_for(self, request_id: Any) -> PendingCall | None:
        """The call that went out under this number and waits for its answer."""
        return self._pending.get(request_id) if isinstance(request_id, (str, int)) else None

    def _is_waiting(self) -> bool:
        return any(call.method != LISTEN for call in self._pending.values())

    def _scope(self) -> Scope | None:
        for call in reversed(self._pending.values()):
            return call.live.scope
        return self._last[0] if self._last is not None and not self._last[0].closed else None


def _numbered(events: list[StreamEvent]) -> list[StreamEvent]:
    """The ids of questions count from 1 in each call."""
    numbers = count(1)
    for event in events:
        if event.data is not None and "id" in event.data:
            event.data["id"] = next(numbers)
    return events


def _add_after(scope: Scope, kept: Interaction, event: StreamEvent) -> None:
    """Add to a call that is kept already what the server said after its answer."""
    events = list(kept.response.events or [])
    if not any(each.event == _ANSWER for each in events):
        events.append(StreamEvent(event=_ANSWER))
    response = kept.response.model_copy(update={"events": _numbered([*events, event])})
    kept.response = redact_response(scope.engine.redactor, response)


def _pipe_of(stream: Any) -> Any:
    """What both ends of a pipe in this process have in common."""
    return getattr(getattr(stream, "_inner", stream), "_state", None)


class Conversations:
    """The conversations of this process, each found by the SDK's object through which it goes."""

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[Any, Conversation] = weakref.WeakKeyDictionary()
        self._by_pipe: weakref.WeakKeyDictionary[Any, Conversation] = weakref.WeakKeyDictionary()

    def of(self, key: Any, write_stream: Any) -> Conversation:
        """The conversation through `key`, which begins now if there is none; the app speaks into `write_stream`."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Conversation(connection_of(write_stream))
            pipe = _pipe_of(write_stream)
            if pipe is not None:
                self._by_pipe[pipe] = found
        return found

    def inside(self, read_stream: Any, request_id: Any) -> AbstractContextManager[None]:
        """A block in which a server answers a request that it got by `read_stream`: if the app that asked is in this
        process, what is called in the block is called inside the app's call.
        """
        pipe = _pipe_of(read_stream)
        conversation = self._by_pipe.get(pipe) if pipe is not None else None
        call = conversation.waiting_for(request_id) if conversation is not None else None
        return nullcontext() if call is None else call.live.inside()

    def known(self, key: Any) -> Conversation | None:
        """The conversation through `key`, if there is one."""
        return self._known.get(key)
