"""HTTP/1.1 on loopback: reads requests, writes replies as a behaviour says, and can be stopped at once."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from demo.provider.behaviour import Behaviour
from demo.provider.exchange import Received, Reply

_GLANCE: Final = 0.005
"""Seconds between two looks at whether a client that waits is still there."""


class Answers(Protocol):
    """Who answers what this server reads."""

    hung_up: threading.Event
    faults: list[BaseException]

    def received(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Received:
        """A request has been read."""
        ...

    def behaviour_for(self, request: Received) -> Behaviour:
        """How it is to be answered."""
        ...

    def reply_to(self, request: Received, behaviour: Behaviour) -> Reply:
        """What goes back."""
        ...


class LoopbackServer:
    """Listens on 127.0.0.1 from the moment it is made; `port` 0 takes any that is free."""

    def __init__(self, answers: Answers, port: int) -> None:
        self._server = _Server(("127.0.0.1", port), answers)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_GLANCE,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse new connections, break those that are open, and wait until nobody is served any more."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.break_connections()
        self._server.server_close()
        self._thread.join()


class _LeftError(Exception):
    """One of the two sides has left."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, address: tuple[str, int], answers: Answers) -> None:
        self.answers = answers
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def break_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is printed: `_Handler` has noted what went wrong."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _server(self) -> _Server:
        assert isinstance(self.server, _Server)
        return self.server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, _LeftError):
            self.close_connection = True
        except Exception as error:
            self.close_connection = True
            self._server.answers.faults.append(error)
            raise

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """A provider keeps no log on the terminal."""

    def do_POST(self) -> None:
        """Any verb is read and answered in the same way."""
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        answers = self._server.answers
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        request = answers.received(self.command, split.path, query, headers, self._read_body())
        behaviour = answers.behaviour_for(request)
        self._pause(behaviour.latency)
        if behaviour.hold is not None:
            self._wait(behaviour.hold)
        if behaviour.drop:
            self._break()
            return
        self._send(answers.reply_to(request, behaviour), behaviour)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_POST  # noqa: N815 - the names are http.server's

    def _read_body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", "0")))
        return b"".join(self._read_chunks())

    def _read_chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, reply: Reply, behaviour: Behaviour) -> None:
        headers: dict[str, str] = {"content-type": reply.content_type, **reply.headers}
        if reply.events is not None:
            self._head(reply.status, {**headers, "transfer-encoding": "chunked"})
            self._send_stream(reply, behaviour)
            return
        pieces = [piece for _, piece in behaviour.chunks(reply)]
        self._head(reply.status, {**headers, "content-length": str(sum(map(len, pieces)))})
        whole = b"".join(pieces)
        if behaviour.cut_after is not None:
            self._write(whole[: behaviour.cut_after])
            self._break()
            return
        for piece in pieces:
            self._write(piece)

    def _send_stream(self, reply: Reply, behaviour: Behaviour) -> None:
        begun: set[int] = set()
        for index, piece in behaviour.chunks(reply):
            if index not in begun:
                begun.add(index)
                self._pause(behaviour.pace)
                if index in behaviour.gates:
                    self._wait(behaviour.gates[index], in_stream=True)
            self._write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if behaviour.cut_after is not None:
            self._break()
            return
        self._write(b"0\r\n\r\n")

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in {"date": self.date_time_string(), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, data: bytes) -> None:
        try:
            self.wfile.write(data)
        except ConnectionError:
            self._server.answers.hung_up.set()
            raise

    def _pause(self, seconds: float) -> None:
        if seconds and self._server.stopping.wait(seconds):
            raise _LeftError

    def _wait(self, gate: threading.Event, *, in_stream: bool = False) -> None:
        while not gate.wait(_GLANCE):
            left = self._client_left()
            if left and in_stream:
                self._server.answers.hung_up.set()
            if left or self._server.stopping.is_set():
                raise _LeftError

    def _client_left(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            return True

    def _break(self) -> None:
        self.close_connection = True
        _shut(self.connection)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was first
