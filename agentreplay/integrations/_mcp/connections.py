"""Connections to servers: what is at their other end, and connections to nobody while replaying.

The SDK's transports are functions under `asynccontextmanager`. They are caught where such a context is entered: it does
not matter by which name, or how long before, a program got hold of them.
"""

from __future__ import annotations

import math
import os
import re
import sys
import weakref
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from agentreplay._active import Scope, current
from agentreplay._hosts import is_local
from agentreplay._modes import Mode
from agentreplay._outside import calls_refused
from agentreplay._redaction._known import secrets_of_environment

_TRANSPORTS: Final[Mapping[str, str]] = {
    "stdio_client": "mcp.client.stdio",
    "sse_client": "mcp.client.sse",
    "streamablehttp_client": "mcp.client.streamable_http",
    "streamable_http_client": "mcp.client.streamable_http",
    "websocket_client": "mcp.client.websocket",
}
"""The functions by their name, and the modules that define them."""

_WITH_SESSION_ID: Final = frozenset({"streamablehttp_client", "streamable_http_client"})
"""Those whose context gives, in 1.x, a function as well, for the id that the server gave the session."""


@dataclass(frozen=True)
class Connection:
    """What is known of a connection: `label` says what is at its other end, `nobody` that it was opened in replay.

    `number` counts, from 1, what has the same label in one session and is not the same: other arguments, another port.
    """

    label: str | None = None
    nobody: bool = False
    number: int = 1

    def named(self, name: str | None) -> str | None:
        """The server's `name`, or else the label, with the number where it is not the first."""
        known = name or self.label
        return known if known is None or self.number == 1 else f"{known}#{self.number}"


_configurations: Final[weakref.WeakKeyDictionary[Scope, list[tuple[Any, ...]]]] = weakref.WeakKeyDictionary()
_connections: Final[weakref.WeakKeyDictionary[Any, Connection]] = weakref.WeakKeyDictionary()


def connection_of(write_stream: Any) -> Connection:
    """The connection that `write_stream` belongs to."""
    try:
        return _connections.get(_kept_by(write_stream), Connection())
    except TypeError:
        # A stream of the app's own that nobody can refer to weakly.
        return Connection()


def enter_context(wrapped: Any, manager: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps the entering of every asynchronous context that is made of a generator function."""
    frame = getattr(manager.gen, "ag_frame", None)
    if frame is None:
        return wrapped(*args, **kwargs)
    name = frame.f_code.co_name
    if name not in _TRANSPORTS or frame.f_globals.get("__name__") != _TRANSPORTS[name]:
        return wrapped(*args, **kwargs)
    # It has not begun yet: its variables are its arguments.
    return _connect(wrapped, manager, name, dict(frame.f_locals))


async def _connect(wrapped: Any, manager: Any, transport: str, arguments: Mapping[str, Any]) -> Any:
    scope = current()
    label, number = label_of(arguments), 1
    if scope is not None:
        _learn_secrets(scope, arguments)
        # Before anything is awaited: connections that are opened at once begin in the same order in every run.
        number = _number(scope, label, arguments)
    nobody = calls_refused() if scope is None else scope.mode is Mode.REPLAY
    if nobody:
        await manager.gen.aclose()
        manager.gen = _to_nobody(with_session_id=transport in _WITH_SESSION_ID and not _is_second_major())
    streams = await wrapped()
    _connections[_kept_by(streams[1])] = Connection(label, nobody, number)
    return streams


def _number(scope: Scope, label: str | None, arguments: Mapping[str, Any]) -> int:
    """Which one this is of those with this label in the session. It is only counted, and kept nowhere else."""
    server = arguments.get("server")
    if server is None:
        configuration: tuple[Any, ...] = label, str(arguments.get("url"))
    else:
        variables: dict[str, str] = server.env or {}
        secrets = {name for _, name in secrets_of_environment(variables)}
        others = sorted(item for item in variables.items() if item[0] not in secrets)
        configuration = label, server.command, *server.args, str(server.cwd), *others
    known = _configurations.setdefault(scope, [])
    if configuration not in known:
        known.append(configuration)
    alike = [each for each in known if each[0] == label]
    return alike.index(configuration) + 1


def _kept_by(stream: Any) -> Any:
    """What can be referred to weakly: some streams of 2.x are thin covers with no room for that."""
    return getattr(stream, "_inner", stream)


def _is_second_major() -> bool:
    return "mcp.shared.jsonrpc_dispatcher" in sys.modules


async def _to_nobody(*, with_session_id: bool) -> AsyncGenerator[tuple[Any, ...], None]:
    """The streams of a connection at whose other end nobody listens and nothing is ever said."""
    import anyio

    async with AsyncExitStack() as streams:
        said_to_app, read_stream = anyio.create_memory_object_stream[Any](0)
        write_stream, said_by_app = anyio.create_memory_object_stream[Any](math.inf)
        for stream in (said_to_app, read_stream, write_stream, said_by_app):
            streams.push_async_callback(stream.aclose)
        pair = read_stream, write_stream
        yield (*pair, _no_session_id) if with_session_id else pair


def _no_session_id() -> None:
    """No server has given the session an id."""


def _learn_secrets(scope: Scope, arguments: Mapping[str, Any]) -> None:
    """What is handed to a server beside the requests is not recorded; where it is echoed, it is taken out."""
    scope.engine.redactor.learn_environment(getattr(arguments.get("server"), "env", None) or {})
    for headers in (arguments.get("headers"), getattr(arguments.get("http_client"), "headers", None)):
        if headers:
            scope.engine.redactor.learn_headers(dict(headers))


_LAUNCHERS: Final = re.compile(r"(?:python[\d.]*|pypy[\d.]*|node|deno|bun|bunx|npx|uvx|uv|pipx|poetry)(?:\.exe|\.cmd)?")
_SCRIPT: Final = re.compile(r"[\w.-]+\.(?:py|pyz|js|mjs|cjs|ts)")
_PACKAGE: Final = re.compile(r"(?:@[\w.-]+/)?[A-Za-z][\w.-]*(?:@[\w.^~-]+)?")
_PLAIN_WORD: Final = re.compile(r"(?=.{1,20}$)(?:[A-Za-z]+|v\d+)(?:[-_.][A-Za-z]+)*")
"""A part of a path that is no secret: some services put their user's token there."""
_RUNS_PACKAGE: Final = re.compile(r"(?:npx|bunx|uvx)(?:\.exe|\.cmd)?")


def label_of(arguments: Mapping[str, Any]) -> str | None:
    """What is at the other end, in words that are the same on every machine and hold no secret.

    Of a program its name, or that of the script, module or package that a launcher such as `python` or `npx` is to run;
    of an address its host, unless that is this machine, and the plain words of its path. All else is left out: folders,
    other arguments, ports, queries.
    """
    server = arguments.get("server")
    if server is not None:
        return _program(str(server.command), [str(argument) for argument in server.args])
    url = arguments.get("url")
    if url is None:
        return None
    parts = urlsplit(str(url))
    host = parts.hostname or ""
    words = [part if _PLAIN_WORD.fullmatch(part) else "*" for part in parts.path.split("/") if part]
    return "/".join(["" if is_local(host) else host, *words]) or host


def _program(command: str, arguments: Sequence[str]) -> str:
    name = _last_part(command)
    if not _LAUNCHERS.fullmatch(name):
        return name
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "-m" and _PACKAGE.fullmatch(following):
            return following
        if _SCRIPT.fullmatch(_last_part(argument)):
            return _last_part(argument)
    if _RUNS_PACKAGE.fullmatch(name):
        first = next((argument for argument in arguments if not argument.startswith("-")), "")
        if _PACKAGE.fullmatch(first):
            return first
    return name


def _last_part(path: str) -> str:
    return os.path.basename(path.replace("\\", "/").rstrip("/"))
