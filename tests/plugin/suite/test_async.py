"""Asynchronous agents, run by pytest-asyncio."""

from __future__ import annotations

import asyncio

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

from .agents import CLAUDE, ask, ask_async, ask_claude_async, debate

pytestmark = [pytest.mark.agentreplay, pytest.mark.asyncio]


async def test_a_question(async_openai_client: AsyncOpenAI) -> None:
    assert (await ask_async(async_openai_client, "Async?")).startswith("Answer 1")


async def test_a_debate(async_openai_client: AsyncOpenAI, async_anthropic_client: AsyncAnthropic) -> None:
    opinions = await debate(async_openai_client, async_anthropic_client, "Tea or coffee?")
    assert opinions[1][:20] in opinions[2]


async def test_a_crowd(async_openai_client: AsyncOpenAI) -> None:
    answers = await asyncio.gather(*(ask_async(async_openai_client, f"Voice {number}") for number in range(9)))
    assert [f"Voice {number}" in answer for number, answer in enumerate(answers)] == [True] * 9


async def test_a_task(async_anthropic_client: AsyncAnthropic) -> None:
    task = asyncio.create_task(ask_claude_async(async_anthropic_client, "In a task"))
    assert (await task).startswith("Answer 1")


async def test_a_thread(openai_client: OpenAI) -> None:
    assert (await asyncio.to_thread(ask, openai_client, "In a thread")).startswith("Answer 1")


async def test_an_executor(openai_client: OpenAI) -> None:
    loop = asyncio.get_running_loop()
    assert (await loop.run_in_executor(None, ask, openai_client, "In an executor")).startswith("Answer 1")


async def test_a_stream(async_anthropic_client: AsyncAnthropic) -> None:
    async with async_anthropic_client.messages.stream(
        model=CLAUDE, max_tokens=99, messages=[{"role": "user", "content": "Tell me"}]
    ) as stream:
        assert (await stream.get_final_text()).startswith("Answer 1")


class TestInAClass:
    async def test_a_question(self, async_openai_client: AsyncOpenAI) -> None:
        assert (await ask_async(async_openai_client, "In a class")).startswith("Answer 1")
