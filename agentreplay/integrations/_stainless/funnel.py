"""The funnel's wrappers: each call is described, decided, and answered from the recording or watched on its way."""

from __future__ import annotations

from typing import Any

from agentreplay._active import Scope, none_open
from agentreplay._calls import deciding_session
from agentreplay._decisions import Live, Replay
from agentreplay._faults import FaultyCall
from agentreplay._freezing.chance import DrawnBySDK
from agentreplay._outside import calls_refused
from agentreplay._recording_here import recording_here
from agentreplay.integrations._stainless.app_calls import AppCall
from agentreplay.integrations._stainless.arguments import Arguments
from agentreplay.integrations._stainless.credentials import Learning
from agentreplay.integrations._stainless.handing_over import taken_over
from agentreplay.integrations._stainless.live import LiveCall
from agentreplay.integrations._stainless.replay import ReplayedCall
from agentreplay.integrations._stainless.requests import describe
from agentreplay.integrations._stainless.vendor import Vendor


class Funnel:
    """The wrappers of one vendor's funnel."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._learning = Learning(vendor)

    def request(self, wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps `SyncAPIClient.request`."""
        scope = None if none_open() and not calls_refused() else self._scope(args, kwargs)
        if scope is None:
            app_call = self._app_call(client, args, kwargs)
            if app_call is None:
                return wrapped(*args, **kwargs)
            with app_call:
                result = wrapped(*args, **kwargs)
            app_call.returned(result)
            return result
        self._learning.of(client, scope)
        with DrawnBySDK():
            unread = LiveCall.unread(self._vendor, scope, client, args[1] if len(args) > 1 else kwargs["options"])
            if unread is not None:
                with unread:
                    result = wrapped(*args, **kwargs)
                unread.returned(result)
                return result
            call = Arguments(*args, **kwargs)
            if hasattr(client, "_copy_and_prepare"):
                call.options = client._copy_and_prepare(call.options)
            decision, faulty = self._decide(scope, client, call)
            if isinstance(decision, Replay):
                replayed = ReplayedCall(self._vendor, scope, client, call, decision, faulty)
                return replayed.quickened(replayed.answer(wrapped))
            with LiveCall(self._vendor, scope, decision) as live:
                result = call.send(wrapped)
            live.returned(result)
            return result

    async def async_request(self, wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps `AsyncAPIClient.request`."""
        scope = None if none_open() and not calls_refused() else self._scope(args, kwargs)
        if scope is None:
            app_call = self._app_call(client, args, kwargs)
            if app_call is None:
                return await wrapped(*args, **kwargs)
            with app_call:
                result = await wrapped(*args, **kwargs)
            app_call.returned(result)
            return result
        self._learning.of(client, scope)
        with DrawnBySDK():
            unread = LiveCall.unread(self._vendor, scope, client, args[1] if len(args) > 1 else kwargs["options"])
            if unread is not None:
                with unread:
                    result = await wrapped(*args, **kwargs)
                unread.returned(result)
                return result
            call = Arguments(*args, **kwargs)
            if hasattr(client, "_copy_and_prepare"):
                call.options = await client._copy_and_prepare(call.options)
            decision, faulty = self._decide(scope, client, call)
            if isinstance(decision, Replay):
                replayed = ReplayedCall(self._vendor, scope, client, call, decision, faulty)
                return replayed.quickened(await replayed.async_answer(wrapped))
            with LiveCall(self._vendor, scope, decision) as live:
                result = await call.send(wrapped)
            live.returned(result)
            return result

    def _decide(self, scope: Scope, client: Any, call: Arguments) -> tuple[Replay | Live, FaultyCall | None]:
        """What becomes of the call, and which faults it may meet where a recording answers it."""
        decided = taken_over()
        if decided is not None:
            return decided, None
        request = describe(self._vendor, client, call.options, scope.engine.own)
        faulty = scope.faults.call(request) if scope.faults is not None else None
        return scope.begin(request), faulty

    def _scope(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Scope | None:
        """The session that decides about this call; None where the SDK goes on as if we were not there."""

        def method() -> str:
            options = Arguments(*args, **kwargs).options
            return f"{self._vendor.name} {str(options.method).upper()} {options.url}"

        return deciding_session(method)

    def _app_call(self, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AppCall | None:
        """The call as it is to be noted where an app is being recorded; None where it is not."""
        place = recording_here()
        if place is None:
            return None
        seat = place.seat()
        if seat is None:
            return None
        return AppCall(self._vendor, place, seat, client, args[1] if len(args) > 1 else kwargs["options"])
