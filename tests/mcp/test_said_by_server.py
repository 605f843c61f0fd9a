"""What a server says on its own, and asks, around its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import agentreplay
from tests.mcp.app import NOT_INSTALLED, ask, connected, text_of, to_http, to_stdio
from tests.mcp.library import McpError, types

Open = Callable[..., agentreplay.Session]


class Heard:
    """The callbacks of an app, which note in order what they are called with."""

    def __init__(self, advice: str = "Stay in.") -> None:
        self.order: list[Any] = []
        self.sessions: list[Any] = []
        self.changed = asyncio.Event()
        self._advice = advice

    async def logged(self, params: Any) -> None:
        self.order.append(("log", params.level, params.data))

    async def progressed(self, progress: float, total: float | None, message: str | None) -> None:
        self.order.append(("progress", progress, total, message))

    async def handled(self, message: Any) -> None:
        name = type(getattr(message, "root", message)).__name__
        self.order.append(name)
        if name == "ToolListChangedNotification":
            self.changed.set()

    async def sampled(self, context: Any, params: Any) -> Any:
        self.sessions.append(context.session)
        self.order.append(("sampled", params.messages[0].content.text))
        content = types.TextContent(type="text", text=self._advice)
        return types.CreateMessageResult(role="assistant", content=content, model="m")

    async def rooted(self, _context: Any) -> Any:
        self.order.append("rooted")
        return types.ListRootsResult(roots=[])


async def survey(transport: Any) -> list[Any]:
    """What an app hears while a tool runs, and the tool's result."""
    heard = Heard()
    async with connected(transport, logging_callback=heard.logged, message_handler=heard.handled) as session:
        result = await session.call_tool(
            "survey", {"cities": ["Paris", "Rome", "Oslo"]}, progress_callback=heard.progressed
        )
        return [*heard.order, text_of(result)]


@pytest.mark.asyncio
async def test_progress_and_logs_come_in_order_before_the_result(cassette: Open) -> None:
    """The callbacks of a replaying app are called with what they were called with, in that order."""
    with cassette("record"):
        recorded = await survey(to_stdio())
    with cassette("replay"):
        assert await survey(to_stdio(NOT_INSTALLED)) == recorded
    assert [entry for entry in recorded if isinstance(entry, tuple)] == [
        ("progress", 1, 3, "looking at Paris"),
        ("log", "info", "Paris is wet"),
        ("progress", 2, 3, "looking at Rome"),
        ("log", "info", "Rome is wet"),
        ("progress", 3, 3, "looking at Oslo"),
        ("log", "info", "Oslo is wet"),
    ]


async def wait_for_change(transport: Any) -> tuple[bool, list[Any], str]:
    """Whether the change was known when the answer came; what an app hears until it is; another answer."""
    heard = Heard()
    async with connected(transport, message_handler=heard.handled) as session:
        await session.call_tool("announce", {})
        at_once = heard.changed.is_set()
        await asyncio.wait_for(heard.changed.wait(), 20)
        return at_once, heard.order, await ask(session, "forecast", city="Paris")


@pytest.mark.asyncio
async def test_what_is_said_after_an_answer_comes_after_it(cassette: Open) -> None:
    """An app that waits for a notification outside every call gets it, and gets it after the answer before it."""
    with cassette("record"):
        recorded = await wait_for_change(to_stdio())
    with cassette("replay"):
        assert await wait_for_change(to_stdio(NOT_INSTALLED)) == recorded
    assert recorded[:2] == (False, ["ToolListChangedNotification"])


async def advise(transport: Any, heard: Heard) -> str:
    """The answer of a tool that asks the app."""
    options: dict[str, Any] = {
        "sampling_callback": heard.sampled,
        "list_roots_callback": heard.rooted,
        "logging_callback": heard.logged,
    }
    async with connected(transport, **options) as session:
        answer = await ask(session, "advise", city="Paris")
        assert all(each is session for each in heard.sessions)
        return answer


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["stdio", "http"])
async def test_the_apps_callbacks_are_asked_again(kind: str, cassette: Open, request: pytest.FixtureRequest) -> None:
    """A server's questions are put to the app where they were put to it, and its answers are steps of the run."""
    heard, again = Heard(), Heard()
    transport = to_stdio() if kind == "stdio" else to_http(request.getfixturevalue("http_port"))
    with cassette("record"):
        recorded = await advise(transport, heard)
    with cassette("replay") as session:
        assert await advise(to_stdio(NOT_INSTALLED) if kind == "stdio" else to_http(9), again) == recorded
        methods = [interaction.request.method for interaction in session.interactions]
    assert recorded == "Stay in. (0 roots)"
    asked = [("sampled", "What to do in Paris?"), ("log", "info", "the model has spoken"), "rooted"]
    assert heard.order == again.order == asked
    assert len(again.sessions) == 1
    assert methods[:3] == ["initialize", "tools/call", "sampling/createMessage"]


@pytest.mark.asyncio
async def test_another_answer_of_the_apps_is_a_miss(cassette: Open) -> None:
    """The server would have gone on otherwise: the call whose tool asked fails, and says what differs."""
    with cassette("record"):
        await advise(to_stdio(), Heard())
    with cassette("replay", allow_unused=True):
        async with connected(to_stdio(NOT_INSTALLED), sampling_callback=Heard("Go out.").sampled) as session:
            with pytest.raises(agentreplay.CassetteMismatchError, match="Go out") as miss:
                await ask(session, "advise", city="Paris")
    assert "sampling/createMessage" in str(miss.value)
    assert "Stay in" in str(miss.value)


@pytest.mark.asyncio
async def test_a_callback_that_fails_fails_alike(cassette: Open) -> None:
    """An app without the callback answers a server with an error, in replay as live."""
    answers: list[Any] = []
    for mode, command in (("record", {}), ("replay", {"command": NOT_INSTALLED})):
        with cassette(mode):
            async with connected(to_stdio(**command)) as session:
                try:
                    answers.append(text_of(await session.call_tool("advise", {"city": "Paris"})))
                except McpError as failure:
                    answers.append(failure.error.message)
    assert answers[0] == answers[1]
    assert "not supported" in answers[0]
