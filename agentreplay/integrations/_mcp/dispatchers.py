"""`mcp` 2.x: the funnel is `send_raw_request` of the dispatcher that a `ClientSession` drives."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from contextlib import nullcontext
from types import ModuleType
from typing import Any

from agentreplay._call_around import apart, context_apart
from agentreplay._patching import Patches
from agentreplay.integrations._mcp.calls import Call, WatchedCall
from agentreplay.integrations._mcp.conversation import PROGRESS, Conversation, Conversations
from agentreplay.integrations._mcp.recorded_server import Answering, RecordedServer, answering


class _Stage:
    """The SDK's own dispatcher with the recording at its other end."""

    def __init__(self, library: ModuleType, conversation: Conversation) -> None:
        self.server = RecordedServer(library, conversation)
        self.dispatcher: Any = library.JSONRPCDispatcher(self.server, self.server)
        self.started: Any = None

    async def start(self, session: Any) -> None:
        """Hand what the recording says to `session`, until that ends."""
        import anyio

        if self.started is not None:
            await self.started.wait()
            return
        self.started = anyio.Event()
        await session._task_group.start(
            self._run, session._on_request, session._on_notify, session._intercept_notification
        )
        self.started.set()

    async def _run(self, *handlers: Any, task_status: Any) -> None:
        await self.dispatcher.run(*handlers, task_status=task_status)


class Dispatchers:
    """The wrappers around the dispatchers, and around what makes one a client's.

    `library` is the SDK's module `mcp.shared.jsonrpc_dispatcher`.
    """

    def __init__(self, library: ModuleType, conversations: Conversations) -> None:
        self._library = library
        self._conversations = conversations

    def patch_session(self, client_session: Any, patches: Patches) -> None:
        """Wrap the methods by which a client sends."""
        for name in ("send_request", "send_discover", "_register_listen_route"):
            patches.wrap(client_session, name, self._through_dispatcher)
        patches.wrap(client_session, "validate_tool_result", self._check_result)

    def patch_dispatcher(self, dispatcher: Any, patches: Patches) -> None:
        """Wrap the class whose messages are JSON."""
        patches.wrap(dispatcher, "send_raw_request", self._send_raw_request)
        patches.wrap(dispatcher, "_dispatch", self._dispatch)
        patches.wrap(dispatcher, "_write_result", self._write_result)
        patches.wrap(dispatcher, "_write_error", self._write_error)
        patches.wrap(dispatcher, "_spawn", self._spawn)

    def patch_direct_dispatcher(self, dispatcher: Any, patches: Patches) -> None:
        """Wrap the class that calls a server in the same process."""
        patches.wrap(dispatcher, "send_raw_request", self._send_raw_request_directly)
        patches.wrap(dispatcher, "_dispatch_notify", self._notified_directly)
        patches.wrap(dispatcher, "_dispatch_request", self._asked_directly)

    def _through_dispatcher(self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        dispatcher = session._dispatcher
        conversation = self._conversations.of(dispatcher, getattr(dispatcher, "_write_stream", None))
        conversation.session = weakref.ref(session)
        return wrapped(*args, **kwargs)

    async def _check_result(self, wrapped: Any, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        conversation = self._conversations.known(session._dispatcher)
        if conversation is None:
            return await wrapped(*args, **kwargs)
        return await conversation.check_result(lambda: wrapped(*args, **kwargs))

    async def _send_raw_request(
        self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        conversation = self._conversations.known(dispatcher)
        if conversation is None:
            return await wrapped(*args, **kwargs)
        return await self._ask(wrapped, dispatcher, conversation, *args, **kwargs)

    async def _send_raw_request_directly(
        self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        conversation = self._conversations.known(dispatcher)
        if conversation is None:
            return await wrapped(*args, **kwargs)
        return await self._ask(wrapped, dispatcher, conversation, *args, direct=True, **kwargs)

    async def _ask(
        self,
        wrapped: Any,
        dispatcher: Any,
        conversation: Conversation,
        method: str,
        params: Mapping[str, Any] | None,
        opts: Mapping[str, Any] | None = None,
        *,
        direct: bool = False,
        **kwargs: Any,
    ) -> Any:
        session = conversation.session() if conversation.session is not None else None
        if session is None or session._task_group is None:
            return await wrapped(method, params, opts, **kwargs)
        call = Call(conversation, method, params)
        if call.recorded is not None:
            return await self._replay(session, call, method, params, opts)
        if call.live is None:
            return await wrapped(method, params, opts, **kwargs)
        options = dict(opts or {})
        # It takes the next number before it waits for anything.
        request_id = options.get("request_id", dispatcher._next_id + 1)
        if direct:
            _watch_progress(conversation, options, request_id)
        # A server in this process runs in the context of the call.
        here = direct or conversation.connection.label is None
        with call.live.inside() if here else nullcontext(), WatchedCall(call, request_id, self._library) as watched:
            result = await wrapped(method, params, options, **kwargs)
            watched.returned(result)
            return result

    async def _replay(
        self, session: Any, call: Call, method: str, params: Mapping[str, Any] | None, opts: Mapping[str, Any] | None
    ) -> Any:
        assert call.scope is not None
        assert call.recorded is not None
        stage = self._stage(call.conversation)
        await stage.start(session)
        answer = Answering(call.scope, method, call.recorded.response)
        answer.raise_failure()
        try:
            with answering(answer):
                result = await stage.dispatcher.send_raw_request(method, params, opts)
        except Exception:
            if answer.error is not None:
                raise answer.error from None
            raise
        finally:
            stage.server.release(answer)
        return result

    def _stage(self, conversation: Conversation) -> _Stage:
        stage = conversation.stage() if conversation.stage is not None else None
        if stage is None:
            stage = _Stage(self._library, conversation)
            conversation.stage = weakref.ref(stage)
        return stage

    def _dispatch(self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        conversation = self._conversations.known(dispatcher)
        message: Any = getattr(args[0] if args else kwargs["item"], "message", None)
        if conversation is not None and isinstance(
            message, (self._library.JSONRPCRequest, self._library.JSONRPCNotification)
        ):
            conversation.said(message.method, message.params, request_id=getattr(message, "id", None))
        return wrapped(*args, **kwargs)

    def _spawn(self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps the start of the app's callbacks: a server in this process speaks in the context of the app's call."""
        context = kwargs.get("sender_ctx")
        if context is not None and self._conversations.known(dispatcher) is not None:
            kwargs = {**kwargs, "sender_ctx": context_apart(context)}
        return wrapped(*args, **kwargs)

    def _write_result(self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        conversation = self._conversations.known(dispatcher)
        if conversation is not None:
            request_id, result = args
            conversation.app_answered(request_id, {"result": result})
        return wrapped(*args, **kwargs)

    def _write_error(self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        conversation = self._conversations.known(dispatcher)
        if conversation is not None:
            request_id, error = args
            conversation.app_answered(
                request_id, {"error": error.model_dump(by_alias=True, mode="json", exclude_none=True)}
            )
        return wrapped(*args, **kwargs)

    async def _notified_directly(
        self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        conversation = self._conversations.known(dispatcher)
        if conversation is None:
            return await wrapped(*args, **kwargs)
        method, params = args
        conversation.said(method, params)
        with apart():
            return await wrapped(*args, **kwargs)

    async def _asked_directly(
        self, wrapped: Any, dispatcher: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        conversation = self._conversations.known(dispatcher)
        if conversation is None:
            return await wrapped(*args, **kwargs)
        method, params, *_ = args
        number = object()
        conversation.said(method, params, request_id=number)
        with apart():
            result = await wrapped(*args, **kwargs)
        conversation.app_answered(number, {"result": result})
        return result


def _watch_progress(conversation: Conversation, options: dict[str, Any], request_id: Any) -> None:
    """Progress of a server in this process is no message: it comes by the callback alone."""
    on_progress = options.get("on_progress")
    if on_progress is None:
        return

    async def watched(progress: float, total: float | None, message: str | None) -> None:
        told = {"progressToken": request_id, "progress": progress, "total": total, "message": message}
        conversation.said(PROGRESS, {name: value for name, value in told.items() if value is not None})
        with apart():
            await on_progress(progress, total, message)

    options["on_progress"] = watched
