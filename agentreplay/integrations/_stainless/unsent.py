"""The HTTP request that a replayed response carries: built as the SDK would have sent it, and never sent."""

from __future__ import annotations

import sys
from typing import Any, Final

from agentreplay._cassette import RecordedResponse
from agentreplay.integrations._stainless.credentials import stand_ins_allowed
from agentreplay.integrations._stainless.responses import is_failure
from agentreplay.integrations._stainless.vendor import Vendor

_RETRY_COUNT_HEADER: Final = "x-stainless-retry-count"
"""Not sent by the oldest SDKs, nor where the app leaves it out."""


def is_error(recorded: RecordedResponse) -> bool:
    """Whether the SDK raises for this answer."""
    return recorded.status == "error" or is_failure(recorded.http_status or 200)


def build_request(vendor: Vendor, client: Any, options: Any, retries_taken: int) -> Any:
    """The request of `client` with these options, after so many retries."""
    with stand_ins_allowed():
        try:
            request = client._build_request(options)
        except Exception:  # noqa: BLE001 (each SDK and version raises its own)
            # Without credentials the SDK builds no request, unless the caller says that there shall be none.
            keyless = options.model_copy()
            keyless.headers = {**(options.headers or {}), "Authorization": sys.modules[vendor.package]._types.Omit()}
            request = client._build_request(keyless)
    own: dict[str, Any] = options.headers or {}
    by_the_app = any(name.lower() == _RETRY_COUNT_HEADER for name in own)
    if retries_taken and _RETRY_COUNT_HEADER in request.headers and not by_the_app:
        request.headers[_RETRY_COUNT_HEADER] = str(retries_taken)
    return request
