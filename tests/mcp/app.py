"""An app with a client of the protocol, for every supported version of the SDK, and the server that it talks to."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.mcp.library import SECOND, ClientSession, StdioServerParameters, http_client, sse_client, stdio_client

SERVER: Final = Path(__file__).with_name("weather_server.py")
NOT_INSTALLED: Final = "/nowhere/bin/python"
"""A program that does not exist, under the name of one that runs the server."""
NOT_LISTENING: Final = 9
"""A port at which nobody listens."""


def seconds(number: float) -> Any:
    """A time to wait, as this version takes it."""
    return number if SECOND else timedelta(seconds=number)


def to_stdio(command: str = sys.executable, **options: Any) -> Any:
    """The transport to a server of its own."""
    options.setdefault("args", [str(SERVER), "stdio"])
    return stdio_client(StdioServerParameters(command=command, **options))


def to_http(port: int) -> Any:
    """The transport to the server at `port`."""
    return http_client(f"http://127.0.0.1:{port}/mcp")


def to_sse(port: int) -> Any:
    """The older transport to the server at `port`."""
    return sse_client(f"http://127.0.0.1:{port}/sse")


@asynccontextmanager
async def connected(transport: Any, **options: Any) -> AsyncIterator[Any]:
    """A session through `transport` that has shaken hands."""
    async with (
        transport as (read_stream, write_stream, *_),
        ClientSession(read_stream, write_stream, **options) as session,
    ):
        await session.initialize()
        yield session


async def ask(session: Any, tool: str, /, **arguments: Any) -> str:
    """The text that a tool answers."""
    return text_of(await session.call_tool(tool, arguments))


def text_of(result: Any) -> str:
    """The text of a tool's result."""
    (content,) = result.content
    return str(content.text)


@contextmanager
def loaded() -> Iterator[None]:
    """A server that has imported the SDK, for the servers that this process starts; see `loaded_server`."""
    if sys.platform != "linux":
        yield
        return
    with subprocess.Popen([sys.executable, str(SERVER), "loaded"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            server.terminate()


@contextmanager
def listening(kind: str) -> Iterator[int]:
    """A server of `kind` (`http` or `sse`) on this machine; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, str(SERVER), kind, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()
