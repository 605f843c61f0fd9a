"""An agent on OpenAI's SDK, which knows nothing of recording: it finds something out with tools, then tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, cast

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from demo.tools import TOOLS

MODEL: Final = "gpt-4o-mini"

_TOOLS: Final[list[ChatCompletionToolParam]] = [
    {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema}}
    for tool in TOOLS.values()
]


def ask(base_url: str, question: str, show: Callable[[str], None]) -> str:
    """The answer to `question`; `show` is given what happens, piece by piece."""
    with OpenAI(base_url=f"{base_url}/v1") as client:
        return _tell(client, _find_out(client, question, show), show)


def _find_out(client: OpenAI, question: str, show: Callable[[str], None]) -> str:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": question}]
    while True:
        completion = client.chat.completions.create(model=MODEL, messages=messages, tools=_TOOLS)
        message = completion.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(cast(ChatCompletionMessageParam, message.to_dict()))
        for call in message.tool_calls:
            if call.type == "function":
                result = TOOLS[call.function.name].run(**json.loads(call.function.arguments))
                show(f"{call.function.name}({call.function.arguments}) -> {result}\n")
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def _tell(client: OpenAI, findings: str, show: Callable[[str], None]) -> str:
    told = ""
    stream = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": f"Tell it to a cat owner: {findings}"}], stream=True
    )
    for chunk in stream:
        word = chunk.choices[0].delta.content or ""
        show(word)
        told += word
    show("\n")
    return told
