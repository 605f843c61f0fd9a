"""Requests and responses without secrets, as they are matched and written."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

from agentreplay._meta import CassetteMeta
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse, StreamEvent
from agentreplay._redaction import Redactor

M = TypeVar("M", bound=BaseModel)


def redact_metadata(redactor: Redactor, interaction: Interaction) -> Interaction:
    """`interaction` without secrets in its metadata; the very same object if it holds none there."""
    return _redacted(redactor, interaction, ("metadata",))


def redact_meta(redactor: Redactor, meta: CassetteMeta) -> CassetteMeta:
    """`meta` without secrets in the names of tests, which have a test's arguments in them; itself if there are none."""
    meta = _redacted(redactor, meta, ("test_id",))
    parent = _redacted(redactor, meta.parent, ("test_id",)) if meta.parent is not None else None
    return _with(meta, {"parent": parent} if parent is not meta.parent else {})


def redact_request(redactor: Redactor, request: RecordedRequest) -> RecordedRequest:
    """`request` without secrets; the very same object if it holds none."""
    return _redacted(redactor, request, ("body", "query", "path", "model"))


def redact_response(redactor: Redactor, response: RecordedResponse) -> RecordedResponse:
    """`response` without secrets; the very same object if it holds none. A stream is judged on its joined texts."""
    response = _redacted(redactor, response, ("body", "headers"))
    if response.error is not None:
        error = _redacted(redactor, response.error, ("message", "cause_message", "args", "state"))
        response = _with(response, {"error": error} if error is not response.error else {})
    if response.events:
        old = [_content(event) for event in response.events]
        new = redactor.redact_events(old)
        events = [_with_content(*pair) for pair in zip(response.events, old, new, strict=True)]
        response = _with(response, {"events": events} if any(a is not b for a, b in zip(old, new, strict=True)) else {})
    return response


def _redacted(redactor: Redactor, model: M, fields: tuple[str, ...]) -> M:
    old = {name: getattr(model, name) for name in fields}
    new = redactor.redact(old)
    return _with(model, {name: new[name] for name in fields if new[name] is not old[name]})


def _with(model: M, changes: dict[str, Any]) -> M:
    return model.model_copy(update=changes) if changes else model


def _content(event: StreamEvent) -> Any:
    """What an event says: data, or text where it is none."""
    return next((text for text in (event.text, event.raw) if text is not None), event.data)


def _with_content(event: StreamEvent, old: Any, new: Any) -> StreamEvent:
    if new is old:
        return event
    name = "text" if event.text is not None else "raw" if event.raw is not None else "data"
    return event.model_copy(update={name: new})
