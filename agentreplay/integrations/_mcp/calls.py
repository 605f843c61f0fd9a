"""A client's request, put to the session in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentreplay._active import Scope
from agentreplay._calls import LiveCall, deciding_session
from agentreplay._cassette import Interaction
from agentreplay._decisions import Replay
from agentreplay._errors import SessionError
from agentreplay._modes import Mode
from agentreplay.integrations._mcp.conversation import Conversation, PendingCall
from agentreplay.integrations._mcp.requests import (
    PREPARING,
    error_response,
    failed_response,
    request_of,
    result_response,
    unanswered_response,
)


class Call:
    """One request of a client, and what the session has decided about it.

    Attributes:
        scope: the session that decides; None where the request goes on as if we were not there.
        recorded: the interaction that answers. Where a server has to be prepared for calls that may go live, nothing
            but the server does.
        live: the request, on its way to the server, to be kept.
    """

    def __init__(self, conversation: Conversation, method: str, params: Mapping[str, Any] | None) -> None:
        self.conversation = conversation
        self.method = method
        self.scope: Scope | None = deciding_session(lambda: f"mcp {method}")
        self.recorded: Interaction | None = None
        self.live: LiveCall | None = None
        if self.scope is not None:
            decision = self.scope.begin(request_of(method, params, conversation.server))
            if not isinstance(decision, Replay):
                self.live = LiveCall(self.scope, decision, outlives_block=True)
            else:
                conversation.learn_server(method, decision.interaction.response.body)
                if self.scope.mode is Mode.REPLAY or method not in PREPARING:
                    self.recorded = decision.interaction
        if self.recorded is None and conversation.connection.nobody:
            if self.live is not None:
                self.live.abandon()
            raise SessionError.nobody(f"mcp {method}", conversation.connection.label)


class WatchedCall:
    """A live call that goes to the server under `request_id`. As a context manager, it is kept as it ends.

    `returned`, if it was called, has the result; else the error that left the block tells what became of the call.
    """

    def __init__(self, call: Call, request_id: Any, library: Any) -> None:
        assert call.live is not None
        self._conversation = call.conversation
        self._method = call.method
        self._library = library
        self._pending: PendingCall = call.conversation.begin(call.live, call.method, request_id)
        self._kept = False

    def __enter__(self) -> WatchedCall:
        return self

    def returned(self, result: Any) -> None:
        """The server answered with `result`, which is JSON."""
        self._kept = True
        self._conversation.learn_server(self._method, result)
        said = self._conversation.heard(self._pending)
        self._conversation.keep(self._pending, result_response(result), said)

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self._kept:
            return
        import anyio

        said = self._conversation.heard(self._pending)
        told: Any = getattr(error, "error", None)
        if isinstance(told, self._library.ErrorData):
            response = error_response(told.model_dump(by_alias=True, mode="json", exclude_none=True))
        elif isinstance(error, anyio.get_cancelled_exc_class()):
            response = unanswered_response()
        elif isinstance(error, (anyio.ClosedResourceError, anyio.BrokenResourceError)):
            response = failed_response(error)
        else:
            self._pending.live.abandon()
            return
        self._conversation.keep(self._pending, response, said)
