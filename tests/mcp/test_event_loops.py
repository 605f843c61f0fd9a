"""The SDK runs on more than one event loop, and in 1.x over WebSockets too."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import anyio
import pytest

import agentreplay
from tests.mcp.app import NOT_INSTALLED, NOT_LISTENING, ask, connected, text_of, to_http, to_stdio
from tests.mcp.library import SECOND, sdk

Open = Callable[..., agentreplay.Session]


async def survey(command: str) -> tuple[list[Any], str]:
    """What an app hears of a survey, and its result; another call is given up."""
    heard: list[Any] = []

    async def logged(params: Any) -> None:
        heard.append(params.data)

    async def progressed(*progress: Any) -> None:
        heard.append(progress)

    async with connected(to_stdio(command), logging_callback=logged) as session:
        result = await session.call_tool("survey", {"cities": list("ABCDE")}, progress_callback=progressed)
        with anyio.move_on_after(0.3):
            await ask(session, "sleep", seconds=30)
        return heard, text_of(result)


@pytest.mark.parametrize("recorded_on", ["asyncio", "trio"])
@pytest.mark.parametrize("replayed_on", ["asyncio", "trio"])
def test_a_recording_is_replayed_on_either_event_loop(recorded_on: str, replayed_on: str, cassette: Open) -> None:
    """What is heard comes in the same order, whichever loop the app runs on."""
    with cassette("record"):
        recorded = anyio.run(survey, sys.executable, backend=recorded_on)
    with cassette("replay"):
        assert anyio.run(survey, NOT_INSTALLED, backend=replayed_on) == recorded
    assert len(recorded[0]) == 10


if not SECOND and find_spec("websockets"):

    @pytest.mark.asyncio
    @pytest.mark.filterwarnings("ignore:The WebSocket client transport is deprecated")
    async def test_a_websocket_is_opened_to_nobody(cassette: Open, http_port: int) -> None:
        """The address says who is at its other end, whichever way it is reached."""
        websocket_client = sdk("mcp.client.websocket").websocket_client
        with cassette("record"):
            async with connected(to_http(http_port)) as session:
                recorded = await ask(session, "forecast", city="Paris")
        with cassette("replay"):
            async with connected(websocket_client(f"ws://127.0.0.1:{NOT_LISTENING}/mcp")) as session:
                assert await ask(session, "forecast", city="Paris") == recorded
