"""The recording in a server's place: what the SDK's own machinery reads from, and writes to, while replaying."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from types import ModuleType
from typing import Any, Final

from agentreplay._active import Scope
from agentreplay._cassette import RecordedResponse, StreamEvent
from agentreplay._errors import AgentReplayError
from agentreplay._json.reading import as_object
from agentreplay.integrations._mcp.conversation import CALL_NAMED_BY, Conversation
from agentreplay.integrations._mcp.requests import LISTEN, SUBSCRIPTION_META, error_of, is_unanswered

_FAILURES: Final = frozenset({"ClosedResourceError", "BrokenResourceError"})
"""Classes of `anyio`, which the SDK lets through where the connection fails."""


class Answering:
    """One call that the recording answers: what is to be said, in order.

    `error` is what the app is to see instead, if it answered a question otherwise than it was recorded.
    """

    def __init__(self, scope: Scope, method: str, response: RecordedResponse) -> None:
        self.scope = scope
        self.method = method
        self.response = response
        self.error: AgentReplayError | None = None
        self.request_id: Any = None
        self._events = deque(response.events or [])
        self._answered = False
        self._released = False

    def raise_failure(self) -> None:
        """Raise what was raised where the connection failed under the request."""
        import anyio

        error = self.response.error
        if error is not None and error.type in _FAILURES:
            raise getattr(anyio, error.type)

    def release(self) -> None:
        """The app has the answer: what was said after it may follow."""
        self._released = True

    def next_messages(self) -> Iterator[dict[str, Any] | None]:
        """The messages that may be said now, and None once where the answer is due."""
        while True:
            if not self._answered and self._events and self._events[0].event is None:
                yield self._message(self._events.popleft())
            elif not self._answered:
                if self._events:
                    self._events.popleft()
                self._answered = True
                yield None
            elif self._released and self._events:
                yield self._message(self._events.popleft())
            else:
                return

    def _message(self, event: StreamEvent) -> dict[str, Any]:
        """A recorded message as it is said to this call."""
        message = as_object(copy.deepcopy(event.data))
        name = CALL_NAMED_BY.get(message.get("method", ""))
        if name is not None:
            message.setdefault("params", {}).setdefault(name, self.request_id)
        elif self.method == LISTEN:
            message.setdefault("params", {}).setdefault("_meta", {}).setdefault(SUBSCRIPTION_META, self.request_id)
        return message


_answering: ContextVar[Answering | None] = ContextVar("agentreplay_mcp_answering", default=None)


@contextmanager
def answering(call: Answering) -> Iterator[None]:
    """Let the request that is sent in the block be answered by `call`."""
    before = _answering.get()
    _answering.set(call)
    try:
        yield
    finally:
        _answering.set(before)


class RecordedServer:
    """Both streams of a connection to the recording. `library` is the SDK's module that has its messages' classes."""

    def __init__(self, library: ModuleType, conversation: Conversation) -> None:
        self._library = library
        self._conversation = conversation
        self._messages: deque[Any] = deque()
        self._more: Any = None
        self._numbers = count(1)
        self._waiting: dict[Any, tuple[Answering, str, Any]] = {}

    async def __aenter__(self) -> RecordedServer:
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    def __aiter__(self) -> RecordedServer:
        return self

    async def __anext__(self) -> Any:
        """The next message; waits while there is none."""
        import anyio
        import anyio.lowlevel

        # As a message from outside would: what the last one has set going gets as far as it can.
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        while not self._messages:
            self._more = anyio.Event()
            await self._more.wait()
        return self._messages.popleft()

    async def send(self, sent: Any) -> None:
        """The app says something: a request, which is answered, or the answer to a question."""
        message = getattr(sent.message, "root", sent.message)
        request_id = getattr(message, "id", None)
        call = _answering.get()
        if isinstance(message, self._library.JSONRPCRequest) and call is not None:
            call.request_id = request_id
            self._go_on(call)
        elif request_id in self._waiting:
            self._go_on_after(*self._waiting.pop(request_id), message)

    async def aclose(self) -> None:
        """There is nothing to close."""

    def release(self, call: Answering) -> None:
        """The app has the answer: say what was said after it."""
        call.release()
        self._go_on(call)

    def _go_on(self, call: Answering) -> None:
        for message in call.next_messages():
            if message is None:
                self._answer(call)
            elif self._say(call, message):
                return

    def _go_on_after(self, call: Answering, method: str, params: Any, answer: Any) -> None:
        """The app has answered a question, so that the server goes on."""
        said = answer.model_dump(by_alias=True, mode="json", exclude_none=True)
        try:
            self._conversation.put_to(call.scope, method, params, answer_of(said))
        except AgentReplayError as error:
            call.error = error
            self._push(self._error(call.request_id, {"code": 0, "message": str(error)}))
            return
        self._go_on(call)

    def _say(self, call: Answering, message: dict[str, Any]) -> bool:
        """Say a recorded message; whether it is a question, after which the server waits."""
        method, params = message["method"], message.get("params")
        asks = "id" in message
        number = f"recorded-{next(self._numbers)}" if asks else None
        fields = {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
        if number is None:
            self._push(self._library.JSONRPCNotification(**fields))
        else:
            self._waiting[number] = call, method, params
            self._push(self._library.JSONRPCRequest(id=number, **fields))
        return asks

    def _answer(self, call: Answering) -> None:
        if is_unanswered(call.response):
            return
        error = error_of(call.response)
        if error is not None:
            self._push(self._error(call.request_id, error))
        else:
            result = copy.deepcopy(call.response.body)
            self._push(self._library.JSONRPCResponse(jsonrpc="2.0", id=call.request_id, result=result))

    def _error(self, request_id: Any, error: dict[str, Any]) -> Any:
        data = self._library.ErrorData.model_validate(error)
        return self._library.JSONRPCError(jsonrpc="2.0", id=request_id, error=data)

    def _push(self, message: Any) -> None:
        # In 1.x a message is one of several in a common class.
        common = getattr(self._library, "JSONRPCMessage", None)
        covered = common(message) if isinstance(common, type) else message
        self._messages.append(self._library.SessionMessage(message=covered))
        if self._more is not None:
            self._more.set()


def answer_of(message: dict[str, Any]) -> Any:
    """What was answered, of a message that answers: the result, or the error."""
    return {"error": message["error"]} if "error" in message else {"result": message.get("result")}
