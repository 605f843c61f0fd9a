"""Servers in the app's own process, and what only 2.x has: its `Client`, and subscriptions."""

# Without postponed annotations, which the oldest servers do not look through.

import sys
from collections.abc import Callable
from typing import Any

import pytest

import agentreplay
from tests.mcp.app import NOT_INSTALLED, NOT_LISTENING, SERVER, text_of
from tests.mcp.library import SECOND, Client, Context, Server, StdioServerParameters, sdk, stdio_client, types

Open = Callable[..., agentreplay.Session]


class Kitchen:
    """A server in this process, which counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.server: Any = Server("kitchen")
        self.server.tool()(self.cook)

    async def cook(self, dish: str, ctx: Context) -> str:
        """Cooks."""
        self.asked += 1
        await ctx.report_progress(1, 2, f"chopping for {dish}")
        return f"{dish} number {self.asked}"

    async def order(self, dish: str) -> tuple[list[Any], str]:
        """What a client of it hears, and gets."""
        told: list[Any] = []

        async def progressed(*progress: Any) -> None:
            told.append(progress)

        session: Any
        if SECOND:
            async with Client(self.server) as session:
                result = await session.call_tool("cook", {"dish": dish}, progress_callback=progressed)
        else:
            connected = sdk("mcp.shared.memory").create_connected_server_and_client_session
            async with connected(self.server._mcp_server) as session:
                result = await session.call_tool("cook", {"dish": dish}, progress_callback=progressed)
        return told, text_of(result)


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore:Field 'lifespan' has an incomplete definition")
async def test_a_server_in_this_process_is_not_asked_in_replay(cassette: Open) -> None:
    """Its answers are recorded as those of any other."""
    kitchen = Kitchen()
    with cassette("record"):
        recorded = await kitchen.order("soup")
    with cassette("replay"):
        assert await kitchen.order("soup") == recorded
    assert recorded == ([(1, 2, "chopping for soup")], "soup number 1")
    assert kitchen.asked == 1


@agentreplay.tool
def heat(dish: str) -> str:
    """A function of the app's own, which a server in this process calls."""
    HEATED.append(dish)
    return f"hot {dish}"


HEATED: list[str] = []


@pytest.mark.asyncio
@pytest.mark.parametrize("over", ["streams", "calls"] if SECOND else ["streams"])
@pytest.mark.filterwarnings("ignore:Field 'lifespan' has an incomplete definition")
async def test_what_a_server_in_this_process_calls_is_inside_its_call(over: str, cassette: Open) -> None:
    """It is recorded as part of the call, and in replay, where the server does nothing, nobody misses it."""
    HEATED.clear()
    server: Any = Server("bakery")

    async def bake(dish: str) -> str:
        return heat(dish)

    server.tool()(bake)
    answers: list[Any] = []
    for mode in ("record", "replay"):
        with cassette(mode) as session:
            if SECOND:
                connection: Any = Client(server, mode="legacy" if over == "streams" else "auto")
            else:
                connection = sdk("mcp.shared.memory").create_connected_server_and_client_session(server._mcp_server)
            async with connection as client:
                answers.append(text_of(await client.call_tool("bake", {"dish": "bread"})))
    recorded = session.cassette.interactions
    (call,) = [item for item in recorded if item.request.method == "tools/call"]
    (inner,) = [item for item in recorded if item.request.method == "heat"]
    assert inner.parent == call.sequence
    assert answers == ["hot bread"] * 2
    assert HEATED == ["bread"]


if SECOND:

    @pytest.mark.asyncio
    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    async def test_the_client_is_replayed_whichever_way_it_shakes_hands(mode: str, cassette: Open) -> None:
        """By discovery or by initialization, over a connection that it opens itself."""
        seen: list[Any] = []
        for session_mode, command in (("record", None), ("replay", NOT_INSTALLED)):
            program = StdioServerParameters(command=command or sys.executable, args=[str(SERVER), "stdio"])
            client: Any = Client(stdio_client(program), mode=mode)
            with cassette(session_mode):
                async with client:
                    seen.append(
                        (
                            client.protocol_version,
                            client.server_info,
                            await client.list_tools(),
                            await client.call_tool("forecast", {"city": "Paris"}),
                        )
                    )
        assert seen[0] == seen[1]

    @pytest.mark.asyncio
    async def test_the_client_of_an_address_is_replayed(cassette: Open, http_port: int) -> None:
        """A client made before the session is entered in it."""
        seen: list[Any] = []
        for mode, port in (("record", http_port), ("replay", NOT_LISTENING)):
            client: Any = Client(f"http://127.0.0.1:{port}/mcp")
            with cassette(mode):
                async with client:
                    seen.append(await client.call_tool("forecast", {"city": "Paris"}))
        assert seen[0] == seen[1]

    @pytest.mark.asyncio
    @pytest.mark.parametrize("over", ["memory", "http"])
    async def test_a_subscription_is_replayed(over: str, cassette: Open, request: pytest.FixtureRequest) -> None:
        """It opens, its events come, and it is left by the app."""
        seen: list[Any] = []
        for mode in ("record", "replay"):
            if over == "memory":
                target: Any = changing()
            elif mode == "record":
                target = f"http://127.0.0.1:{request.getfixturevalue('http_port')}/mcp"
            else:
                target = f"http://127.0.0.1:{NOT_LISTENING}/mcp"
            with cassette(mode):
                async with Client(target) as client:
                    async with client.listen(resource_subscriptions=["weather://today"]) as changes:
                        await client.call_tool("change", {})
                        seen.append(await anext(changes))
                    seen.append(text_of(await client.call_tool("change", {})))
        assert seen[:2] == seen[2:]
        assert seen[0] == sdk("mcp.client.subscriptions").ResourceUpdated("weather://today")

    def changing() -> Any:
        """A server whose resource changes."""
        server: Any = Server("changing")

        async def change(ctx: Context) -> str:
            await ctx.notify_resource_updated("weather://today")
            return "changed"

        server.tool()(change)
        return server

    @pytest.mark.asyncio
    @pytest.mark.filterwarnings("ignore:The sampling capability is deprecated")
    async def test_a_question_by_a_server_in_this_process_is_asked_again(cassette: Open) -> None:
        """The callback is called in replay, with all that it calls, and the server is not."""
        asked: list[Any] = []

        async def sampled(_context: Any, params: Any) -> Any:
            asked.append(params.messages[0].content.text)
            heat("salt")
            salt = types.TextContent(type="text", text="Salt.")
            return types.CreateMessageResult(role="assistant", content=salt, model="m")

        server: Any = Server("curious")

        async def season(ctx: Context) -> str:
            question = types.TextContent(type="text", text="What is missing?")
            message = types.SamplingMessage(role="user", content=question)
            said = await ctx.session.create_message(messages=[message], max_tokens=5)
            return str(said.content.text)

        server.tool()(season)
        answers: list[Any] = []
        for mode in ("record", "replay"):
            with cassette(mode):
                async with Client(server, mode="legacy", sampling_callback=sampled) as client:
                    answers.append(text_of(await client.call_tool("season", {})))
        assert answers == ["Salt.", "Salt."]
        assert asked == ["What is missing?"] * 2
