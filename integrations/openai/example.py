"""A small agent on the OpenAI SDK with its recording: `python integrations/openai/example.py` runs offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openai import OpenAI

import agentreplay

GRAVITY = {"Moon": 1.62, "Jupiter": 24.79}
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "gravity",
        "description": "How hard a place pulls, in metres per second squared.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}


def ask(question: str) -> str:
    """The model's answer to `question`, which may look up gravity; printed as it comes."""
    client = OpenAI()
    messages: list[Any] = [{"role": "user", "content": question}]
    wish = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[TOOL]).choices[0].message
    messages.append(wish.model_dump(exclude_none=True))
    for call in wish.tool_calls or []:
        place = json.loads(call.function.arguments)["place"]  # type: ignore[union-attr]
        result = json.dumps({"place": place, "gravity": GRAVITY[place]})
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    answer = ""
    for chunk in client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[TOOL], stream=True):
        word = chunk.choices[0].delta.content or ""
        print(word, end="", flush=True)
        answer += word
    print()
    return answer


def main(question: str = "How does it feel to fall on the Moon and on Jupiter?") -> str:
    """Ask inside a cassette: the first run was live and recorded, every later one is a replay."""
    with agentreplay.cassette("gravity", directory=Path(__file__).parent / "cassettes"):
        return ask(question)


if __name__ == "__main__":
    main()
