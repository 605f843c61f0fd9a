"""The coroutines of the async methods are what the SDK's own are."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from tests.lane import answers
from tests.lane.vendors import CHAT, EMBEDDINGS, MESSAGES, METHODS, Method, Server, client


@pytest.fixture
def recorded(server: Server, folder: Path) -> Path:
    """A folder with one recorded call."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=True)
    return folder


def wrongly(method: Method, arguments: dict[str, Any]) -> str:
    """What the SDK says to these arguments, of which nobody waits for the outcome."""
    with pytest.raises(TypeError) as error:
        method.of(client(method.vendor, None, is_async=True))(**arguments)
    return str(error.value)


_WRONG = [
    *((method, {**method.arguments, "nonsense": 1}) for method in METHODS),
    *((method, dict[str, Any]()) for method in (CHAT, EMBEDDINGS, MESSAGES)),
]


@pytest.mark.parametrize(("method", "arguments"), _WRONG, ids=str)
def test_what_is_wrong_with_the_arguments_is_said_before_anybody_waits(
    method: Method, arguments: dict[str, Any], recorded: Path
) -> None:
    """As the SDK says it, in the line that makes the call."""
    plain = wrongly(method, arguments)
    with agentreplay.cassette("c", directory=recorded, mode="replay", allow_unused=True):
        assert wrongly(method, arguments) == plain


def test_what_nobody_waits_for_takes_no_answer(recorded: Path, served: list[str]) -> None:
    """Python warns of it by the name of the SDK's method, once, and the recording still has its answer."""

    async def leave_and_ask() -> Any:
        owner: Any = client("anthropic", None, is_async=True)
        with pytest.warns(RuntimeWarning) as warned:
            owner.messages.create(**MESSAGES.arguments)
        assert [str(each.message) for each in warned] == ["coroutine 'AsyncMessages.create' was never awaited"]
        return await owner.messages.create(**MESSAGES.arguments)

    with agentreplay.cassette("c", directory=recorded, mode="replay"):
        asyncio.run(leave_and_ask())

    assert served == [MESSAGES.name]


def test_arguments_count_as_they_are_when_somebody_waits(recorded: Path, served: list[str]) -> None:
    """As the SDK reads them then."""

    async def ask() -> Any:
        owner: Any = client("anthropic", None, is_async=True)
        said: list[Any] = []
        waiting = owner.messages.create(**{**MESSAGES.arguments, "messages": said})
        said += MESSAGES.arguments["messages"]
        return await waiting

    with agentreplay.cassette("c", directory=recorded, mode="replay"):
        asyncio.run(ask())

    assert served == [MESSAGES.name]
