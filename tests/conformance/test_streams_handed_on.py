"""Streams that are opened in one place and read or closed in another."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import agentreplay
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.offline import offline
from tests.conformance.seen import first_difference, seen
from tests.conformance.vendors import Vendor


def both_ways(vendor: Vendor, provider: Provider, tmp_path: Path, program: Any) -> agentreplay.Cassette:
    """Run `program`, which gives what it saw, while recording and in replay; the recording."""

    async def run(mode: str) -> Any:
        async with agentreplay.cassette("case", mode=mode, directory=tmp_path):
            return await program(App(vendor, vendor.client(provider), provider))

    recorded = vendor.run(run("record"))
    with provider.stopped(), offline():
        replayed = vendor.run(run("replay"))
    assert first_difference(recorded, replayed) is None
    (path,) = tmp_path.glob("case/*.json")
    return agentreplay.Cassette.load(path)


def elsewhere(vendor: Vendor, work: Any) -> Any:
    """Do `work` in a thread of its own, or, where the client is async, in a task of its own."""
    if vendor.is_async:
        return asyncio.ensure_future(work())
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_a_stream_is_read_and_closed_elsewhere(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """Opened here, read in one thread or task and closed in another, a stream is recorded and replayed."""

    async def program(app: App) -> list[Any]:
        stream = await app.ask(stream=True)
        events = app.each(stream)

        async def read_one() -> Any:
            return seen(await anext(events))

        def step() -> Any:
            return read_one() if vendor.is_async else vendor.run(read_one())

        first = await app.wait(elsewhere(vendor, step))
        second = await app.wait(elsewhere(vendor, step))
        await app.wait(elsewhere(vendor, stream.close))
        return [first, second, stream.response.is_closed]

    (interaction,) = both_ways(vendor, provider, tmp_path, program).interactions
    assert interaction.response.incomplete


def test_a_stream_is_read_on_after_the_block(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """What an app reads of a stream after the block reaches the app, and is no part of the recording any more."""

    async def read_on() -> list[Any]:
        app = App(vendor, vendor.client(provider), provider)
        async with agentreplay.cassette("case", mode="record", directory=tmp_path) as session:
            events = app.each(await app.ask(stream=True))
            before = [seen(await anext(events))]
        kept = len(session.cassette.interactions[0].response.events or [])
        rest = [seen(event) async for event in events]
        assert len(session.cassette.interactions[0].response.events or []) == kept
        return before + rest

    async def plain() -> list[Any]:
        app = App(vendor, vendor.client(provider), provider)
        return [seen(event) for event in await app.every(await app.ask(stream=True))]

    assert len(vendor.run(read_on())) == len(vendor.run(plain()))


def test_streams_of_many_tasks_and_threads_do_not_mix(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """Streams that are read at once, each where it was opened, are recorded whole and replayed to their own readers."""
    words = [f"word {number}" for number in range(4)]

    async def program(app: App) -> list[Any]:
        async def one(word: str) -> list[Any]:
            return [seen(event) for event in await app.every(await app.ask(word, stream=True))]

        if vendor.is_async:
            return list(await asyncio.gather(*(one(word) for word in words)))
        found: dict[str, Any] = {}

        def read(word: str) -> None:
            found[word] = vendor.run(one(word))

        threads = [threading.Thread(target=read, args=(word,)) for word in words]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [found[word] for word in words]

    interactions = both_ways(vendor, provider, tmp_path, program).interactions
    assert len(interactions) == len(words)
    assert not any(interaction.response.incomplete for interaction in interactions)
