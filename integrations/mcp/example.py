"""A small agent with the tools of an MCP server, recorded: `python integrations/mcp/example.py` runs offline."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters, stdio_client
from openai import AsyncOpenAI

import agentreplay

HERE = Path(__file__).parent
SERVER = StdioServerParameters(command=sys.executable, args=[str(HERE / "server.py")])


async def ask(question: str, server: StdioServerParameters) -> str:
    """The model's answer to `question`; the server has the tools."""
    client = AsyncOpenAI()
    async with stdio_client(server) as (read_stream, write_stream), ClientSession(read_stream, write_stream) as session:
        await session.initialize()
        tools: Any = [described(tool) for tool in (await session.list_tools()).tools]
        messages: list[Any] = [{"role": "user", "content": question}]
        while True:
            answer = await client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=tools)
            message = answer.choices[0].message
            if not message.tool_calls:
                return message.content or ""
            messages.append(message.model_dump(exclude_none=True))
            for call in message.tool_calls:
                assert call.type == "function"
                result: Any = await session.call_tool(call.function.name, json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result.content[0].text})


def described(tool: Any) -> dict[str, Any]:
    """A tool of the server's, as the model is told of it."""
    parameters = tool.model_dump(by_alias=True)["inputSchema"]
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def main(
    question: str = "How does it feel to fall on the Moon and on Jupiter?", server: StdioServerParameters = SERVER
) -> str:
    """Ask inside a cassette: the first run was live and recorded, every later one is a replay."""
    with agentreplay.cassette("gravity", directory=HERE / "cassettes"):
        answer = asyncio.run(ask(question, server))
    print(answer)
    return answer


if __name__ == "__main__":
    main()
