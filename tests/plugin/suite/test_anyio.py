"""Asynchronous agents, run by anyio's plugin: a task of a wider scope runs tests and fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from openai import AsyncOpenAI

from .agents import ask_async

pytestmark = [pytest.mark.agentreplay, pytest.mark.anyio]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def shared_client(anyio_backend: str) -> AsyncIterator[AsyncOpenAI]:
    """A client for all tests of the module, which keeps anyio's runner alive between them."""
    async with AsyncOpenAI() as client:
        yield client


@pytest.fixture
async def greeting(shared_client: AsyncOpenAI) -> str:
    return await ask_async(shared_client, "Hello")


async def test_a_question(shared_client: AsyncOpenAI) -> None:
    assert (await ask_async(shared_client, "Anyio?")).startswith("Answer 1")


async def test_a_fixture_that_asks(shared_client: AsyncOpenAI, greeting: str) -> None:
    assert greeting.startswith("Answer 1")
    assert (await ask_async(shared_client, "And now?")).startswith("Answer 2")


@pytest.mark.parametrize("size", [2, 5])
async def test_a_task_group(shared_client: AsyncOpenAI, size: int) -> None:
    answers: list[str] = []

    async def voice(number: int) -> None:
        answers.append(await ask_async(shared_client, f"Voice {number}"))

    async with anyio.create_task_group() as group:
        for number in range(size):
            group.start_soon(voice, number)
    assert len(set(answers)) == size
