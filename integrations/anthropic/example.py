"""A small agent on the Anthropic SDK with its recording: `python integrations/anthropic/example.py` runs offline."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic

import agentreplay

MODEL = "claude-haiku-4-5"
GRAVITY = {"Moon": 1.62, "Jupiter": 24.79}
TOOL: Any = {
    "name": "gravity",
    "description": "How hard a place pulls, in metres per second squared.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}


async def ask(question: str) -> str:
    """The model's answer to `question`, which may look up gravity; printed as it comes."""
    client = AsyncAnthropic()
    messages: list[Any] = [{"role": "user", "content": question}]
    wish = await client.messages.create(model=MODEL, max_tokens=300, messages=messages, tools=[TOOL])
    messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in wish.content]})
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": look_up(block.input)}
        for block in wish.content
        if block.type == "tool_use"
    ]
    messages.append({"role": "user", "content": results})
    async with client.messages.stream(model=MODEL, max_tokens=300, messages=messages, tools=[TOOL]) as stream:
        async for word in stream.text_stream:
            print(word, end="", flush=True)
        print()
        return await stream.get_final_text()


def look_up(wish: Any) -> str:
    """The gravity of the place that the model named."""
    return json.dumps({"place": wish["place"], "gravity": GRAVITY[wish["place"]]})


async def main(question: str = "How does it feel to fall on the Moon and on Jupiter?") -> str:
    """Ask inside a cassette: the first run was live and recorded, every later one is a replay."""
    async with agentreplay.cassette("gravity", directory=Path(__file__).parent / "cassettes"):
        return await ask(question)


if __name__ == "__main__":
    asyncio.run(main())
