"""The same models in other people's clouds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import agentreplay
from demo.provider import Behaviour, Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.offline import offline
from tests.conformance.seen import first_difference, seen
from tests.conformance.test_structured import Weather
from tests.conformance.vendors import Vendor

openai_only = pytest.mark.surface(openai="chat.completions.create")
anthropic_only = pytest.mark.surface(anthropic="messages.create")


def azure(vendor: Vendor, provider: Provider, **options: Any) -> Any:
    """Azure's client with a key, or with whatever else `options` gives."""
    if not any(name.startswith("azure_ad") for name in options):
        options["api_key"] = "azure-key-0123456789"
    return vendor.new_client("AzureOpenAI", azure_endpoint=provider.url, api_version="2024-10-21", **options)


def bedrock(vendor: Vendor, provider: Provider) -> Any:
    """Amazon's client, which signs what it sends."""
    return vendor.new_client(
        "AnthropicBedrock",
        aws_access_key="AKIA0123456789",
        aws_secret_key="aws-secret-0123456789",
        aws_region="us-east-1",
        base_url=provider.url,
    )


def vertex(vendor: Vendor, provider: Provider) -> Any:
    """Google's client, with a token instead of its way to get one."""
    return vendor.new_client(
        "AnthropicVertex",
        region="us-east5",
        project_id="some-project",
        access_token="google-token-0123456789",
        base_url=f"{provider.url}/v1",
    )


async def whole_and_streamed(app: App) -> None:
    """Ask once for an answer, once for a stream, and once for an error."""
    app.see(await app.ask())
    stream = await app.ask("Streamed", stream=True)
    app.see(type(stream), await app.every(stream))
    with pytest.raises(app.vendor.sdk.BadRequestError) as caught:
        await app.ask("Wrong")
    # Not the request on it: it is signed, and in replay nothing is.
    app.see(caught.type, str(caught.value), caught.value.body, caught.value.response.headers)


def fail_third(provider: Provider) -> None:
    provider.script(Behaviour(), Behaviour(), Behaviour(status=400))


@openai_only
@pytest.mark.parametrize(
    "options",
    [{}, {"azure_deployment": "some-deployment"}, {"azure_ad_token": "ad-token-0123456789"}],
    ids=["key", "deployment", "token"],
)
def test_azure_is_the_same(everyway: EveryWay, options: dict[str, Any]) -> None:
    """Azure's client records under the same names, whatever stands in its paths, and keeps no credential."""
    outcome = everyway(
        whole_and_streamed, client=lambda vendor, provider: azure(vendor, provider, **options), prepare=fail_third
    )
    assert outcome.methods == ["chat.completions.create"] * 3
    assert "/openai/deployments/" in outcome.received[0].path
    assert "0123456789" not in outcome.text


@openai_only
def test_azure_tokens_are_not_asked_for_in_replay(everyway: EveryWay) -> None:
    """A token provider is called while recording; in replay nobody needs it."""
    asked: list[str] = []

    def token() -> str:
        asked.append("token")
        return "ad-token-0123456789"

    async def async_token() -> str:
        return token()

    def client(vendor: Vendor, provider: Provider) -> Any:
        return azure(vendor, provider, azure_ad_token_provider=async_token if vendor.is_async else token)

    async def program(app: App) -> None:
        app.see(await app.ask())

    outcome = everyway(program, client=client)
    assert asked == ["token", "token"], "once without us, once while recording"
    assert "0123456789" not in outcome.text


@openai_only
def test_helpers_on_azure_are_the_same(everyway: EveryWay) -> None:
    """Parsing and raw responses work on Azure's client as on the plain one."""

    async def program(app: App) -> None:
        parse = getattr(app.resource, "parse", None) or app.client.beta.chat.completions.parse
        app.see(await app.wait(parse(**app.question(), response_format=Weather)))
        raw = await app.wait(app.resource.with_raw_response.create(**app.question()))
        app.see(raw.headers.get("apim-request-id"), await app.wait(raw.parse()))
        app.see(await app.wait(app.client.embeddings.create(model="some-embedding", input="a")))

    everyway(program, client=azure)


@anthropic_only
def test_bedrock_is_the_same(everyway: EveryWay) -> None:
    """Amazon's client, with its binary stream frames and signatures, records and replays like the plain one."""
    outcome = everyway(whole_and_streamed, client=bedrock, prepare=fail_third)
    assert outcome.methods == ["messages.create"] * 3
    assert "0123456789" not in outcome.text


@anthropic_only
def test_a_bedrock_stream_that_is_left_early_is_kept_as_far_as_it_went(everyway: EveryWay) -> None:
    """A stream in Amazon's frames that the app leaves is replayed so far."""

    async def program(app: App) -> None:
        async with app.within(await app.ask(stream=True)) as stream:
            app.see(await anext(app.each(stream)))

    assert everyway(program, client=bedrock).responses[0].incomplete


@anthropic_only
def test_a_bedrock_stream_that_fails_raises_the_same_error(everyway: EveryWay) -> None:
    """An exception among Amazon's frames is the same error after the same events."""

    async def program(app: App) -> None:
        events = app.each(await app.ask(stream=True))
        try:
            async for event in events:
                app.see(event)
        except Exception as error:  # noqa: BLE001 - which one it is depends on the version of the SDK
            app.see(type(error), str(error))
        else:
            raise AssertionError("the stream ended as if it were whole")

    everyway(program, client=bedrock, prepare=lambda provider: provider.script(Behaviour(error_after=3)))


@anthropic_only
@pytest.mark.parametrize("cloud", ["bedrock", "vertex"])
def test_cloud_clients_need_no_credentials_in_replay(
    vendor: Vendor, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str
) -> None:
    """A client for a cloud that is built without credentials replays what one with credentials recorded."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none"))

    def keyless() -> Any:
        if cloud == "bedrock":
            return vendor.new_client("AnthropicBedrock", aws_region="us-east-1", base_url=provider.url)
        return vendor.new_client(
            "AnthropicVertex", region="us-east5", project_id="some-project", base_url=f"{provider.url}/v1"
        )

    async def program(mode: str) -> Any:
        async with agentreplay.cassette("case", mode=mode, directory=tmp_path):
            client = keyless() if mode == "replay" else (bedrock if cloud == "bedrock" else vertex)(vendor, provider)
            app = App(vendor, client, provider)
            answers = [seen(await app.ask()), seen(await app.every(await app.ask("streamed", stream=True)))]
            await app.wait(client.close())
        return answers

    recorded = vendor.run(program("record"))
    with offline() as attempts:
        assert first_difference(recorded, vendor.run(program("replay"))) is None
    assert not attempts.addresses


@anthropic_only
def test_vertex_is_the_same(everyway: EveryWay) -> None:
    """Google's client records and replays like the plain one."""
    outcome = everyway(whole_and_streamed, client=vertex, prepare=fail_third)
    assert outcome.methods == ["messages.create"] * 3
    assert "0123456789" not in outcome.text


@anthropic_only
def test_beta_messages_in_the_clouds_are_the_same(everyway: EveryWay) -> None:
    """The beta resources of the cloud clients are recorded under the beta names."""

    async def program(app: App) -> None:
        app.see(await app.wait(app.client.beta.messages.create(**app.question())))
        app.see(await app.every(await app.wait(app.client.beta.messages.create(**app.question(), stream=True))))

    assert everyway(program, client=bedrock).methods == ["beta.messages.create"] * 2
