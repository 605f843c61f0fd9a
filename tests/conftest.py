"""The provider on loopback, and the SDKs' clients for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from demo.provider import Provider

if TYPE_CHECKING:
    from anthropic import Anthropic, AsyncAnthropic
    from openai import AsyncOpenAI, OpenAI


@pytest.fixture
def provider() -> Generator[Provider, None, None]:
    """A running provider of this test's own, which must have made no mistake itself."""
    with Provider() as running:
        yield running
    assert running.faults == []


@pytest.fixture
def openai_client(provider: Provider) -> Generator[OpenAI, None, None]:
    """OpenAI's client for the provider."""
    from openai import OpenAI

    with OpenAI(base_url=provider.openai_url, api_key="sk-test", timeout=10) as client:
        yield client


@pytest_asyncio.fixture
async def async_openai_client(provider: Provider) -> AsyncGenerator[AsyncOpenAI, None]:
    """OpenAI's asynchronous client for the provider."""
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=provider.openai_url, api_key="sk-test", timeout=10) as client:
        yield client


@pytest.fixture
def anthropic_client(provider: Provider) -> Generator[Anthropic, None, None]:
    """Anthropic's client for the provider."""
    from anthropic import Anthropic

    with Anthropic(base_url=provider.url, api_key="sk-ant-test", timeout=10) as client:
        yield client


@pytest_asyncio.fixture
async def async_anthropic_client(provider: Provider) -> AsyncGenerator[AsyncAnthropic, None]:
    """Anthropic's asynchronous client for the provider."""
    from anthropic import AsyncAnthropic

    async with AsyncAnthropic(base_url=provider.url, api_key="sk-ant-test", timeout=10) as client:
        yield client
