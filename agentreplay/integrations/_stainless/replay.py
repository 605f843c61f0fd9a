"""A call that the recording answers: the SDK's own parser is given a response built from it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from agentreplay._active import Scope
from agentreplay._alike import Alike
from agentreplay._cassette import RecordedResponse
from agentreplay._decisions import Replay
from agentreplay._faults import FaultyCall
from agentreplay._json.plain import plain_json
from agentreplay._pace import Pace, async_sleep, sleep
from agentreplay.integrations._stainless import built_responses, responses
from agentreplay.integrations._stainless.arguments import Arguments
from agentreplay.integrations._stainless.attempts import Served, async_serve, serve
from agentreplay.integrations._stainless.faulty import Attempts, answer_with_faults, async_answer_with_faults
from agentreplay.integrations._stainless.quick_streams import quickened
from agentreplay.integrations._stainless.unsent import build_request, is_error
from agentreplay.integrations._stainless.vendor import Vendor

_RAW_RESPONSE_HEADER: Final = "x-stainless-raw-response"


class ReplayedCall:
    """A call that the recording answers, at the pace and with the faults of its session `scope`.

    `recorded`, the record beside its events, is given of a stream that is only played, at once and without faults.
    """

    def __init__(
        self,
        vendor: Vendor,
        scope: Scope,
        client: Any,
        call: Arguments,
        decision: Replay,
        faulty: FaultyCall | None,
        *,
        recorded: RecordedResponse | None = None,
    ) -> None:
        self._vendor = vendor
        self._scope = scope
        self._client = client
        self._call = call
        self._decision = decision
        response = decision.interaction.response
        is_as_read = response._is_as_written()
        # It is only read: nothing is copied for it.
        self._recorded = response._to_read() if recorded is None else recorded
        self._events = (self._recorded if recorded is None else response)._held_events()
        self._plain = call.stream and self._events is not None and (is_as_read or _is_plain(self._events))
        self._faulty = faulty if faulty is not None and faulty.meets_any(self._recorded) else None
        self._pace = Pace.from_now(scope.speed) if math.isfinite(scope.speed) else None

    def answer(self, wrapped: Any) -> Any:
        """What the SDK's own parser makes of the recorded response.

        Raises:
            APIStatusError, APIConnectionError: the SDK's own exception, where that is what was recorded.
        """
        if wait := self._wait():
            sleep(wait)
        if self._faulty is not None:
            return answer_with_faults(self._attempts(self._faulty, is_async=False), wrapped, self._call)
        return self._answer(wrapped, serve, is_async=False)

    async def async_answer(self, wrapped: Any) -> Any:
        """What `answer` gives, of an async client."""
        if wait := self._wait():
            await async_sleep(wait)
        if self._faulty is not None:
            return await async_answer_with_faults(self._attempts(self._faulty, is_async=True), wrapped, self._call)
        return await self._answer(wrapped, async_serve, is_async=True)

    def quickened(self, answer: Any) -> Any:
        """`answer`, with the chunks of a stream that comes as it was recorded, and at once, made ahead."""
        if self._pace is None and self._faulty is None and self._plain and self._events is not None:
            quickened(self._vendor.package, self._client, answer, self._recorded, self._events)
        return answer

    def _answer(self, wrapped: Any, serve_through: Callable[..., Any], *, is_async: bool) -> Any:
        client, call, retries = self._client, self._call, self._recorded.retries_taken or 0

        def respond(options: Any) -> Any:
            return self._response(build_request(self._vendor, client, options, retries), is_async=is_async)

        if getattr(client, "_middleware", ()):
            return serve_through(Served(client, respond, retries), call, wrapped)
        cast_to = client._maybe_override_cast_to(call.cast_to, call.options)
        response = respond(call.options)
        if is_error(self._recorded):
            raise client._make_status_error_from_response(response) from None
        return client._process_response(
            cast_to=cast_to,
            options=call.options,
            response=response,
            stream=call.stream,
            stream_cls=call.stream_cls,
            retries_taken=retries,
        )

    def _response(self, request: Any, *, is_async: bool) -> Any:
        """The response that was recorded, to `request`.

        Raises:
            APIConnectionError: none was, since the connection failed.
        """
        recorded = self._recorded
        if recorded.error and recorded.http_status is None:
            raise _connection_error(self._vendor, recorded, request)
        unread = not is_error(recorded) and (self._call.stream or request.headers.get(_RAW_RESPONSE_HEADER) == "stream")
        method = self._decision.interaction.request.method
        return built_responses.build(
            recorded,
            request,
            method,
            unread=unread,
            is_async=is_async,
            pace=self._pace,
            events=self._events,
            plain=self._plain,
        )

    def _wait(self) -> float:
        """In how many seconds the recorded answer is due; that of a stream comes event by event."""
        if self._pace is None or self._recorded.event_times_ms:
            return 0.0
        return self._pace.until(self._recorded.duration_ms or 0.0)

    def _attempts(self, faulty: FaultyCall, *, is_async: bool) -> Attempts:
        return Attempts(
            self._vendor, self._scope, self._client, self._decision, faulty, is_async=is_async, pace=self._pace
        )


def _is_plain(events: Sequence[Alike]) -> bool:
    """Whether what events hold is JSON, and nothing that somebody put into a recording by hand."""
    return plain_json(*(event.fields.get("data") for event in events)) is not None


def _connection_error(vendor: Vendor, recorded: RecordedResponse, request: Any) -> Exception:
    sdk = sys.modules[vendor.package]
    assert recorded.error is not None
    if recorded.error.type == "APITimeoutError":
        error: Exception = sdk.APITimeoutError(request=request)
    else:
        error = sdk.APIConnectionError(message=recorded.error.message, request=request)
    error.__cause__ = built_responses.transport_error(responses.library_of(request), recorded.error, request)
    return error
