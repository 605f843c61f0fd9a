"""Small agents, as applications have them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread
from typing import Any, Final

import anthropic
import openai
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

GPT: Final = "gpt-4o-mini"
CLAUDE: Final = "claude-of-the-suite"

_PLACE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"place": {"type": "string"}},
    "required": ["place"],
}


class City(BaseModel):
    """A structured answer."""

    name: str
    inhabitants: int


def ask(client: OpenAI, question: str) -> str:
    """One question, one answer."""
    answer = client.chat.completions.create(model=GPT, messages=[{"role": "user", "content": question}])
    return answer.choices[0].message.content or ""


def ask_claude(client: Anthropic, question: str) -> str:
    """The same of Anthropic."""
    answer = client.messages.create(model=CLAUDE, max_tokens=99, messages=[{"role": "user", "content": question}])
    return "".join(block.text for block in answer.content if block.type == "text")


class Conversation:
    """An agent that remembers what was said."""

    def __init__(self, client: OpenAI, system: str) -> None:
        self._client = client
        self.messages: list[Any] = [{"role": "system", "content": system}]

    def say(self, text: str) -> str:
        self.messages.append({"role": "user", "content": text})
        answer = self._client.chat.completions.create(model=GPT, messages=self.messages)
        said = answer.choices[0].message.content or ""
        self.messages.append({"role": "assistant", "content": said})
        return said


def weather(place: str) -> str:
    """A tool."""
    return f"rain in {place}"


def forecast(client: OpenAI, question: str) -> str:
    """An agent with a tool, on chat completions."""
    tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": _PLACE}}]
    messages: list[Any] = [{"role": "user", "content": question}]
    for _ in range(5):
        message = client.chat.completions.create(model=GPT, messages=messages, tools=tools).choices[0].message
        if not message.tool_calls:
            return message.content or ""
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            assert call.type == "function"
            result = weather(**json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    raise AssertionError("it never came to an end")


def forecast_by_claude(client: Anthropic, question: str) -> str:
    """The same agent on messages."""
    tools: Any = [{"name": "weather", "input_schema": _PLACE}]
    messages: list[Any] = [{"role": "user", "content": question}]
    for _ in range(5):
        answer = client.messages.create(model=CLAUDE, max_tokens=99, messages=messages, tools=tools)
        results: list[Any] = []
        for block in answer.content:
            if block.type == "tool_use":
                given: Any = block.input
                results.append({"type": "tool_result", "tool_use_id": block.id, "content": weather(**given)})
        if not results:
            return "".join(block.text for block in answer.content if block.type == "text")
        messages += [
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]},
            {"role": "user", "content": results},
        ]
    raise AssertionError("it never came to an end")


def told(client: OpenAI, question: str) -> Iterator[str]:
    """An answer as it comes."""
    stream = client.chat.completions.create(model=GPT, messages=[{"role": "user", "content": question}], stream=True)
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            yield chunk.choices[0].delta.content


def told_by_claude(client: Anthropic, question: str) -> Iterator[str]:
    """The same by the stream helper."""
    with client.messages.stream(
        model=CLAUDE, max_tokens=99, messages=[{"role": "user", "content": question}]
    ) as stream:
        yield from stream.text_stream


def ask_in_threads(client: OpenAI, questions: Sequence[str]) -> list[str]:
    """All questions at once, in a pool."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(partial(ask, client), questions))


def ask_in_background(client: Anthropic, question: str) -> str:
    """A question in a thread of its own."""
    answers: list[str] = []
    thread = Thread(target=lambda: answers.append(ask_claude(client, question)))
    thread.start()
    thread.join()
    return answers[0]


async def ask_async(client: AsyncOpenAI, question: str) -> str:
    answer = await client.chat.completions.create(model=GPT, messages=[{"role": "user", "content": question}])
    return answer.choices[0].message.content or ""


async def ask_claude_async(client: AsyncAnthropic, question: str) -> str:
    answer = await client.messages.create(model=CLAUDE, max_tokens=99, messages=[{"role": "user", "content": question}])
    return "".join(block.text for block in answer.content if block.type == "text")


async def debate(first: AsyncOpenAI, second: AsyncAnthropic, question: str) -> list[str]:
    """Two models at once, then one about the other."""
    opinions = await asyncio.gather(ask_async(first, question), ask_claude_async(second, question))
    return [*opinions, await ask_async(first, f"What of this: {opinions[1]}")]


def ask_somebody(client: OpenAI, spare: Anthropic, question: str) -> str:
    """A question for one model, and for another where that one is overloaded."""
    try:
        return ask(client, question)
    except openai.RateLimitError:
        return ask_claude(spare, question)


def is_key_good(client: Anthropic) -> bool:
    try:
        ask_claude(client, "Are you there?")
    except anthropic.AuthenticationError:
        return False
    return True


def describe_city(client: OpenAI, name: str) -> City | None:
    """A structured answer, parsed by the SDK."""
    answer = client.chat.completions.parse(
        model=GPT, messages=[{"role": "user", "content": name}], response_format=City
    )
    return answer.choices[0].message.parsed


def nearest(client: OpenAI, text: str, others: Sequence[str]) -> str:
    """The text most like another, by their embeddings."""
    vectors = client.embeddings.create(model="text-embedding-3-small", input=[text, *others])
    wanted, *found = [each.embedding for each in vectors.data]
    distances = [sum((a - b) ** 2 for a, b in zip(wanted, each, strict=True)) for each in found]
    return others[distances.index(min(distances))]
