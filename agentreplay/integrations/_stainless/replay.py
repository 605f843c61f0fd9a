"""A call that the recording answers: the SDK's own parser is given a response built from it."""

from __future__ import annotations

import sys
from typing import Any, Final

from agentreplay._cassette import RecordedResponse
from agentreplay._engine import Replay
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.arguments import Arguments
from agentreplay.integrations._stainless.attempts import Served, async_serve, serve
from agentreplay.integrations._stainless.credentials import stand_ins_allowed
from agentreplay.integrations._stainless.vendor import Vendor

_RAW_RESPONSE_HEADER: Final = "x-stainless-raw-response"
_RETRY_COUNT_HEADER: Final = "x-stainless-retry-count"
"""Not sent by the oldest SDKs, nor where the app leaves it out."""


def replay(vendor: Vendor, client: Any, call: Arguments, decision: Replay, wrapped: Any, *, is_async: bool) -> Any:
    """What the SDK's own parser makes of the recorded response; of an async client, a coroutine of it.

    Raises:
        APIStatusError, APIConnectionError: the SDK's own exception, where that is what was recorded.
    """
    recorded = decision.interaction.response

    def respond(options: Any) -> Any:
        return _response(vendor, client, call, options, decision, is_async=is_async)

    if getattr(client, "_middleware", ()):
        served = Served(client, respond, recorded.retries_taken or 0)
        return (async_serve if is_async else serve)(served, call, wrapped)
    cast_to = client._maybe_override_cast_to(call.cast_to, call.options)
    response = respond(call.options)
    if _is_error(recorded):
        raise client._make_status_error_from_response(response) from None
    return client._process_response(
        cast_to=cast_to,
        options=call.options,
        response=response,
        stream=call.stream,
        stream_cls=call.stream_cls,
        retries_taken=recorded.retries_taken or 0,
    )


def _response(vendor: Vendor, client: Any, call: Arguments, options: Any, decision: Replay, *, is_async: bool) -> Any:
    """The response that was recorded, to a request with these options.

    Raises:
        APIConnectionError: none was, since the connection failed.
    """
    recorded = decision.interaction.response
    request = _request_for(vendor, client, options, recorded.retries_taken or 0)
    if recorded.error and recorded.http_status is None:
        raise _connection_error(vendor, recorded, request)
    unread = call.stream or request.headers.get(_RAW_RESPONSE_HEADER) == "stream"
    method = decision.interaction.request.method
    return responses.build(recorded, request, method, unread=unread and not _is_error(recorded), is_async=is_async)


def _is_error(recorded: RecordedResponse) -> bool:
    return recorded.status == "error" or (recorded.http_status or 200) >= 400


def _connection_error(vendor: Vendor, recorded: RecordedResponse, request: Any) -> Exception:
    sdk = sys.modules[vendor.package]
    assert recorded.error is not None
    if recorded.error.type == "APITimeoutError":
        error: Exception = sdk.APITimeoutError(request=request)
    else:
        error = sdk.APIConnectionError(message=recorded.error.message, request=request)
    error.__cause__ = responses.transport_error(responses.library_of(request), recorded.error, request)
    return error


def _request_for(vendor: Vendor, client: Any, options: Any, retries_taken: int) -> Any:
    """The HTTP request that the SDK would have sent, for the replayed response to carry. It is never sent."""
    with stand_ins_allowed():
        try:
            request = client._build_request(options)
        except Exception:  # noqa: BLE001 (each SDK and version raises its own)
            # Without credentials the SDK builds no request, unless the caller says that there shall be none.
            keyless = options.model_copy()
            keyless.headers = {**(options.headers or {}), "Authorization": sys.modules[vendor.package]._types.Omit()}
            request = client._build_request(keyless)
    if retries_taken and _RETRY_COUNT_HEADER in request.headers:
        request.headers[_RETRY_COUNT_HEADER] = str(retries_taken)
    return request
