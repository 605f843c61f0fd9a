"""How the provider can be told to behave otherwise: to fail, to hesitate, to frame its answers oddly."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from demo.provider.clouds import AWS_STREAM, aws_frame
from demo.provider.exchange import Event, Received, Reply, compact
from demo.provider.model import Turn
from demo.provider.vendors import error_event, error_reply


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How one request is answered; what is not set stays as it would be.

    Attributes:
        status: an error status, with the vendor's body for it.
        message: the text in that body.
        headers: put over the headers of the answer.
        body: sent instead of the answer, as `content_type`, with `status`.
        content_type: of `body`.
        echo: answer with what was received: method, path, query, headers and the body as text.
        turn: what the model says, instead of what it would say.
        latency: seconds before anything is sent.
        pace: seconds before each event of a stream.
        hold: nothing is sent before this is set.
        drop: the connection is closed without an answer.
        gates: event `i` of a stream is sent only when `gates[i]` is set.
        error_after: after so many events the stream says that it cannot go on, and ends.
        cut_after: after so many events (without a stream: after so many bytes) the connection breaks.
        gzip: the body is sent compressed; that of a stream event by event.
        crlf: the lines of a stream end with CRLF.
        comments: a comment stands before each event of a stream, and an empty event at its head.
        piece: the body is sent in pieces of so many bytes, wherever that cuts.
    """

    status: int | None = None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None
    content_type: str = "application/json"
    echo: bool = False
    turn: Turn | None = None
    latency: float = 0
    pace: float = 0
    hold: threading.Event | None = None
    drop: bool = False
    gates: Mapping[int, threading.Event] = field(default_factory=dict[int, threading.Event])
    error_after: int | None = None
    cut_after: int | None = None
    gzip: bool = False
    crlf: bool = False
    comments: bool = False
    piece: int | None = None

    def replaces(self, request: Received) -> Reply | None:
        """The reply that stands in for the vendor's answer; None where the vendor answers."""
        if self.body is not None:
            return Reply(body=self.body, status=self.status or 200, content_type=self.content_type)
        if self.echo:
            seen = {"method": request.method, "path": request.path, "query": dict(request.query)}
            text = request.body.decode("utf-8", "backslashreplace")
            return Reply(body=compact({**seen, "headers": dict(request.headers), "body": text}).encode())
        return error_reply(request, self.status, self.message) if self.status is not None else None

    def shape(self, request: Received, reply: Reply) -> Reply:
        """`reply` with this behaviour's headers, and with its events cut or broken off."""
        headers = {**reply.headers, **self.headers}
        if self.gzip:
            headers["content-encoding"] = "gzip"
        events = reply.events
        if events is not None and self.error_after is not None:
            events = (*events[: self.error_after], error_event(request))
        if events is not None and self.cut_after is not None:
            events = events[: self.cut_after]
        return replace(reply, headers=headers, events=events)

    def chunks(self, reply: Reply) -> Iterator[tuple[int, bytes]]:
        """The body in the pieces in which it is written, each with the number of the event that it belongs to."""
        packer = zlib.compressobj(wbits=_GZIP) if self.gzip else None
        for index, part in enumerate(self._parts(reply)):
            packed = packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) if packer else part
            for piece in self._cut(packed):
                yield index, piece
        if packer:
            yield -1, packer.flush()

    def _parts(self, reply: Reply) -> Iterator[bytes]:
        if reply.events is None:
            yield reply.body
            return
        for index, event in enumerate(reply.events):
            if reply.content_type == AWS_STREAM:
                yield aws_frame(event)
            else:
                yield self._framed(index, event)

    def _framed(self, index: int, event: Event) -> bytes:
        newline = "\r\n" if self.crlf else "\n"
        head = ""
        if self.comments:
            head = f": keep-alive {index}{newline}{newline}" + (newline if index == 0 else "")
        return head.encode() + event.encode(newline)

    def _cut(self, part: bytes) -> Iterator[bytes]:
        size = self.piece or len(part) or 1
        for start in range(0, len(part), size):
            yield part[start : start + size]


_GZIP: Final = 31
"""zlib's word for a gzip header with the largest window."""
