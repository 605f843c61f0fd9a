"""Promise: after the last session every class is as it was."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
import wrapt
from anthropic.lib.bedrock import AnthropicBedrock
from anthropic.lib.vertex import AnthropicVertex

import agentreplay
from demo.provider import Provider


def touched() -> list[type]:
    """Every class that is wrapped while a session is open, and clients that inherit from them."""
    classes: list[type] = [threading.Thread, ThreadPoolExecutor, socket.socket, asyncio.BaseEventLoop]
    for sdk in (openai, anthropic):
        base = sys.modules[f"{sdk.__name__}._base_client"]
        resource = sys.modules[f"{sdk.__name__}._resource"]
        classes += [base.SyncAPIClient, base.AsyncAPIClient, resource.SyncAPIResource, resource.AsyncAPIResource]
        classes += [sdk.Stream, sdk.AsyncStream]
    classes += [openai.OpenAI, openai.AsyncOpenAI, openai.AzureOpenAI, openai.AsyncAzureOpenAI]
    classes += [anthropic.Anthropic, anthropic.AsyncAnthropic, AnthropicBedrock, AnthropicVertex]
    return classes


def contents() -> dict[type, dict[str, int]]:
    """What each of these classes holds itself, by identity: a wrapper says that it equals what it wraps."""
    return {cls: {name: id(value) for name, value in vars(cls).items()} for cls in touched()}


@pytest.fixture(autouse=True)
def imported(openai_client: openai.OpenAI, anthropic_client: anthropic.Anthropic) -> None:
    """Whatever the SDKs import late is imported before a test looks."""
    assert openai_client.responses is not None
    assert anthropic_client.beta.messages is not None


def test_after_a_session_every_class_holds_what_it_held(provider: Provider, tmp_path: Path) -> None:
    """A block that recorded leaves nothing behind, not even an inherited method made the class's own."""
    before = contents()
    with (
        agentreplay.cassette("once", directory=tmp_path),
        openai.OpenAI(base_url=provider.openai_url, api_key="sk-test") as client,
    ):
        assert contents() != before
        client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
    assert contents() == before


def test_installing_twice_is_installing_once() -> None:
    """One `uninstall()` undoes any number of `install()`; one too many does no harm."""
    before = contents()
    agentreplay.install()
    agentreplay.install()
    assert contents() != before
    agentreplay.uninstall()
    assert contents() == before
    agentreplay.uninstall()
    assert contents() == before


def test_sessions_inside_an_installation_leave_it_in_place(tmp_path: Path) -> None:
    """What `install()` laid stays until `uninstall()`, however many blocks come and go meanwhile."""
    before = contents()
    agentreplay.install()
    installed = contents()
    with agentreplay.cassette("empty", directory=tmp_path, mode="live"):
        assert contents() == installed
    assert contents() == installed
    agentreplay.uninstall()
    assert contents() == before


def test_a_block_that_fails_undoes_as_well(tmp_path: Path) -> None:
    """An exception in the block, and one while it opens, leave every class as it was."""
    before = contents()
    with pytest.raises(ZeroDivisionError), agentreplay.cassette("fails", directory=tmp_path):
        _ = 1 / 0
    assert contents() == before
    with (
        pytest.raises(agentreplay.CassetteNotFoundError),
        agentreplay.cassette("none", directory=tmp_path, mode="replay"),
    ):
        pass
    assert contents() == before


def test_a_wrapper_laid_on_top_of_ours_stays(provider: Provider, tmp_path: Path) -> None:
    """Somebody who wrapped while a session was open keeps the wrapper, and calls go through both as if we were gone."""
    owner = openai._base_client.SyncAPIClient
    original = vars(owner)["request"]
    seen: list[str] = []

    def watch(wrapped: Any, _client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        seen.append("called")
        return wrapped(*args, **kwargs)

    try:
        with agentreplay.cassette("under", directory=tmp_path, mode="live"):
            theirs = wrapt.FunctionWrapper(vars(owner)["request"], watch)
            owner.request = theirs  # type: ignore[method-assign]
        assert vars(owner)["request"] is theirs
        with openai.OpenAI(base_url=provider.openai_url, api_key="sk-test") as client:
            client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
        assert seen == ["called"]
        assert provider.count == 1
    finally:
        owner.request = original  # type: ignore[method-assign]


def test_a_bound_method_kept_from_a_session_works_on(provider: Provider, tmp_path: Path) -> None:
    """A method that the app took from a client while a session was open is the SDK's own again afterwards."""
    with openai.OpenAI(base_url=provider.openai_url, api_key="sk-test") as client:
        with agentreplay.cassette("kept", directory=tmp_path, mode="live"):
            kept = client.request
        raw = kept(object, openai._models.FinalRequestOptions.construct(method="get", url="/models"))
    assert raw
