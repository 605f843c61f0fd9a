"""From a request of the protocol to the request that is recorded, and its answer there and back."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from agentreplay._cassette import RecordedRequest, RecordedResponse, StreamEvent
from agentreplay._json.reading import as_object
from agentreplay._kinds import MCP
from agentreplay._recorded import RecordedError

NOTES: Final = {"vendor": "mcp"}

_HANDSHAKE: Final = frozenset({"initialize", "server/discover"})
"""What the SDK says here depends on its own version and on the app's callbacks: none of it tells requests apart."""

PREPARING: Final = _HANDSHAKE | {"logging/setLevel", "resources/subscribe", "resources/unsubscribe"}
"""Requests on which later ones depend, at a server that has not seen the recording."""

LISTEN: Final = "subscriptions/listen"
"""A request that is answered when the server, or the app, has had enough."""

SUBSCRIPTION_META: Final = "io.modelcontextprotocol/subscriptionId"
_SERVER_META: Final = "io.modelcontextprotocol/serverInfo"
_META_OF_A_RUN: Final = frozenset(
    {
        "progressToken",
        "traceparent",
        "tracestate",
        "baggage",
        "io.modelcontextprotocol/protocolVersion",
        "io.modelcontextprotocol/clientInfo",
        "io.modelcontextprotocol/clientCapabilities",
    }
)
"""What the SDK adds to each request: it says who asks and when, not what."""

_UNANSWERED: Final = "Unanswered"
_ERROR: Final = "McpError"
"""The errors of both major versions under one name."""

ANSWER: Final = StreamEvent(event="answer")
"""Stands among a server's messages where the answer came, if some came after it."""


def request_of(method: str, params: Mapping[str, Any] | None, server: str | None) -> RecordedRequest:
    """The request for `method`; `params` are JSON, as they are sent."""
    body: dict[str, Any] = {} if server is None else {"server": server}
    said = {} if method in _HANDSHAKE else _of_this_request(params)
    if said:
        body["params"] = said
    return RecordedRequest(kind=MCP, method=method, body=body)


def _of_this_request(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """A copy of `params` without what belongs to the run, and without members that hold nothing."""
    said = copy.deepcopy(dict(params or {}))
    meta = {name: value for name, value in as_object(said.pop("_meta", None)).items() if name not in _META_OF_A_RUN}
    return {**said, "_meta": meta} if meta else said


def callback_request(method: str, params: Mapping[str, Any] | None, answer: Any, server: str | None) -> RecordedRequest:
    """What the app's callback answered to the server, as a request: the server goes on with it."""
    recorded = request_of(method, params, server)
    recorded.body["answer"] = copy.deepcopy(answer)
    return recorded


def server_name(method: str, result: Mapping[str, Any]) -> str | None:
    """The name that a server gives itself in the `result` of a handshake."""
    about = {
        "initialize": result.get("serverInfo"),
        "server/discover": as_object(result.get("_meta")).get(_SERVER_META),
    }.get(method)
    name = as_object(about).get("name")
    return name if isinstance(name, str) and name else None


def result_response(result: Any) -> RecordedResponse:
    """What is recorded of a result, which is JSON."""
    return RecordedResponse(body=copy.deepcopy(result))


def error_response(error: Mapping[str, Any]) -> RecordedResponse:
    """What is recorded of an error of the protocol: `code`, `message` and perhaps `data`."""
    told = RecordedError(type=_ERROR, message=str(error.get("message", "")))
    return RecordedResponse(status="error", body=copy.deepcopy(dict(error)), error=told)


def failed_response(error: Exception) -> RecordedResponse:
    """What is recorded where the connection failed under a request."""
    return RecordedResponse(status="error", error=RecordedError(type=type(error).__name__, message=str(error)))


def unanswered_response() -> RecordedResponse:
    """What is recorded where the app gave up waiting."""
    told = RecordedError(type=_UNANSWERED, message="The app stopped waiting for an answer.")
    return RecordedResponse(status="error", incomplete=True, error=told)


def is_unanswered(response: RecordedResponse) -> bool:
    """Whether the app gave up waiting."""
    return response.error is not None and response.error.type == _UNANSWERED


def error_of(response: RecordedResponse) -> dict[str, Any] | None:
    """The error of the protocol that was recorded, if it was one."""
    if response.error is None or response.error.type != _ERROR:
        return None
    return copy.deepcopy(as_object(response.body))
