"""Clients on HTTP clients of the app's own, and OpenAI's client without a client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.http_clients import build
from tests.conformance.vendors import Vendor

NETWORKED = ("hooks", "plain", "legacy", "aiohttp")
TRANSPORTS = ("transport", "legacy transport")


@pytest.mark.parametrize("http_client", NETWORKED)
def test_an_app_with_its_own_http_client_sees_the_same(everyway: EveryWay, http_client: str) -> None:
    """Whole answers, raw ones and streams are the same on every HTTP client that the SDK takes."""

    async def program(app: App) -> None:
        app.see(await app.ask())
        raw = await app.wait(app.resource.with_raw_response.create(**app.question("raw")))
        app.see(raw.http_response.text, type(raw.http_response).__mro__, raw.status_code)
        stream = await app.ask("streamed", stream=True)
        app.see(type(stream.response), await app.every(stream))
        async with app.within(await app.ask("left", stream=True)) as stream:
            app.see(await anext(app.each(stream)))

    everyway(program, client=lambda vendor, provider: build(vendor, http_client, provider))


@pytest.mark.parametrize("http_client", TRANSPORTS)
def test_a_transport_that_answers_by_itself_is_recorded(everyway: EveryWay, http_client: str) -> None:
    """Answers that never came over a socket are recorded and replayed as well."""

    async def program(app: App) -> None:
        app.see(await app.ask())

    outcome = everyway(program, client=lambda vendor, provider: build(vendor, http_client, provider))
    assert outcome.received == []


@pytest.fixture
def module_client() -> Iterator[Any]:
    """`openai` itself as client; afterwards it knows nothing of this."""
    import openai

    yield openai
    openai.api_key = None
    openai.base_url = None
    openai._reset_client()


@pytest.mark.surface(openai="chat.completions.create")
def test_openai_without_a_client_sees_the_same(everyway: EveryWay, module_client: Any) -> None:
    """`openai.chat.completions.create` is recorded and replayed like a client's."""

    async def program(app: App) -> None:
        create = module_client.chat.completions.create
        app.see(create(**app.question()))
        for event in create(**app.question("streamed"), stream=True):
            app.see(event)
        app.see(module_client.embeddings.create(model="text-embedding-3-small", input="a"))

    def client(vendor: Vendor, provider: Provider) -> Any:
        module_client._reset_client()
        module_client.api_key = "sk-module-0123456789"
        module_client.base_url = provider.openai_url + "/"
        return vendor.client(provider)

    assert len(everyway(program, client=client).responses) == 3
