"""Whether a request holds all that was recorded."""

from __future__ import annotations

from typing import Any

from agentreplay._cassette import RecordedRequest
from agentreplay._json.values import is_array, is_object, same_json
from agentreplay._redaction import comparable


def same_operation(recorded: RecordedRequest, request: RecordedRequest) -> bool:
    """Whether both are calls of one kind and method."""
    return recorded.kind == request.kind and recorded.method == request.method


def without_numbers(request: RecordedRequest) -> RecordedRequest:
    """`request` with the placeholders of redacted secrets made alike, as they are for the key of a request."""
    body = comparable(request.body)
    return request if body is request.body else request.model_copy(update={"body": body})


def is_within(recorded: RecordedRequest, request: RecordedRequest) -> bool:
    """Whether all that `recorded` says is in `request`, with equal values."""
    return (
        same_operation(recorded, request)
        and (recorded.model is None or recorded.model == request.model)
        and (recorded.path is None or recorded.path == request.path)
        and _value_within(recorded.query or {}, request.query or {})
        and _value_within(recorded.body, request.body)
    )


def _value_within(recorded: Any, actual: Any) -> bool:
    """Whether `actual` holds `recorded`: an object may hold more members, an array must be as long."""
    if is_object(recorded):
        return is_object(actual) and all(
            name in actual and _value_within(item, actual[name]) for name, item in recorded.items()
        )
    if is_array(recorded):
        return is_array(actual) and len(recorded) == len(actual) and all(map(_value_within, recorded, actual))
    return same_json(recorded, actual)
