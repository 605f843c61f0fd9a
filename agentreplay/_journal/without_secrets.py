"""A call without its secrets, as it is written to a journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentreplay._redaction import Redactor


def without_secrets(redactor: Redactor, call: dict[str, Any], between: Callable[[], None]) -> dict[str, Any]:
    """The plain request and response of a call without their secrets. A stream is judged on its joined texts.

    `between` is called where one part of the work is done and another begins.
    """
    events: list[dict[str, Any]] | None = call["response"].pop("events", None)
    clean: dict[str, Any] = redactor.redact(call)
    if not events:
        return clean
    between()
    kinds = [next((kind for kind in ("text", "raw") if kind in event), "data") for event in events]
    contents = redactor.redact_events([event.get(kind) for event, kind in zip(events, kinds, strict=True)])
    redacted = [{**event, kind: new} for event, kind, new in zip(events, kinds, contents, strict=True)]
    return {**clean, "response": {**clean["response"], "events": redacted}}
