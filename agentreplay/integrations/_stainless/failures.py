"""What a provider answers when something is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from agentreplay._cassette import RecordedError, RecordedResponse
from agentreplay._faults import Fault


@dataclass(frozen=True)
class Failure:
    """One way in which a provider refuses: its HTTP status, the JSON that it sends, and headers that clients read.

    The words stand in the JSON under `error.message`.
    """

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def response(self, fault: Fault) -> RecordedResponse:
        """The answer, as it would have been recorded."""
        body: dict[str, Any] = deepcopy(dict(self.body))
        if fault.message is not None:
            body["error"]["message"] = fault.message
        headers = {"content-type": "application/json", **self.headers}
        if fault.retry_after is not None:
            headers["retry-after"] = f"{fault.retry_after:g}"
        return RecordedResponse(status="error", http_status=fault.status or self.status, headers=headers, body=body)


def no_answer(fault: Fault) -> RecordedResponse:
    """What is recorded of a call that got no answer at all: the SDK's error, and that of the HTTP library under it."""
    if fault.kind == "timeout":
        error = RecordedError(
            type="APITimeoutError",
            message="Request timed out.",
            cause="ReadTimeout",
            cause_message="The read operation timed out",
        )
    else:
        error = RecordedError(
            type="APIConnectionError",
            message="Connection error.",
            cause="ConnectError",
            cause_message="All connection attempts failed",
        )
    return RecordedResponse(status="error", error=error)
