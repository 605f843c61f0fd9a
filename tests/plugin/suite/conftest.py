"""The agents' suite: recorded against the provider on loopback, replayed without it and without any key."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
import pytest_asyncio
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI

from demo.provider import Provider


def _provider() -> Provider | None:
    """The provider, where the run records; else nobody listens, and no key is set."""
    if "SUITE_RECORDS" not in os.environ:
        os.environ.update(OPENAI_BASE_URL="http://127.0.0.1:9/v1", ANTHROPIC_BASE_URL="http://127.0.0.1:9")
        return None
    provider = Provider()
    provider.start()
    os.environ.update(
        OPENAI_BASE_URL=provider.openai_url,
        ANTHROPIC_BASE_URL=provider.url,
        OPENAI_API_KEY="sk-proj-of-the-suite",
        ANTHROPIC_API_KEY="sk-ant-of-the-suite",
    )
    return provider


PROVIDER: Final = _provider()


def pytest_unconfigure() -> None:
    if PROVIDER:
        PROVIDER.stop()


@pytest.fixture(autouse=True)
def fresh_provider() -> None:
    """Each test is answered as if it were the first, so that its cassette does not depend on the order of tests."""
    if PROVIDER:
        PROVIDER.forget()


@pytest.fixture
def failing() -> Iterator[None]:
    """The provider fails from now on: with an overload that the SDKs may try again, then for good."""
    if PROVIDER:
        PROVIDER.fail(500, times=1)
        PROVIDER.fail(429, times=9, path="/chat")
    yield
    if PROVIDER:
        PROVIDER.forget()


@pytest.fixture
def refused() -> None:
    """The provider refuses the next request."""
    if PROVIDER:
        PROVIDER.fail(401)


@pytest.fixture
def openai_client() -> Iterator[OpenAI]:
    with OpenAI(max_retries=2) as client:
        yield client


@pytest.fixture
def anthropic_client() -> Iterator[Anthropic]:
    with Anthropic(max_retries=2) as client:
        yield client


@pytest_asyncio.fixture
async def async_openai_client() -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI() as client:
        yield client


@pytest_asyncio.fixture
async def async_anthropic_client() -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic() as client:
        yield client
