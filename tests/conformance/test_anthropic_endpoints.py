"""Anthropic's other endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.app import App
from tests.conformance.everyway import EveryWay


@pytest.mark.surface(anthropic="messages.count_tokens or beta.messages.count_tokens")
def test_token_counts_are_the_same(everyway: EveryWay) -> None:
    """`count_tokens` gives the same numbers, in order."""

    async def program(app: App) -> None:
        question = app.question()
        del question["max_tokens"]
        app.see(await app.wait(app.surface(**question)), await app.wait(app.surface(**question)))

    everyway(program)


@pytest.mark.surface(anthropic="beta.messages.create")
def test_beta_messages_are_recorded_apart(everyway: EveryWay) -> None:
    """The same question to `messages` and to `beta.messages` is two calls with names of their own."""

    async def program(app: App) -> None:
        app.see(await app.ask())
        app.see(await app.wait(app.surface(**app.question(), betas=["token-efficient-tools-2025-02-19"])))
        app.see(await app.every(await app.wait(app.surface(**app.question(), stream=True))))

    assert everyway(program).methods == ["messages.create", "beta.messages.create", "beta.messages.create"]


@pytest.mark.surface(anthropic="messages.create")
def test_thinking_is_the_same(everyway: EveryWay) -> None:
    """Thinking blocks with their signatures come back, whole and streamed."""

    async def program(app: App) -> None:
        thinking: dict[str, Any] = {"type": "enabled", "budget_tokens": 1024}
        more: dict[str, Any] = {"extra_body": {"thinking": thinking}, "max_tokens": 2048}
        app.see(await app.ask(**more))
        app.see(await app.every(await app.ask(**more, stream=True)))

    everyway(program)


@pytest.mark.surface(anthropic="messages.batches.results or beta.messages.batches.results")
def test_results_of_batches_are_the_same(everyway: EveryWay) -> None:
    """A batch is made, asked for, and its results are read line by line."""

    async def program(app: App) -> None:
        batches = app.surface.__self__
        requests = [{"custom_id": name, "params": app.question(name)} for name in ("one", "two")]
        made = await app.wait(batches.create(requests=requests))
        app.see(made, await app.wait(batches.retrieve(made.id)))
        results = await app.wait(batches.results(made.id))
        app.see(type(results), await app.every(results))
        app.see(await app.wait(batches.cancel(made.id)))

    everyway(program)


@pytest.mark.surface(anthropic="messages.batches.results or beta.messages.batches.results")
def test_results_that_are_left_early_are_kept_as_far_as_they_went(everyway: EveryWay) -> None:
    """The first of many results is replayed where the app took no more."""

    async def program(app: App) -> None:
        batches = app.surface.__self__
        made = await app.wait(
            batches.create(requests=[{"custom_id": str(n), "params": app.question(str(n))} for n in range(3)])
        )
        results = await app.wait(batches.results(made.id))
        app.see(await anext(app.each(results)))

    everyway(program)


@pytest.mark.surface(anthropic="models.list or beta.models.list")
def test_models_are_the_same(everyway: EveryWay) -> None:
    """Models come by pages and by name."""

    async def program(app: App) -> None:
        app.see(await app.every(app.surface(limit=1)))
        app.see(await app.wait(app.surface.__self__.retrieve("claude-opus-4-5")))

    assert len(everyway(program).responses) == 4
