"""`mcp` 1.x: the funnel is `ClientSession.send_request`."""

from __future__ import annotations

import weakref
from contextvars import ContextVar
from types import ModuleType
from typing import Any, Final

from agentreplay._errors import SessionError
from agentreplay._patching import Patches
from agentreplay.integrations._mcp.calls import Call, WatchedCall
from agentreplay.integrations._mcp.conversation import Conversation, Conversations
from agentreplay.integrations._mcp.recorded_server import Answering, RecordedServer, answer_of, answering

_on_stage: ContextVar[bool] = ContextVar("agentreplay_mcp_on_stage", default=False)
"""Whether what is received here comes from the recording."""

_OF_THE_CONNECTION: Final = ("_handle_response", "_normalize_request_id", "_send_response")
"""The methods of a session that deal with the state of its connection; not every version has all of them."""


class _Stage:
    """A session as its own methods see it while the recording answers: all of it, with another connection.

    What the app's callbacks are given is the session itself.
    """

    def __init__(self, session: Any, server: RecordedServer) -> None:
        self._session = session
        self._class: Any = session.__class__
        self.server = server
        self._read_stream = self._write_stream = server
        self._request_id = 0
        self._response_streams: dict[Any, Any] = {}
        self._progress_callbacks: dict[Any, Any] = {}
        self._in_flight: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name in _OF_THE_CONNECTION:
            return getattr(self._class, name).__get__(self)
        return getattr(self._session, name)


class _WatchedType:
    """The type of a result, which the SDK hands what it received: it is seen there as it came."""

    def __init__(self, result_type: Any, watched: WatchedCall) -> None:
        self._result_type = result_type
        self._watched = watched

    def model_validate(self, received: Any, *args: Any, **kwargs: Any) -> Any:
        self._watched.returned(received)
        return self._result_type.model_validate(received, *args, **kwargs)


class Sessions:
    """The wrappers around `ClientSession`. `library` is the SDK's module `mcp.shared.session`."""

    def __init__(self, library: ModuleType, conversations: Conversations) -> None:
        self._library = library
        self._conversations = conversations

    def patch(self, client_session: Any, patches: Patches) -> None:
        """Wrap the class."""
        patches.wrap(client_session, "send_request", self._send_request)
        patches.wrap(client_session, "_validate_tool_result", self._check_result)
        patches.wrap(client_session, "_received_notification", self._received_notification)
        patches.wrap(client_session, "_received_request", self._received_request)
        patches.wrap(client_session, "_send_response", self._send_response)

    def patch_server(self, server: Any, patches: Patches) -> None:
        """Wrap the class of servers, for those that answer in the app's own process."""
        patches.wrap(server, "_handle_request", self._handle_request)

    async def _handle_request(self, wrapped: Any, _server: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        message, _request, session, *_ = args
        with self._conversations.inside(session._read_stream, message.request_id):
            return await wrapped(*args, **kwargs)

    def _of(self, session: Any) -> Conversation:
        return self._conversations.of(session, session._write_stream)

    async def _send_request(self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(session, _Stage):
            return await wrapped(*args, **kwargs)
        return await self._ask(wrapped, session, *args, **kwargs)

    async def _ask(self, wrapped: Any, session: Any, request: Any, result_type: Any, *args: Any, **kwargs: Any) -> Any:
        sent = request.model_dump(by_alias=True, mode="json", exclude_none=True)
        conversation = self._of(session)
        call = Call(conversation, sent["method"], sent.get("params"))
        if call.recorded is not None:
            return await self._replay(wrapped, session, call, request, result_type, *args, **kwargs)
        if call.live is None:
            return await wrapped(request, result_type, *args, **kwargs)
        # It takes the next number before it waits for anything.
        with WatchedCall(call, session._request_id, self._library) as watched:
            return await wrapped(request, _WatchedType(result_type, watched), *args, **kwargs)

    async def _check_result(self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return await self._of(session).check_result(lambda: wrapped(*args, **kwargs))

    async def _replay(self, wrapped: Any, session: Any, call: Call, *args: Any, **kwargs: Any) -> Any:
        assert call.scope is not None
        assert call.recorded is not None
        stage = self._stage(session, call.conversation)
        answer = Answering(call.scope, call.method, call.recorded.response)
        answer.raise_failure()
        try:
            with answering(answer):
                result = await wrapped.__func__(stage, *args, **kwargs)
        except Exception:
            if answer.error is not None:
                raise answer.error from None
            raise
        finally:
            stage.server.release(answer)
        return result

    def _stage(self, session: Any, conversation: Conversation) -> _Stage:
        stage = conversation.stage() if conversation.stage is not None else None
        if stage is None:
            tasks = getattr(session, "_task_group", None)
            if tasks is None:
                raise SessionError("ClientSession is not entered: use it as `async with ClientSession(...)`.")
            stage = _Stage(session, RecordedServer(self._library, conversation))
            conversation.stage = weakref.ref(stage)
            before = _on_stage.get()
            _on_stage.set(True)
            try:
                tasks.start_soon(self._library.BaseSession._receive_loop, stage)
            finally:
                _on_stage.set(before)
        return stage

    async def _received_notification(
        self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not _on_stage.get():
            said = _dumped(args[0] if args else kwargs["notification"])
            self._of(session).said(said["method"], said.get("params"))
        return await wrapped(*args, **kwargs)

    async def _received_request(self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not _on_stage.get():
            responder = args[0] if args else kwargs["responder"]
            said = _dumped(responder.request)
            self._of(session).said(said["method"], said.get("params"), request_id=responder.request_id)
        return await wrapped(*args, **kwargs)

    async def _send_response(self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not isinstance(session, _Stage):
            self._answered(session, *args, **kwargs)
        return await wrapped(*args, **kwargs)

    def _answered(self, session: Any, request_id: Any, response: Any) -> None:
        said = _dumped(response)
        failed = isinstance(response, self._library.ErrorData)
        self._of(session).app_answered(request_id, answer_of({"error": said} if failed else {"result": said}))


def _dumped(model: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = model.model_dump(by_alias=True, mode="json", exclude_none=True)
    return dumped
