"""What is noted of a request and of the head of a response while a call runs, to be read later in another thread.

It is noted once the SDK has had the caller's arguments: what was sent stands in the SDK's own request, as bytes that
nobody changes any more. Large things are neither copied nor parsed here, and no file is read that lies on a disk.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast
from urllib.parse import unquote, urlsplit

from agentreplay._cassette import RecordedRequest
from agentreplay._json.values import is_array, is_object
from agentreplay.integrations._stainless.requests import (
    Envelope,
    body_of_content,
    bytes_of,
    describe,
    describe_files,
    form_fields,
    json_body,
)
from agentreplay.integrations._stainless.responses import library_of
from agentreplay.integrations._stainless.vendor import Vendor


class ResponseHead(NamedTuple):
    """What stands before the body of a response; it keeps nothing else of it."""

    status_code: int
    headers: Any

    @classmethod
    def of(cls, response: Any) -> ResponseHead:
        """The head of the HTTP library's `response`, whatever is done with that later."""
        headers = response.headers
        return cls(response.status_code, type(headers)(headers))


class Asked:
    """What was asked: `tell` makes the record of it, once; `size` is what it holds until then, in bytes.

    `content` is the body as it was sent, where that is all there is to be read of it.
    """

    __slots__ = ("_body", "content", "envelope", "size")

    def __init__(
        self, envelope: Envelope, content: bytes | None, body: Callable[[], dict[str, Any]] | None = None, size: int = 0
    ) -> None:
        self.envelope = envelope
        self.content = content
        self.size = len(content) if content is not None else size
        self._body = body

    def tell(self) -> RecordedRequest:
        """The record of it."""
        if self._body is not None:
            return self.envelope.around(self._body())
        return self.envelope.around(body_of_content(self.content) if self.content else {})


def note_request(vendor: Vendor, client: Any, options: Any, sent: Any) -> Asked:
    """What was asked with the funnel's `options`, as the HTTP library's request `sent` says it.

    Without `sent` (a middleware of the app answered), or where the call may have been rewritten (by middleware, or for
    another cloud), it is described from the options, which say what the app asked.

    Raises:
        NotJSONError: that cannot be done, since they hold something that is no JSON.
    """
    if sent is None or getattr(client, "_middleware", None) or not _is_unchanged(options, sent):
        request = describe(vendor, client, options)
        envelope = Envelope(request.kind, request.method, request.path, request.query)
        return Asked(envelope, None, lambda: request.body)
    return _asked(client, options, sent, envelope_of(vendor, client, options))


_LONG: Final = 32
"""How many messages make a conversation that is shared with the request before it, and not held in bytes meanwhile."""

_STEPS: Final = frozenset({"_build_request", "_prepare_options", "_prepare_request", "_prepare_url"})


def says_all_in_bytes(vendor: Vendor, client: Any, options: Any) -> bool:
    """Whether the SDK will send the JSON of `options` as it stands, so that nothing else need be known of the call.

    Not certain where the client is one for another cloud, or somebody's own, or has middleware.
    """
    held: dict[str, Any] = options.__dict__
    if (
        not _is_plain(vendor, client)
        or getattr(client, "_middleware", None)
        or not _STEPS.isdisjoint(client.__dict__)
        or held.get("files")
        or held.get("content") is not None
    ):
        return False
    body = held.get("json_data")
    return body is None or (is_object(body) and not any(map(_is_long, body.values())))


def _is_plain(vendor: Vendor, client: Any) -> bool:
    """Whether `client` is one of the SDK's own for its provider."""
    sort = cast("object", type(client))
    sdk = sys.modules[vendor.package]
    return vendor.express is not None and any(sort is getattr(sdk, name) for name in vendor.express.clients)


def _is_long(value: Any) -> bool:
    return is_array(value) and len(value) >= _LONG


def note_bytes(vendor: Vendor, client: Any, options: Any, envelope: Envelope, sent: Any) -> Asked:
    """What was asked, as the HTTP library's request `sent` says it, of which that was to be expected.

    Raises:
        NotJSONError: somebody has rewritten it after all, and the options hold something that is no JSON.
    """
    if sent is not None and sent.method == options.method.upper() and _is_unchanged(options, sent):
        if options.method in _WITHOUT_BODY:
            return Asked(envelope, b"")
        content = _content_of(sent)
        if content[:1] == b"{" or (not content and options.json_data is None):
            return Asked(envelope, content)
    request = describe(vendor, client, options)
    return Asked(envelope, None, lambda: request.body)


def _content_of(sent: Any) -> bytes:
    """The body of a request; nothing of one that comes in pieces."""
    try:
        content: bytes = sent.content
    except library_of(sent).RequestNotRead:
        return b""
    return content


_plain_envelopes: dict[tuple[str, str, str], Envelope] = {}


def envelope_of(vendor: Vendor, client: Any, options: Any) -> Envelope:
    """What `Envelope.of` gives. Where that says always the same of an operation it is made once."""
    held: dict[str, Any] = options.__dict__
    if held.get("params") or held.get("qualifiers"):
        return Envelope.of(vendor, client, options)
    operation = (vendor.name, options.method, options.url)
    envelope = _plain_envelopes.get(operation)
    if envelope is None:
        envelope = Envelope.of(vendor, client, options)
        if envelope.path is None and vendor.routes.knows(str(options.method).upper(), options.url):
            _plain_envelopes[operation] = envelope
    return envelope


def _is_unchanged(options: Any, sent: Any) -> bool:
    url: str = options.url
    path: str = sent.url.path
    if path.endswith(url) or "://" in url:
        return True
    return path.endswith(unquote(urlsplit(url).path))


def _asked(client: Any, options: Any, sent: Any, envelope: Envelope) -> Asked:
    """The request, with the body that was sent."""
    if options.method in _WITHOUT_BODY:
        return Asked(envelope, b"")
    if options.files:
        fields = form_fields(client, json_body(options, envelope.method) or {})
        files, size = _noted_files(options.files)
        return Asked(envelope, None, lambda: {**fields, **describe_files(files)}, size)
    try:
        content: bytes = sent.content
    except library_of(sent).RequestNotRead:
        # A stream of the app's own, which was sent as it came.
        body = body_of_content(options.content)
        return Asked(envelope, None, lambda: body)
    if getattr(options, "content", None) is None:
        return Asked(envelope, content)
    # The app's own text, which may be anything.
    return Asked(envelope, None, lambda: body_of_content(content) if content else {}, len(content))


_WITHOUT_BODY: Final = frozenset({"get", "GET"})


def _noted_files(files: Any) -> tuple[list[tuple[str, Any]], int]:
    items = cast("Mapping[str, Any]", files).items() if isinstance(files, Mapping) else files
    noted: list[tuple[str, Any]] = []
    size = 0
    for name, file in cast("Iterable[tuple[str, Any]]", items):
        parts = list(cast("Sequence[Any]", file)) if isinstance(file, (tuple, list)) else [None, file]
        parts[1], length = _noted_content(parts[1])
        noted.append((name, tuple(parts) if isinstance(file, (tuple, list)) else parts[1]))
        size += length
    return noted, size


def _noted_content(file: Any) -> tuple[Any, int]:
    """What is read later in place of `file`, and the bytes that it holds until then."""
    if isinstance(file, (bytes, str)):
        return file, len(file)
    name = getattr(file, "name", None)
    inner: Any = getattr(file, "file", file)
    if type(inner) in _DISK_FILES and not inner.closed:
        handle = inner.fileno()
        if hasattr(os, "pread") and stat.S_ISREG(os.fstat(handle).st_mode):
            return DiskFile(name, os.dup(handle)), 0
    # Where the data of other files is only they know; mostly in memory, and the SDK has just read it.
    data = bytes_of(file)
    return (file, 0) if data is None else (NamedBytes(name, data), len(data))


_PIECE: Final = 1 << 20
_DISK_FILES: Final = frozenset({io.BufferedReader, io.BufferedRandom, io.FileIO})


class NamedBytes(io.BytesIO):
    """The bytes of a file, under its name."""

    def __init__(self, name: Any, data: bytes) -> None:
        super().__init__(data)
        self.name = name


class DiskFile:
    """A file on a disk, to be read whole in another thread, whatever its owner does with it meanwhile.

    It has a handle of its own (which it closes) and reads without moving the position, which the two share.
    """

    def __init__(self, name: Any, handle: int) -> None:
        self.name = name
        self._handle = handle

    def tell(self) -> int:
        """Where the next `read` begins."""
        return 0

    def seek(self, _position: int) -> None:
        """Nothing: every `read` gives the whole file."""

    def read(self) -> bytes:
        """All bytes of the file."""
        chunks: list[bytes] = []
        position = 0
        while chunk := os.pread(self._handle, _PIECE, position):
            chunks.append(chunk)
            position += len(chunk)
        return b"".join(chunks)

    def __del__(self) -> None:
        os.close(self._handle)
