"""The same agent on Anthropic's SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from anthropic import Anthropic
from anthropic.types import MessageParam, ToolParam, ToolResultBlockParam

from demo.tools import TOOLS

MODEL: Final = "claude-haiku-4-5"

_TOOLS: Final[list[ToolParam]] = [
    {"name": tool.name, "description": tool.description, "input_schema": tool.schema} for tool in TOOLS.values()
]


def ask(base_url: str, question: str, show: Callable[[str], None]) -> str:
    """The answer to `question`; `show` is given what happens, piece by piece."""
    with Anthropic(base_url=base_url) as client:
        return _tell(client, _find_out(client, question, show), show)


def _find_out(client: Anthropic, question: str, show: Callable[[str], None]) -> str:
    messages: list[MessageParam] = [{"role": "user", "content": question}]
    while True:
        message = client.messages.create(model=MODEL, max_tokens=500, messages=messages, tools=_TOOLS)
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content if block.type == "text")
        messages.append({"role": "assistant", "content": message.content})
        results: list[ToolResultBlockParam] = []
        for call in calls:
            result = TOOLS[call.name].run(**call.input)
            show(f"{call.name}({call.input}) -> {result}\n")
            results.append({"type": "tool_result", "tool_use_id": call.id, "content": result})
        messages.append({"role": "user", "content": results})


def _tell(client: Anthropic, findings: str, show: Callable[[str], None]) -> str:
    request: list[MessageParam] = [{"role": "user", "content": f"Tell it to a cat owner: {findings}"}]
    with client.messages.stream(model=MODEL, max_tokens=500, messages=request) as stream:
        for word in stream.text_stream:
            show(word)
        told = stream.get_final_text()
    show("\n")
    return told
