"""A call as the texts that were sent and received: taken from what was noted on its way, and read again later.

Nothing is parsed on the way to the disk where that can be spared: whoever collects the recordings parses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse
from agentreplay._journal.unsaved import CallTexts
from agentreplay._redaction import secret_name
from agentreplay._redaction.texts import Texts
from agentreplay._streams import Body
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.requests import Envelope, body_of_content
from agentreplay.integrations._stainless.snapshots import ResponseHead
from agentreplay.integrations._stainless.vendor import Vendor

_TIMES_PER_MS = 10


@dataclass
class Received:
    """What came back: the head of a response and its body, without transport compression.

    `stream` says that the app asked for events. Durations are in milliseconds.
    """

    head: ResponseHead
    body: Body
    stream: bool
    duration_ms: float
    retries: int

    def tell(self, vendor: Vendor) -> RecordedResponse:
        """The record of the response."""
        response = responses.record(vendor, self.head, self.body, stream=self.stream, duration_ms=self.duration_ms)
        response.retries_taken = self.retries or None
        return response


class Answer(NamedTuple):
    """The text of what came back, and what it consists of: JSON texts, events of a stream, and headers beside them."""

    content: bytes
    headers: dict[str, str]
    strings: list[str]
    bodies: list[str]
    events: list[str]

    @classmethod
    def of(cls, received: Received, told: RecordedResponse | None = None) -> Answer | None:
        """The answer that was received, and may have been `told` already; None where it is not all text of JSON."""
        body = received.body
        headers = told.headers if told is not None else responses.kept_headers(received.head.headers)
        headers = headers or {}
        is_json = told is not None and told.events is None and told.encoding in {None, "json"}
        if body.error is not None or any(map(secret_name, headers)):
            return None
        content = body.chunks[0] if len(body.chunks) == 1 else b"".join(body.chunks)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return None
        content_type = headers.get("content-type", "")
        if not responses.holds_events(received.head.status_code, content_type, stream=received.stream):
            if text and not (is_json or _is_json(text)):
                return None
            return cls(content, headers, list(headers.values()), [text] if text else [], [])
        if not body.exhausted and not text.endswith("\n\n"):
            # The event in which the app left is not kept.
            text = text[: text.rfind("\n\n") + 2] if "\n\n" in text else ""
            content = text.encode()
        found = _events(text)
        if found is None:
            return None
        names, events = found
        return cls(content, headers, [*headers.values(), *names], [], events)

    def texts(self, beside: Sequence[str], bodies: Sequence[str]) -> Texts:
        """What it consists of, with other strings and JSON texts of the call."""
        return Texts([*beside, *self.strings], [*bodies, *self.bodies], self.events)


def asked_texts(envelope: Envelope, sent: bytes) -> list[str] | None:
    """The JSON texts of which a request consists beside its method; None where it has to be parsed."""
    try:
        asked = sent.decode()
    except UnicodeDecodeError:
        return None
    bodies = [asked] if asked else []
    if envelope.path is not None or envelope.query is not None:
        bodies.append(json.dumps([envelope.path, envelope.query]))
    return bodies


def texts_of(envelope: Envelope, sent: bytes, received: Received) -> CallTexts | None:
    """The call in texts; None where it has to be parsed."""
    answer = Answer.of(received)
    bodies = asked_texts(envelope, sent)
    if answer is None or bodies is None:
        return None
    said = {
        "request": vars(envelope),
        "response": {
            "http_status": received.head.status_code,
            "headers": answer.headers,
            "stream": received.stream,
            "exhausted": received.body.exhausted,
            "duration_ms": received.duration_ms,
            "retries": received.retries,
            "sizes": list(map(len, received.body.chunks)),
            "times": [int(time * _TIMES_PER_MS + 0.5) for time in received.body.times_ms],
        },
    }
    return CallTexts(said, sent, answer.content, answer.texts([envelope.method], bodies))


def interaction_of(vendor: Vendor, said: Mapping[str, Any], sent: bytes, content: bytes) -> Interaction:
    """The interaction of a call that `texts_of` gave in texts.

    Raises:
        ValueError, KeyError, TypeError: that says no call.
    """
    request = _request(Envelope(**said["request"]), sent)
    head: Mapping[str, Any] = said["response"]
    chunks: list[bytes] = []
    position = 0
    for size in head["sizes"]:
        chunks.append(content[position : position + size])
        position += size
    times = [time / _TIMES_PER_MS for time in head["times"]]
    received = Received(
        ResponseHead(head["http_status"], head["headers"]),
        Body(chunks, times, exhausted=head["exhausted"]),
        stream=head["stream"],
        duration_ms=head["duration_ms"],
        retries=head["retries"],
    )
    return Interaction(
        sequence=said["sequence"], request=request, response=received.tell(vendor), metadata=said["metadata"]
    )


def _request(envelope: Envelope, sent: bytes) -> RecordedRequest:
    return envelope.around(body_of_content(sent) if sent else {})


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _events(text: str) -> tuple[list[str], list[str]] | None:
    """The names and the JSON texts of a stream's events; None where there are others, or lines that are not theirs."""
    pieces = text.split("\n\n")
    if not pieces[-1]:
        pieces.pop()
    names: dict[str, None] = {}
    events = [piece[6:] for piece in pieces if piece.startswith("data: ")]
    lines = len(events)
    if lines < len(pieces):
        if events and events != ["[DONE]"]:
            # Events with a name and others without do not come from the providers that matter here.
            return None
        events.clear()
        for piece in pieces:
            name, _, data = piece.partition("\n")
            if name.startswith("event: ") and data.startswith("data: "):
                names[name[7:]] = None
                events.append(data[6:])
            elif piece == "data: [DONE]":
                events.append("[DONE]")
            else:
                return None
        lines = 2 * len(events) - events.count("[DONE]")
    if "\r" in text or text.count("\n") != lines + len(events) - (not text.endswith("\n\n")) * 1:
        return None
    if events and events[-1] == "[DONE]":
        events.pop()
    return list(names), events
