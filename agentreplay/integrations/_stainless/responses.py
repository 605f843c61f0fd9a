"""Between an HTTP library's response and the response that is recorded."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from agentreplay import _sse
from agentreplay._cassette import RecordedError, RecordedResponse, StreamEvent
from agentreplay._json.layout import NotDataError, parse, render
from agentreplay._json.values import is_object
from agentreplay._streams import Body, play
from agentreplay.integrations._stainless.vendor import Vendor

_KEPT_HEADERS: Final = frozenset(
    {
        "content-type",
        "content-disposition",
        "request-id",
        "x-request-id",
        "x-ms-request-id",
        "apim-request-id",
        "x-amzn-requestid",
        "retry-after",
        "retry-after-ms",
        "x-should-retry",
        "location",
        "etag",
        "openai-model",
        "openai-version",
        "openai-processing-ms",
        "openai-poll-after-ms",
    }
)
_KEPT_PREFIXES: Final = ("x-ratelimit-", "anthropic-ratelimit-", "anthropic-fast-")
"""The headers that users read; no other is kept, so none can leak."""

_BLANK_LINES: Final = ("\n\n", "\r\r", "\r\n\r\n", "\r\n\r")
"""What ends an event; some decoders take the last CR as the blank line, before its LF has come."""

_OTHER_STREAMS: Final = ("application/x-jsonl", "application/jsonl", "application/vnd.amazon.eventstream")

LIBRARIES: Final = ("httpx", "httpx2")


def library_of(value: Any) -> Any:
    """The HTTP library (`httpx` or `httpx2`) that the class of `value` comes from."""
    for cls in type(value).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in LIBRARIES:
            return sys.modules[root]
    raise TypeError(f"{type(value)!r} comes from neither {' nor '.join(LIBRARIES)}")


class Head(Protocol):
    """What stands before the body of a response; the HTTP library's own response has it."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Any:
        """The library's own headers."""
        ...


def is_failure(status_code: int) -> bool:
    """Whether the SDKs raise for an answer of this status; they do for a redirection that nobody follows."""
    return not 200 <= status_code < 300


def is_read(response: Any) -> bool:
    """Whether the whole body of `response` has been read already."""
    try:
        response.content  # noqa: B018 (asking is the test)
    except library_of(response).ResponseNotRead:
        return False
    return True


def record(vendor: Vendor, response: Head, body: Body, *, stream: bool, duration_ms: float) -> RecordedResponse:
    """The record of a response that begins so, and has this body, without transport compression.

    `stream` says that the app asked for events.
    """
    headers = kept_headers(response.headers)
    recorded = RecordedResponse(
        status="error" if is_failure(response.status_code) else "ok",
        http_status=response.status_code,
        headers=headers,
        duration_ms=round(duration_ms, 3),
    )
    content = body.chunks[0] if len(body.chunks) == 1 else b"".join(body.chunks)
    text = _text(content)
    content_type = headers.get("content-type", "")
    if text is not None and holds_events(response.status_code, content_type, stream=stream):
        _put_events(recorded, text, vendor, body)
        values = [event.data for event in recorded.events or []]
    else:
        if not body.exhausted:
            recorded.incomplete = True
        _put_body(recorded, content, text, is_json="json" in content_type)
        values = [recorded.body]
    recorded.prompt_tokens, recorded.completion_tokens = vendor.tokens(values)
    if body.error is not None:
        recorded.error = error_record(body.error)
    return recorded


def error_record(error: BaseException) -> RecordedError:
    """Class and text of an exception, and of the one that caused it."""
    cause = error.__cause__
    return RecordedError(
        type=type(error).__name__,
        message=_words(error),
        cause=type(cause).__name__ if cause is not None else None,
        cause_message=_words(cause) if cause is not None else None,
    )


def _words(error: BaseException) -> str:
    """What an exception was made with; some show it in a form that they do not take."""
    return error.args[0] if len(error.args) == 1 and isinstance(error.args[0], str) else str(error)


def kept_headers(headers: Any) -> dict[str, str]:
    """Those of the HTTP library's `headers` that are recorded, in order of their names, which are in lower case."""
    found: dict[str, str] = {}
    for name, value in getattr(headers, "raw", None) or _encoded(headers):
        kept = _kept_name(name)
        if kept is not None:
            if not value.isascii():
                # In which encoding it is said only the library knows.
                return {name: headers[name] for name in sorted(map(str.lower, headers)) if _kept_name(name.encode())}
            text = value.decode()
            found[kept] = f"{found[kept]}, {text}" if kept in found else text
    return dict(sorted(found.items()))


def _encoded(headers: Any) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers.items():
        yield name.encode(), value.encode()


@lru_cache(maxsize=1024)
def _kept_name(name: bytes) -> str | None:
    """The name of a header in lower case, if that is one of those that are recorded."""
    lower = name.decode("latin-1").lower()
    return lower if lower in _KEPT_HEADERS or lower.startswith(_KEPT_PREFIXES) else None


def decoded(response: Head, body: Body) -> Body:
    """`body`, which came over the wire, with transport compression undone."""
    if not response.headers.get("content-encoding"):
        return body
    library = library_of(response.headers)
    fed: list[float] = [0.0]

    def feed() -> Iterator[bytes]:
        for time_ms, chunk in zip(body.times_ms, body.chunks, strict=True):
            fed.append(time_ms)
            yield chunk

    headers = {"content-encoding": response.headers["content-encoding"]}
    again = library.Response(200, headers=headers, stream=play(library, feed(), is_async=False))
    chunks: list[bytes] = []
    times: list[float] = []
    try:
        for chunk in again.iter_bytes():
            chunks.append(chunk)
            times.append(fed[-1])
    except library.DecodingError:
        # The app left before the end: the last compressed block is not whole.
        if body.exhausted:
            raise
    return body._replace(chunks=chunks, times_ms=times)


def holds_events(status_code: int, content_type: str, *, stream: bool) -> bool:
    """Whether a body is read as server-sent events; what an app streams may be lines of JSON, or binary frames."""
    if is_failure(status_code):
        return False
    return content_type.startswith("text/event-stream") or (stream and not content_type.startswith(_OTHER_STREAMS))


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        # A stream that was left in the middle of a character is text all the same.
        if error.reason == "unexpected end of data" and error.start >= len(content) - 3:
            return content[: error.start].decode()
        return None


def _times_of(body: Body, pieces: Sequence[str]) -> list[float]:
    """When the last byte of each piece of the body's text had come."""
    chunks, times = body.chunks, body.times_ms
    found: list[float] = []
    chunk = 0
    arrived = len(chunks[0]) if chunks else 0
    position = 0
    for piece in pieces:
        position += len(piece.encode())
        while arrived < position and chunk + 1 < len(chunks):
            chunk += 1
            arrived += len(chunks[chunk])
        found.append(round(times[chunk], 1))
    return found


def _put_events(recorded: RecordedResponse, text: str, vendor: Vendor, body: Body) -> None:
    pieces = _sse.split(text)
    times = _times_of(body, pieces)
    if not body.exhausted and pieces and not pieces[-1].endswith(_BLANK_LINES):
        # The app never saw this event: it was left in the middle.
        pieces.pop()
        times.pop()
    recorded.events, recorded.layout = _sse.read(pieces)
    recorded.event_times_ms = times
    if not body.exhausted and body.error is None and not _is_final(recorded.events, vendor):
        recorded.incomplete = True


def _is_final(events: Sequence[StreamEvent], vendor: Vendor) -> bool:
    last = next((event for event in reversed(events) if event.raw is None), None)
    if last is None:
        return False
    if last.text is not None:
        return last.text.startswith("[DONE]")
    # An event that says what went wrong is the last one: the SDK raises.
    return is_object(last.data) and (last.data.get("type") in vendor.final_events or bool(last.data.get("error")))


def _put_body(recorded: RecordedResponse, content: bytes, text: str | None, *, is_json: bool) -> None:
    if not content:
        return
    if text is None or text.encode() != content:
        recorded.body, recorded.encoding = base64.b64encode(content).decode(), "base64"
        return
    try:
        value, layout = parse(text)
    except NotDataError:
        recorded.body, recorded.encoding = text, "text"
        return
    if not is_json and render(value, layout) != text:
        recorded.body, recorded.encoding = text, "text"
        return
    recorded.body, recorded.layout = value, None if layout == "compact" else layout
    recorded.encoding = "json" if value is None else None
