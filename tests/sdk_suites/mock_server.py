"""A provider on loopback that knows every operation of an installed SDK and answers with data of the declared types.

It plays the part that a mock server fed with the vendor's OpenAPI document plays for the SDKs' authors: the tests under
`tests/api_resources` send their requests to it. Run as `python -m sdk_suites.mock_server VENDOR PORT`; a line with the
word `ready` on its standard output says that it listens.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

from .examples import Json, example
from .operations import Operation, find_operations

_FORM_FIELD: Final = re.compile(rb'name="([^"]+)"(?:\r\n[^\r\n]+)*\r\n\r\n(.*?)\r\n--', re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What goes over the wire, apart from the headers that every answer has."""

    status: int
    content_type: str
    body: bytes


class Provider:
    """Finds the operation that a request means, and builds the answer (once for each operation and kind of answer)."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        # What varies least comes first: `/files/search` is not the file named "search".
        self._operations = sorted(find_operations(vendor), key=lambda one: (one.placeholders, -len(one.query)))

    def answer(self, verb: str, target: str, content_type: str, body: bytes) -> Answer:
        """The answer to a request; a request that no operation of the SDK would send gets a 404."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query))
        operation = self._find(verb, url.path, query)
        if operation is None:
            return _json(404, {"error": {"type": "not_found_error", "message": f"no operation is {verb} {target}"}})
        sent = {**query, **_fields(content_type, body)}
        if operation.always_streams and operation.stream is not None:
            return self._events(operation)
        if operation.stream is not None and str(sent.get("stream")).lower() == "true":
            return self._events(operation)
        return _whole(operation.result_type(sent))

    def _find(self, verb: str, path: str, query: Mapping[str, str]) -> Operation | None:
        for operation in self._operations:
            if (
                operation.verb == verb
                and operation.pattern.fullmatch(path)
                and operation.query.items() <= query.items()
            ):
                return operation
        return None

    def _events(self, operation: Operation) -> Answer:
        event = example(operation.event_type())
        name = event.get("type") if isinstance(event, dict) else None
        data = f"data: {json.dumps(event)}\n\n"
        text = f"event: {name}\n{data}" if self._vendor == "anthropic" else f"{data}data: [DONE]\n\n"
        return Answer(200, "text/event-stream; charset=utf-8", text.encode())


def _whole(type_: Any) -> Answer:
    """The answer that is no stream, by the declared type: JSON, JSON lines, text, bytes or nothing."""
    name = getattr(get_origin(type_) or type_, "__name__", "")
    if type_ is type(None):
        return Answer(200, "application/json", b"")
    if type_ is str:
        return Answer(200, "text/plain; charset=utf-8", "text, näturally".encode())
    if "Binary" in name:
        return Answer(200, "application/octet-stream", bytes(range(256)))
    if name == "JSONLDecoder":
        line = json.dumps(example(get_args(type_)[0])).encode()
        return Answer(200, "application/x-jsonl", line + b"\n" + line + b"\n")
    return _json(200, example(type_))


def _json(status: int, value: Json) -> Answer:
    return Answer(status, "application/json", json.dumps(value, ensure_ascii=False).encode())


def _fields(content_type: str, body: bytes) -> dict[str, object]:
    """The top-level fields of a request's body, JSON or form."""
    if content_type.startswith("application/json") and body:
        value: dict[str, object] | list[object] = json.loads(body)
        return value if isinstance(value, dict) else {}
    if content_type.startswith("multipart/form-data"):
        return {key.decode(): value.decode("utf-8", "replace") for key, value in _FORM_FIELD.findall(body)}
    return {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    provider: Provider
    served = 0

    def _serve(self) -> None:
        body = self._body()
        try:
            answer = self.provider.answer(self.command, self.path, self.headers.get("content-type", ""), body)
        except Exception as fault:  # noqa: BLE001 - the test that asked shall see why, in place of a closed connection
            answer = _json(501, {"error": {"type": "mock_server_error", "message": repr(fault)}})
        _Handler.served += 1
        self.send_response(answer.status)
        self.send_header("content-type", answer.content_type)
        self.send_header("content-length", str(len(answer.body)))
        for name in ("request-id", "x-request-id"):
            self.send_header(name, f"req_{_Handler.served:08}")
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class looks for these names

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Requests are not logged."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up (a test that leaves a stream early) is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(vendor: str, port: int) -> None:
    """Answer on 127.0.0.1 until the process is ended."""
    _Handler.provider = Provider(vendor)
    server = _Server(("127.0.0.1", port), _Handler)
    sys.stdout.write(f"ready on port {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
