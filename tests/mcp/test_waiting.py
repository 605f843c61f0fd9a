"""Calls that take too long, are given up, or run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import agentreplay
from tests.mcp.app import NOT_INSTALLED, ask, connected, seconds, text_of, to_stdio
from tests.mcp.library import McpError

Open = Callable[..., agentreplay.Session]


@pytest.mark.asyncio
async def test_a_timeout_of_the_sdk_is_replayed_as_its_error(cassette: Open) -> None:
    """It comes at once, with the same code and text."""
    errors: list[Any] = []
    for mode, command in (("record", {}), ("replay", {"command": NOT_INSTALLED})):
        with cassette(mode):
            async with connected(to_stdio(**command)) as session:
                with pytest.raises(McpError) as failure:
                    await session.call_tool("sleep", {"seconds": 30}, read_timeout_seconds=seconds(0.3))
                errors.append(failure.value.error)
    assert errors[0] == errors[1]


@pytest.mark.asyncio
async def test_a_call_that_was_given_up_is_not_answered(cassette: Open) -> None:
    """The app gives it up again, and goes on with the session."""
    answers: list[Any] = []
    for mode, command in (("record", {}), ("replay", {"command": NOT_INSTALLED})):
        with cassette(mode):
            async with connected(to_stdio(**command)) as session:
                with pytest.raises((asyncio.TimeoutError, TimeoutError)):
                    await asyncio.wait_for(session.call_tool("sleep", {"seconds": 30}), 0.3)
                answers.append(await ask(session, "forecast", city="Paris"))
    assert answers[0] == answers[1]


async def race(transport: Any) -> tuple[list[str], list[Any]]:
    """The answers to calls that are made at once, and what comes to the callback of each."""
    told: dict[str, list[Any]] = {}

    def noting(name: str) -> Any:
        async def note(progress: float, _total: float | None, message: str | None) -> None:
            told.setdefault(name, []).append((progress, message))

        return note

    async with connected(transport) as session:

        async def call(tool: str, arguments: dict[str, Any], **options: Any) -> str:
            return text_of(await session.call_tool(tool, arguments, **options))

        answers = await asyncio.gather(
            call("sleep", {"seconds": 0.2}),
            call("survey", {"cities": ["Paris", "Rome"]}, progress_callback=noting("first")),
            call("survey", {"cities": ["Oslo"]}, progress_callback=noting("second")),
            call("sleep", {"seconds": 0.01}),
        )
    return list(answers), [told["first"], told["second"]]


@pytest.mark.asyncio
async def test_calls_that_run_at_once_get_each_their_own(cassette: Open) -> None:
    """Each has its answer and its progress, whichever was answered first."""
    with cassette("record"):
        recorded = await race(to_stdio())
    with cassette("replay"):
        assert await race(to_stdio(NOT_INSTALLED)) == recorded
    assert recorded == (
        ["slept 0.2", "2 cities", "1 cities", "slept 0.01"],
        [[(1, "looking at Paris"), (2, "looking at Rome")], [(1, "looking at Oslo")]],
    )


@pytest.mark.asyncio
async def test_a_server_that_dies_fails_the_call_alike(cassette: Open) -> None:
    """That the connection was closed under a call is its recorded outcome."""
    errors: list[Any] = []
    for mode, command in (("record", {}), ("replay", {"command": NOT_INSTALLED})):
        with cassette(mode):
            async with connected(to_stdio(**command)) as session:
                with pytest.raises(McpError) as failure:
                    await session.call_tool("die", {})
                errors.append(failure.value.error)
    assert errors[0] == errors[1]
    assert "closed" in errors[0].message
