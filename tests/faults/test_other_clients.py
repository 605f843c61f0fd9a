"""Faults met by clients of other clouds, without a key, and with middleware."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay import Fault
from demo.provider import Provider
from tests.conformance.vendors import VENDORS, Vendor
from tests.faults.scene import NOBODY

OPENAI, ASYNC_OPENAI, ANTHROPIC, ASYNC_ANTHROPIC = VENDORS


def azure(vendor: Vendor, base: str) -> Any:
    return vendor.new_client("AzureOpenAI", azure_endpoint=base, api_version="2024-10-21", api_key="azure-key-0123")


def bedrock(vendor: Vendor, base: str) -> Any:
    keys = {"aws_access_key": "AKIA0123456789", "aws_secret_key": "aws-secret-0123456789"}
    return vendor.new_client("AnthropicBedrock", **keys, aws_region="us-east-1", base_url=base)


def vertex(vendor: Vendor, base: str) -> Any:
    options = {"region": "us-east5", "project_id": "some-project", "access_token": "google-token-0123456789"}
    return vendor.new_client("AnthropicVertex", **options, base_url=f"{base}/v1")


Making = Callable[[Vendor, str], Any]


@pytest.mark.parametrize(
    ("vendor", "make"),
    [
        (OPENAI, azure),
        (ASYNC_OPENAI, azure),
        (ANTHROPIC, bedrock),
        (ASYNC_ANTHROPIC, bedrock),
        (ANTHROPIC, vertex),
        (ASYNC_ANTHROPIC, vertex),
    ],
    ids=["azure", "azure-async", "bedrock", "bedrock-async", "vertex", "vertex-async"],
)
def test_clients_of_other_clouds_retry_without_signing(
    vendor: Vendor, make: Making, provider: Provider, tmp_path: Path
) -> None:
    """Their own ways to get a credential are not gone: the attempts are answered in memory."""

    async def run(client: Any) -> Any:
        answer = vendor.resource(client).create(**vendor.question("Hello"))
        answer = await answer if vendor.is_async else answer
        closing = client.close()
        if vendor.is_async:
            await closing
        return answer

    with agentreplay.cassette("cloud", directory=tmp_path, mode="record"):
        recorded = vendor.run(run(make(vendor, provider.url)))
    with agentreplay.cassette("cloud", directory=tmp_path, mode="replay", faults=Fault.rate_limit(times=2)):
        assert vendor.run(run(make(vendor, NOBODY))) == recorded


@pytest.mark.parametrize("vendor", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])
def test_a_client_without_a_key_meets_faults(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """The stand-in key of replay is enough."""
    with agentreplay.cassette("keyless", directory=tmp_path, mode="record"):
        recorded = vendor.resource(vendor.client(provider)).create(**vendor.question("Hello"))
    with agentreplay.cassette("keyless", directory=tmp_path, mode="replay", faults=Fault.timeout(times=2)):
        client = vendor.new_client(base_url=NOBODY)
        with client:
            assert vendor.resource(client).create(**vendor.question("Hello")) == recorded


@pytest.mark.parametrize("vendor", VENDORS, ids=[vendor.name for vendor in VENDORS])
def test_middleware_sees_every_attempt(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """It is app code, and runs around each attempt as it does live; an SDK that has none takes none."""
    if not hasattr(vendor.shared(), "_middleware"):
        with pytest.raises(TypeError):
            vendor.shared().with_options(middleware=[])
        return
    seen: list[int] = []

    def layer(request: Any, call_next: Any) -> Any:
        seen.append(request.retries_taken)
        return call_next(request)

    async def async_layer(request: Any, call_next: Any) -> Any:
        seen.append(request.retries_taken)
        return await call_next(request)

    async def run(base: Any) -> Any:
        client = base.with_options(middleware=[async_layer if vendor.is_async else layer])
        answer = vendor.resource(client).create(**vendor.question("Hello"))
        return await answer if vendor.is_async else answer

    with agentreplay.cassette("layers", directory=tmp_path, mode="record"):
        recorded = vendor.run(run(vendor.client(provider)))
    seen.clear()
    with agentreplay.cassette("layers", directory=tmp_path, mode="replay", faults=Fault.overloaded(times=2)):
        assert vendor.run(run(vendor.shared().copy(base_url=NOBODY))) == recorded
    assert seen == [0, 1, 2]
