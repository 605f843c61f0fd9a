"""A call that the recording answers: the SDK's own parser is given a response built from it."""

from __future__ import annotations

import sys
from typing import Any, Final

from agentreplay._cassette import RecordedResponse
from agentreplay._engine import Replay
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.arguments import Arguments
from agentreplay.integrations._stainless.credentials import stand_ins_allowed
from agentreplay.integrations._stainless.vendor import Vendor

_RAW_RESPONSE_HEADER: Final = "x-stainless-raw-response"
_RETRY_COUNT_HEADER: Final = "x-stainless-retry-count"
"""Not sent by the oldest SDKs, nor where the app leaves it out."""


def replay(vendor: Vendor, client: Any, call: Arguments, decision: Replay, *, is_async: bool) -> Any:
    """What the SDK's own parser makes of the recorded response; of an async client, a coroutine of it.

    Raises:
        APIStatusError, APIConnectionError: the SDK's own exception, where that is what was recorded.
    """
    interaction = decision.interaction
    recorded = interaction.response
    cast_to = client._maybe_override_cast_to(call.cast_to, call.options)
    request = _request_for(vendor, client, call.options, recorded.retries_taken or 0)
    if recorded.error and recorded.http_status is None:
        raise _connection_error(vendor, recorded, request)
    raw = request.headers.get(_RAW_RESPONSE_HEADER)
    unread = call.stream or raw == "stream"
    is_error = recorded.status == "error" or (recorded.http_status or 200) >= 400
    response = responses.build(
        recorded, request, interaction.request.method, unread=unread and not is_error, is_async=is_async
    )
    if is_error:
        raise client._make_status_error_from_response(response) from None
    return client._process_response(
        cast_to=cast_to,
        options=call.options,
        response=response,
        stream=call.stream,
        stream_cls=call.stream_cls,
        retries_taken=recorded.retries_taken or 0,
    )


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
