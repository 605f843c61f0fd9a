"""Replay where no key is set, and clients that were built without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.offline import offline
from tests.conformance.seen import first_difference, only_kept
from tests.conformance.test_clouds import azure
from tests.conformance.vendors import Vendor

openai_only = pytest.mark.surface(openai="chat.completions.create")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing in the environment or in the user's folder is a credential."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "AGENTREPLAY_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def keyless(vendor: Vendor, provider: Provider) -> Any:
    """The vendor's client, built without a key."""
    return vendor.new_client(base_url=vendor.base_url(provider))


def keyless_azure(vendor: Vendor, provider: Provider) -> Any:
    """Azure's client, built without a key."""
    return vendor.new_client("AzureOpenAI", azure_endpoint=provider.url, api_version="2024-10-21")


async def program(app: App) -> None:
    app.see(await app.ask())
    app.see(await app.every(await app.ask("streamed", stream=True)))
    copied = app.vendor.resource(app.client.copy(timeout=5).with_options(max_retries=0))
    app.see(await app.wait(copied.create(**app.question("copied"))))
    raw = await app.wait(app.resource.with_raw_response.create(**app.question("raw")))
    app.see(await app.wait(raw.parse()))


@contextmanager
def recorded(vendor: Vendor, provider: Provider, tmp_path: Path, client: Any) -> Iterator[App]:
    """`program` as it was recorded with a client that has a key; the app of that run."""
    app = App(vendor, client, provider)

    async def record() -> None:
        async with agentreplay.cassette("case", mode="record", directory=tmp_path):
            await program(app)

    vendor.run(record())
    yield app
    if client._client is not vendor.shared()._client:
        vendor.run(_close(client))


async def _close(client: Any) -> None:
    closing = client.close()
    if closing is not None:
        await closing


def replayed(vendor: Vendor, provider: Provider, tmp_path: Path, build: Any) -> tuple[App, Any]:
    """`program` in replay with a client that is built inside the block, and that client."""

    async def replay() -> tuple[App, Any]:
        async with agentreplay.cassette("case", mode="replay", directory=tmp_path):
            client = build(vendor, provider)
            app = App(vendor, client, provider)
            await program(app)
        return app, client

    return vendor.run(replay())


def test_a_client_built_without_a_key_replays(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """Inside a replaying block a client needs no key, nor do its copies, and the app sees what was recorded."""
    with recorded(vendor, provider, tmp_path, vendor.client(provider)) as live, offline():
        app, client = replayed(vendor, provider, tmp_path, keyless)
    assert first_difference(only_kept(live.sights), only_kept(app.sights)) is None
    vendor.run(_close(client))


@openai_only
def test_an_azure_client_built_without_a_key_replays(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """Azure's client needs no key in replay either."""
    with recorded(vendor, provider, tmp_path, azure(vendor, provider)) as live, offline():
        app, client = replayed(vendor, provider, tmp_path, keyless_azure)
    assert first_difference(only_kept(live.sights), only_kept(app.sights)) is None
    vendor.run(_close(client))


@openai_only
@pytest.mark.parametrize("build", [keyless, keyless_azure], ids=["plain", "azure"])
def test_a_stand_in_key_is_never_sent(vendor: Vendor, provider: Provider, tmp_path: Path, build: Any) -> None:
    """Outside the block a client that was built without a key raises `StandInKeyError`, copies too; nothing is sent."""
    with recorded(vendor, provider, tmp_path, vendor.client(provider)):
        _, client = replayed(vendor, provider, tmp_path, build)
    before = provider.count

    async def call(some: Any) -> None:
        app = App(vendor, some, provider)
        with pytest.raises(agentreplay.StandInKeyError, match="stand-in key"):
            await app.ask()
        with pytest.raises(agentreplay.StandInKeyError):
            await app.ask(stream=True)

    vendor.run(call(client))
    vendor.run(call(client.copy(timeout=3)))
    vendor.run(_close(client))
    assert provider.count == before


@openai_only
def test_a_stand_in_key_is_not_sent_while_recording(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """A recording block refuses a client that was built without a key, as no block does."""
    with recorded(vendor, provider, tmp_path, vendor.client(provider)):
        _, client = replayed(vendor, provider, tmp_path, keyless)
    before = provider.count

    async def record() -> None:
        async with agentreplay.cassette("other", mode="record", directory=tmp_path):
            with pytest.raises(agentreplay.StandInKeyError):
                await App(vendor, client, provider).ask()
            await App(vendor, vendor.client(provider), provider).ask()

    vendor.run(record())
    vendor.run(_close(client))
    assert provider.count == before + 1


@pytest.mark.surface(anthropic="messages.create")
def test_a_client_without_credentials_sends_nothing(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """Where the SDK itself builds a client without a key, calls outside the block raise its own complaint."""
    with recorded(vendor, provider, tmp_path, vendor.client(provider)):
        _, client = replayed(vendor, provider, tmp_path, keyless)
    before = provider.count

    async def call() -> None:
        with pytest.raises((TypeError, vendor.sdk.AnthropicError, agentreplay.StandInKeyError)):
            await App(vendor, client, provider).ask()

    vendor.run(call())
    vendor.run(_close(client))
    assert provider.count == before


@openai_only
def test_a_key_is_wanted_where_calls_are_sent(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """While recording, and outside every block, a client without a key is the SDK's own error."""
    error_class = vendor.sdk.OpenAIError
    with pytest.raises(error_class):
        keyless(vendor, provider)

    async def record() -> None:
        async with agentreplay.cassette("case", mode="record", directory=tmp_path):
            with pytest.raises(error_class, match="api_key"):
                keyless(vendor, provider)
            await App(vendor, vendor.client(provider), provider).ask()

    vendor.run(record())


@openai_only
def test_another_mistake_is_the_sdks_own_error(everyway: EveryWay) -> None:
    """What is wrong beside the key is complained of as without us, in replay as well."""

    async def some(app: App) -> None:
        with pytest.raises(ValueError, match="azure_endpoint") as caught:
            app.vendor.new_client("AzureOpenAI", api_version="2024-10-21", api_key="some")
        app.see(caught.value, await app.ask())

    everyway(some)


def test_in_a_replaying_environment_no_block_is_needed_to_build_a_client(
    vendor: Vendor, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `AGENTREPLAY_MODE=replay` and agentreplay installed, clients are built without a key anywhere; calls outside
    a block are refused.
    """
    monkeypatch.setenv("AGENTREPLAY_MODE", "replay")
    agentreplay.install()
    try:
        client = keyless(vendor, provider)

        async def call() -> None:
            with pytest.raises(agentreplay.SessionError, match="outside any cassette"):
                await App(vendor, client, provider).ask()
            with pytest.raises(agentreplay.SessionError, match="outside any cassette"):
                await App(vendor, vendor.client(provider), provider).ask()

        vendor.run(call())
        vendor.run(_close(client))
    finally:
        agentreplay.uninstall()
    assert provider.count == 0
