"""Undone exactly, nothing started and nothing connected in replay, no secret in a file."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

import agentreplay
from tests.mcp.app import NOT_INSTALLED, NOT_LISTENING, SERVER, ask, connected, to_http, to_sse, to_stdio
from tests.mcp.library import SECOND, ClientSession, sdk

Open = Callable[..., agentreplay.Session]
SECRET = "k7-Zq29Lm-x81Wv-44Rt"


def touched() -> Iterator[Any]:
    """What is wrapped while a session is open."""
    yield ClientSession
    yield sdk("contextlib")._AsyncGeneratorContextManager
    if SECOND:
        yield sdk("mcp.shared.jsonrpc_dispatcher").JSONRPCDispatcher
        yield sdk("mcp.shared.direct_dispatcher").DirectDispatcher
    else:
        yield sdk("mcp.server.lowlevel.server").Server


def held_by(owner: Any) -> dict[str, Any]:
    """What a class itself holds."""
    return dict(owner.__dict__)


@pytest.mark.asyncio
async def test_the_classes_are_as_they_were_after_a_session(cassette: Open) -> None:
    """Every attribute is the very object that it was, and none is new."""
    before: list[dict[str, Any]] = [held_by(owner) for owner in touched()]
    with cassette("record"):
        for owner, was in zip(touched(), before, strict=True):
            wrapped: dict[str, Any] = held_by(owner)
            assert any(value is not was.get(name) for name, value in wrapped.items())
        async with connected(to_stdio()) as session:
            await ask(session, "forecast", city="Paris")
    for owner, was in zip(touched(), before, strict=True):
        now: dict[str, Any] = held_by(owner)
        assert now.keys() == was.keys()
        assert all(now[name] is was[name] for name in was)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["stdio", "http", "sse"])
async def test_replay_starts_nothing_and_connects_nowhere(
    kind: str, cassette: Open, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even to this machine, and not to say goodbye."""
    to: Any = {"stdio": to_stdio, "http": to_http, "sse": to_sse}[kind]
    there = [] if kind == "stdio" else [request.getfixturevalue(f"{kind}_port")]
    with cassette("record"):
        async with connected(to(*there)) as session:
            recorded = await ask(session, "forecast", city="Paris")

    def never(*_args: Any, **_kwargs: Any) -> Any:
        raise AssertionError("a replaying session reached for the outside")

    for owner, name in (
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
        (subprocess, "Popen"),
        (anyio, "open_process"),
        (anyio, "connect_tcp"),
    ):
        monkeypatch.setattr(owner, name, never)
    with cassette("replay"):
        async with connected(to(NOT_INSTALLED if kind == "stdio" else NOT_LISTENING)) as session:
            assert await ask(session, "forecast", city="Paris") == recorded


@pytest.mark.asyncio
async def test_what_is_handed_to_a_server_stays_out_of_the_file(cassette: Open, tmp_path: Path) -> None:
    """Neither variables nor arguments are recorded; a secret that the server repeats is taken out."""

    async def ask_who(command: dict[str, str]) -> str:
        arguments = [str(SERVER), "stdio", f"--token={SECRET}"]
        transport = to_stdio(args=arguments, env={"WEATHER_API_KEY": SECRET}, **command)
        async with connected(transport) as session:
            return await ask(session, "whoami")

    with cassette("record"):
        assert await ask_who({}) == f"You are {SECRET}."
    (file,) = tmp_path.rglob("*.json")
    assert SECRET not in file.read_text()
    assert "WEATHER_API_KEY" not in file.read_text().replace("REDACTED:WEATHER_API_KEY", "")
    assert str(SERVER.parent) not in file.read_text()
    with cassette("replay"):
        assert "REDACTED" in await ask_who({"command": NOT_INSTALLED})


@pytest.mark.asyncio
async def test_an_own_context_of_that_name_is_left_alone(cassette: Open) -> None:
    """A function of the app's that is called as one of the SDK's transports is entered as it stands."""

    @contextlib.asynccontextmanager
    async def stdio_client() -> AsyncIterator[str]:
        yield "mine"

    with cassette("live"):
        async with stdio_client() as mine:
            assert mine == "mine"
