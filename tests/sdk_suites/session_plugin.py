"""A pytest plugin that runs the body of every test inside an agentreplay session of its own.

Load it with `-p sdk_suites.session_plugin --session-mode MODE --cassettes FOLDER`. While replaying nothing may connect
and no HTTP client may send, even to a mocked transport. A test that recorded nothing is not in `--recorded`, the list
of those to replay, and runs as it is.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import socket
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

import agentreplay

from .mocked_routes import demand_no_calls, note_replayed_requests
from .outcomes import CALLS


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sdk_suites")
    group.addoption("--session-mode", choices=["record", "replay"], required=True, help="the mode of each session")
    group.addoption("--cassettes", required=True, metavar="FOLDER", help="where the cassettes lie")
    group.addoption("--recorded", type=Path, metavar="FILE", help="the ids of the tests that have a cassette to replay")


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getoption("--session-mode") == "replay":
        demand_no_calls()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """The session opens inside the test function: in the thread, or in the task, in which the test's calls happen."""
    if not isinstance(item, pytest.Function) or not _has_session(item):
        return (yield)
    body = item.obj
    item.obj = _in_session(item, body)
    try:
        return (yield)
    finally:
        item.obj = body


def _has_session(item: pytest.Item) -> bool:
    recorded: Path | None = item.config.getoption("--recorded")
    return recorded is None or item.nodeid in _lines(recorded)


@functools.cache
def _lines(path: Path) -> frozenset[str]:
    return frozenset(path.read_text(encoding="utf-8").splitlines())


def _in_session(item: pytest.Function, body: Callable[..., Any]) -> Callable[..., Any]:
    mode = str(item.config.getoption("--session-mode"))
    folder = Path(str(item.config.getoption("--cassettes")))

    def session() -> agentreplay.Session:
        return agentreplay.cassette(item.nodeid, mode=mode, directory=folder)

    def count(used: agentreplay.Session) -> None:
        item.user_properties.append((CALLS, len(used.interactions)))

    if inspect.iscoroutinefunction(body):

        @functools.wraps(body)
        async def run_async(*args: Any, **kwargs: Any) -> None:
            with _offline(mode):
                async with session() as used:
                    await body(*args, **kwargs)
                count(used)

        return run_async

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> None:
        with _offline(mode):
            with session() as used:
                body(*args, **kwargs)
            count(used)

    return run


@contextlib.contextmanager
def _offline(mode: str) -> Generator[None]:
    """In replay no socket connects and no HTTP client sends, even to a mock; respx notes what it would have seen."""
    if mode != "replay":
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, _refuse_to_connect)
        for library in ("httpx", "httpx2"):
            if library in sys.modules:
                patch.setattr(sys.modules[library].Client, "send", _refuse_to_send)
                patch.setattr(sys.modules[library].AsyncClient, "send", _refuse_to_send)
        note_replayed_requests(patch)
        yield


def _refuse_to_connect(_socket: socket.socket, address: object) -> None:
    pytest.fail(f"a replaying test connects to {address!r}")


def _refuse_to_send(_client: object, request: object, **_: object) -> None:
    pytest.fail(f"a replaying test sends {request!r}")
