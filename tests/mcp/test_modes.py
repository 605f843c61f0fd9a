"""What each mode of a session does with a server, and where there is no session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from tests.mcp.app import NOT_INSTALLED, ask, connected, to_stdio
from tests.mcp.library import ClientSession

Open = Callable[..., agentreplay.Session]


async def forecasts(*cities: str, command: str | None = None) -> list[str]:
    """The forecasts for `cities`, of one server."""
    async with connected(to_stdio(**({} if command is None else {"command": command}))) as session:
        return [await ask(session, "forecast", city=city) for city in cities]


def asked(session: agentreplay.Session) -> list[str]:
    """The cities in a session's recording, in order."""
    requests = [item.request for item in session.cassette.interactions if item.request.method == "tools/call"]
    return [request.body["params"]["arguments"]["city"] for request in requests]


@pytest.mark.asyncio
async def test_auto_records_once_and_replays_then(cassette: Open) -> None:
    """The second run needs no server."""
    with cassette("auto"):
        recorded = await forecasts("Paris")
    with cassette("auto"):
        assert await forecasts("Paris", command=NOT_INSTALLED) == recorded


@pytest.mark.asyncio
async def test_extend_keeps_what_it_knows_and_asks_the_rest(cassette: Open) -> None:
    """The server is prepared for what goes live; what is recorded is answered from there, and not asked."""
    with cassette("record"):
        recorded = await forecasts("Paris")
    with cassette("extend") as session:
        first, second = await forecasts("Paris", "Rome")
        assert asked(session) == ["Paris", "Rome"]
    assert first == recorded[0]
    assert second.endswith(", 1)"), "the server has been asked once"
    with cassette("replay"):
        assert await forecasts("Paris", "Rome", command=NOT_INSTALLED) == [first, second]


@pytest.mark.asyncio
async def test_verify_asks_the_server_and_compares(cassette: Open) -> None:
    """The answers are those of now."""
    with cassette("record"):
        recorded = await forecasts("Paris")
    with cassette("verify") as session:
        now = await forecasts("Paris")
        methods = [entry.method for entry in session.drift.entries]
    assert now != recorded
    assert "tools/call" in methods


@pytest.mark.asyncio
async def test_live_goes_through_and_keeps_nothing(cassette: Open, tmp_path: Path) -> None:
    """No file, no error."""
    with cassette("live"):
        assert len(await forecasts("Paris")) == 1
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.asyncio
async def test_a_connection_to_nobody_refuses_live_calls(cassette: Open) -> None:
    """A call after the session in which the connection was opened does not wait for ever."""
    with cassette("record"):
        await forecasts("Paris")
    with cassette("replay"):
        async with connected(to_stdio(NOT_INSTALLED)) as session:
            await ask(session, "forecast", city="Paris")
            with (
                pytest.warns(agentreplay.EmptyRecordingWarning),
                cassette("record", "other"),
                pytest.raises(agentreplay.SessionError, match="opened while replaying"),
            ):
                await ask(session, "forecast", city="Paris")
            with cassette("live"), pytest.raises(agentreplay.SessionError, match=r"weather_server\.py"):
                await ask(session, "forecast", city="Paris")


@pytest.mark.asyncio
async def test_outside_every_session_a_replaying_run_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is started, and the first call is refused."""
    monkeypatch.setenv("AGENTREPLAY_MODE", "replay")
    agentreplay.install()
    try:
        async with to_stdio(NOT_INSTALLED) as streams, ClientSession(*streams) as session:
            with pytest.raises(agentreplay.SessionError, match="mcp initialize was called outside any cassette"):
                await session.initialize()
    finally:
        agentreplay.uninstall()


@pytest.mark.asyncio
async def test_a_connection_that_was_there_before_is_recorded(cassette: Open) -> None:
    """A server that serves many tests is connected outside their sessions; each test has its calls."""
    answers: list[Any] = []
    for mode in ("record", "replay"):
        async with connected(to_stdio()) as session:
            await ask(session, "forecast", city="Rome")
            with cassette(mode) as cassette_session:
                answers.append(await ask(session, "forecast", city="Paris"))
            assert asked(cassette_session) == ["Paris"]
    assert answers[0] == answers[1]
