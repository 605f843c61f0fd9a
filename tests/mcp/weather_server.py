"""A server of the protocol: `python weather_server.py stdio`, or `http PORT`, or `sse PORT` on this machine.

`python weather_server.py loaded` serves whoever its parent starts as `stdio`, who need not import the SDK for it.
It runs with every supported version of the SDK. The environment variable WEATHER_NAME is the name that it gives itself.
"""

# Without postponed annotations, which the oldest servers do not look through.

import asyncio
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

TRANSPORT: Final = sys.argv[1]
LOADED: Any = import_module("loaded_server")
if TRANSPORT == "stdio" and LOADED.handed_over():
    sys.exit()

SECOND: Final = find_spec("mcp_types") is not None
LIBRARY: Any = import_module("mcp.server.mcpserver" if SECOND else "mcp.server.fastmcp")
types: Any = import_module("mcp_types" if SECOND else "mcp.types")

if TYPE_CHECKING:
    Context: TypeAlias = Any
else:
    Context = LIBRARY.Context

WHERE: Final[dict[str, Any]] = {"host": "127.0.0.1", "port": int(sys.argv[2])} if len(sys.argv) > 2 else {}
NUMBERS: Final = count(1)
TASKS: Final[list[Any]] = []


def forecast(city: str, days: int = 1) -> str:
    """The weather that is to come."""
    return f"{city}: rain for {days} days ({os.getpid()}, {next(NUMBERS)})"


def whoami() -> str:
    """What the server was told about the user."""
    return f"You are {os.environ.get('WEATHER_API_KEY', 'nobody')}."


def storm() -> str:
    """A tool that fails."""
    raise ValueError("no shelter")


async def survey(ctx: Context, cities: list[str]) -> str:
    """Says how far it has come, and what it sees."""
    for number, city in enumerate(cities, 1):
        await ctx.report_progress(number, len(cities), f"looking at {city}")
        await ctx.info(f"{city} is wet")
        # So that what is said reaches the app one by one.
        await asyncio.sleep(0.02)
    return f"{len(cities)} cities"


async def advise(ctx: Context, city: str) -> str:
    """Asks the app's model, and its user."""
    asked = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=f"What to do in {city}?"))
    said = await ctx.session.create_message(messages=[asked], max_tokens=10)
    await ctx.info("the model has spoken")
    roots = await ctx.session.list_roots()
    return f"{said.content.text} ({len(roots.roots)} roots)"


async def announce(ctx: Context) -> str:
    """Says after its answer that the tools have changed."""
    session = ctx.session

    async def later() -> None:
        await asyncio.sleep(0.2)
        await session.send_tool_list_changed()

    TASKS.append(asyncio.create_task(later()))
    return "wait for it"


async def sleep(seconds: float) -> str:
    """Takes its time."""
    await asyncio.sleep(seconds)
    return f"slept {seconds}"


async def change(ctx: Context) -> str:
    """Says to whom it may concern that the weather of today is another."""
    await ctx.notify_resource_updated("weather://today")
    return "changed"


def die() -> str:
    """Takes the server down."""
    os._exit(1)


def today() -> str:
    """The weather of today."""
    return "wet"


def now(city: str) -> str:
    """The weather in a city."""
    return f"{city} is wet"


def small_talk(city: str) -> str:
    """How to begin."""
    return f"Ask about the weather in {city}."


async def complete(_ref: Any, argument: Any, _context: Any) -> Any:
    """The cities."""
    return types.Completion(values=[city for city in ("Paris", "Prague") if city.startswith(argument.value)])


def main() -> None:
    """Serve until the other end goes."""
    name = os.environ.get("WEATHER_NAME", "weather")
    # 1.x is told at once where to listen, 2.x when it is started.
    server: Any = LIBRARY.MCPServer(name) if SECOND else LIBRARY.FastMCP(name, **WHERE)
    for tool in (forecast, whoami, storm, survey, advise, announce, sleep, change, die):
        server.tool()(tool)
    server.resource("weather://today")(today)
    server.resource("weather://{city}/now")(now)
    server.prompt()(small_talk)
    server.completion()(complete)
    transport = {"stdio": "stdio", "loaded": "stdio", "http": "streamable-http", "sse": "sse"}[TRANSPORT]
    server.run(transport, **(WHERE if SECOND else {}))


if __name__ == "__main__":
    if TRANSPORT == "loaded":
        LOADED.serve_forks(main)
    else:
        main()
