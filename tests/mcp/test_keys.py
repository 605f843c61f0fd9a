"""What tells one call of a server from another, and what does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay.integrations._mcp.connections import label_of
from agentreplay.integrations._mcp.requests import request_of
from tests.mcp.app import NOT_INSTALLED, SERVER, ask, connected, to_http, to_stdio

Open = Callable[..., agentreplay.Session]


async def ask_both(command: str | None = None) -> list[str]:
    """The answers of two servers whose tools have the same names, connected at once."""
    options: dict[str, Any] = {} if command is None else {"command": command}

    async def ask_one(name: str) -> list[str]:
        async with connected(to_stdio(env={"WEATHER_NAME": name}, **options)) as session:
            return [await ask(session, "forecast", city="Paris"), await ask(session, "forecast", city="Paris")]

    return [answer for answers in await asyncio.gather(ask_one("north"), ask_one("south")) for answer in answers]


@pytest.mark.asyncio
async def test_equal_calls_of_two_servers_are_told_apart(cassette: Open) -> None:
    """A call belongs to the server that it was made to, by the name which that gave itself."""
    with cassette("record") as session:
        recorded = await ask_both()
    asked = {(item.request.method, item.request.body["server"]) for item in session.interactions}
    assert asked >= {("tools/call", "north"), ("tools/call", "south#2")}
    assert asked >= {("initialize", SERVER.name), ("initialize", f"{SERVER.name}#2")}
    with cassette("replay"):
        assert await ask_both(NOT_INSTALLED) == recorded


@pytest.mark.asyncio
async def test_a_server_that_is_connected_again_is_the_same(cassette: Open) -> None:
    """Programs of one name count by what they are started with; the order of later connections counts for nothing."""

    async def ask_in(order: list[str], **options: Any) -> dict[str, str]:
        for name in ("north", "south"):
            async with connected(to_stdio(env={"WEATHER_NAME": name}, **options)):
                pass
        answers: dict[str, str] = {}
        for name in order:
            async with connected(to_stdio(env={"WEATHER_NAME": name}, **options)) as session:
                answers[name] = await ask(session, "forecast", city="Paris")
        return answers

    with cassette("record"):
        recorded = await ask_in(["north", "south"])
    with cassette("replay"):
        assert await ask_in(["south", "north"], command=NOT_INSTALLED) == recorded


async def ask_nested(command: str | None = None) -> list[str]:
    """Two connections in one task, the second opened before the first has its session."""
    options: dict[str, Any] = {} if command is None else {"command": command}
    async with AsyncExitStack() as stack:
        transports = [to_stdio(env={"WEATHER_NAME": name}, **options) for name in ("north", "south")]
        sessions = [await stack.enter_async_context(connected(transport)) for transport in transports]
        return [await ask(session, "forecast", city="Paris") for session in reversed(sessions)]


@pytest.mark.asyncio
async def test_connections_of_one_task_are_told_apart(cassette: Open) -> None:
    """The order in which they are used is not that in which they were opened."""
    with cassette("record"):
        recorded = await ask_nested()
    with cassette("replay"):
        assert await ask_nested(NOT_INSTALLED) == recorded


@pytest.mark.asyncio
async def test_whether_progress_is_wanted_does_not_count(cassette: Open) -> None:
    """The token of a call is a number of the run: the call is found with a callback and without."""

    async def progressed(_progress: float, _total: float | None, _message: str | None) -> None:
        pass

    with cassette("record"):
        async with connected(to_stdio()) as session:
            await ask(session, "forecast", city="Rome")
            recorded = await session.call_tool("survey", {"cities": ["Paris"]}, progress_callback=progressed)
    with cassette("replay", allow_unused=True):
        async with connected(to_stdio(NOT_INSTALLED)) as session:
            assert await session.call_tool("survey", {"cities": ["Paris"]}) == recorded


@pytest.mark.asyncio
async def test_a_recorded_call_names_server_and_parameters(cassette: Open, http_port: int) -> None:
    """The file says what was connected to, then the name that this gave itself; and nothing of ports and numbers."""
    with cassette("record"):
        async with connected(to_http(http_port)) as session:
            await ask(session, "forecast", city="Paris")
    path = next(iter(Path(cassette("replay").folder).glob("*.json")))
    assert [item["request"]["body"] for item in json.loads(path.read_text())["interactions"]][:2] == [
        {"server": "/mcp"},
        {"server": "weather", "params": {"name": "forecast", "arguments": {"city": "Paris"}}},
    ]


class Program:
    """What a transport is told to start."""

    def __init__(self, command: str, *args: str) -> None:
        self.command = command
        self.args = args


@pytest.mark.parametrize(
    ("command", "label"),
    [
        (["/usr/bin/python3.12", "/home/me/weather.py", "--token=s3cret"], "weather.py"),
        (["python", "-m", "weather.server", "s3cret"], "weather.server"),
        (["C:\\Python\\python.exe", "C:\\me\\weather.py"], "weather.py"),
        (["npx", "-y", "@scope/server-weather", "s3cret"], "@scope/server-weather"),
        (["uvx", "mcp-weather"], "mcp-weather"),
        (["uv", "run", "--with", "mcp", "weather.py"], "weather.py"),
        (["/opt/weather/bin/weather-server", "s3cret"], "weather-server"),
        (["docker", "run", "-e", "TOKEN=s3cret", "weather"], "docker"),
        (["npx", "--token", "s3cret/with+signs"], "npx"),
    ],
)
def test_a_program_is_known_by_its_name_alone(command: list[str], label: str) -> None:
    """Neither the machine's folders nor arguments stand in the recording, for they may be secrets."""
    assert label_of({"server": Program(*command)}) == label


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("http://127.0.0.1:8000/mcp", "/mcp"),
        ("http://localhost/mcp/", "/mcp"),
        ("https://me:s3cret@weather.example.com:8443/v1/mcp?key=s3cret", "weather.example.com/v1/mcp"),
        ("https://actions.example.com/mcp/sk-s3cr3tS3cr3tS3cr3t/sse", "actions.example.com/mcp/*/sse"),
        ("https://weather.example.com", "weather.example.com"),
    ],
)
def test_an_address_is_known_by_host_and_plain_words(url: str, label: str) -> None:
    """Ports of this machine, queries, names of users and tokens in the path do not stand in the recording."""
    assert label_of({"url": url}) == label


def test_what_the_sdk_says_about_itself_does_not_count() -> None:
    """Another version of the SDK, and tracing, ask the same; what the app says in `_meta` counts."""
    meta: dict[str, Any] = {
        "progressToken": 3,
        "traceparent": "00-1-2-01",
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "app", "version": "2"},
        "io.modelcontextprotocol/clientCapabilities": {"sampling": {}},
    }
    plain = request_of("tools/call", {"name": "forecast"}, "weather")
    assert request_of("tools/call", {"name": "forecast", "_meta": meta}, "weather") == plain
    assert request_of("tools/call", {"name": "forecast", "_meta": {**meta, "user": "me"}}, "weather") != plain
    one: dict[str, Any] = {"protocolVersion": "1", "clientInfo": {}}
    other: dict[str, Any] = {"protocolVersion": "2", "clientInfo": {"name": "app"}}
    assert request_of("initialize", one, "weather.py") == request_of("initialize", other, "weather.py")


def test_the_server_of_the_tests_is_known_by_its_script() -> None:
    """What the other tests rely on, where the program is not the one that it was recorded with."""
    assert label_of({"server": Program(NOT_INSTALLED, str(SERVER))}) == SERVER.name
