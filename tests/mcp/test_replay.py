"""A session with a server is replayed with the server gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import agentreplay
from tests.mcp.app import (
    NOT_INSTALLED,
    NOT_LISTENING,
    ask,
    connected,
    to_http,
    to_sse,
    to_stdio,
)
from tests.mcp.library import McpError, types

Open = Callable[..., agentreplay.Session]


async def everything(transport: Any) -> list[Any]:
    """What the methods of a session give, and an error."""
    prompt = types.PromptReference(type="ref/prompt", name="small_talk")
    async with connected(transport) as session:
        seen: list[Any] = [
            await session.list_tools(),
            await session.call_tool("forecast", {"city": "Paris"}),
            await session.call_tool("forecast", {"city": "Paris"}),
            await session.call_tool("storm"),
            await session.list_resources(),
            await session.list_resource_templates(),
            await session.read_resource("weather://today"),
            await session.read_resource("weather://Rome/now"),
            await session.list_prompts(),
            await session.get_prompt("small_talk", {"city": "Rome"}),
            await session.complete(prompt, {"name": "city", "value": "P"}),
            await session.send_ping(),
        ]
        with pytest.raises(McpError) as failure:
            await session.get_prompt("silence")
        return [*seen, failure.value.error]


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["stdio", "http", "sse"])
async def test_a_session_is_replayed_with_the_server_gone(
    kind: str, cassette: Open, request: pytest.FixtureRequest
) -> None:
    """All that a session offers gives what it gave, of the SDK's own types: no program is there, nobody listens."""
    to: Any = {"stdio": to_stdio, "http": to_http, "sse": to_sse}[kind]
    there = [] if kind == "stdio" else [request.getfixturevalue(f"{kind}_port")]
    gone = NOT_INSTALLED if kind == "stdio" else NOT_LISTENING
    with cassette("record"):
        recorded = await everything(to(*there))
    with cassette("replay"):
        assert await everything(to(gone)) == recorded
    # Its process and a number stand in the answers, which no second run would give again.
    assert recorded[1] != recorded[2]


@pytest.mark.asyncio
async def test_a_transport_made_before_the_session_is_replayed(cassette: Open) -> None:
    """What counts is where the connection is opened, not where its context was made."""
    with cassette("record"):
        async with connected(to_stdio()) as session:
            answer = await ask(session, "forecast", city="Paris")
    transport = to_stdio(NOT_INSTALLED)
    with cassette("replay"):
        async with connected(transport) as session:
            assert await ask(session, "forecast", city="Paris") == answer


@pytest.mark.asyncio
async def test_an_unknown_call_is_a_miss(cassette: Open) -> None:
    """The error arrives as it is, and names what was asked and what was recorded instead."""
    with cassette("record"):
        async with connected(to_stdio()) as session:
            await ask(session, "forecast", city="Paris")
    with cassette("replay", allow_unused=True):
        async with connected(to_stdio(NOT_INSTALLED)) as session:
            with pytest.raises(agentreplay.CassetteMismatchError) as miss:
                await ask(session, "forecast", city="Prague")
    assert "tools/call" in str(miss.value)
    assert "Paris" in str(miss.value)
    assert "Prague" in str(miss.value)
