"""Streams that an app does not read to their end, and what it notices of their end."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from demo.provider import Behaviour, Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.offline import offline
from tests.conformance.seen import first_difference, seen
from tests.conformance.vendors import Vendor


async def read(app: App, stream: Any, count: int) -> None:
    """Look at the next events, so many of them."""
    events = app.each(stream)
    for _ in range(count):
        app.see(await anext(events))


def test_a_stream_left_in_a_with_block_is_kept_as_far_as_it_went(everyway: EveryWay) -> None:
    """Leaving a `with` block after three events closes the stream; the recording holds them and says it is not all."""

    async def program(app: App) -> None:
        async with app.within(await app.ask(stream=True)) as stream:
            await read(app, stream, 3)
        app.see(stream)

    (response,) = everyway(program).responses
    assert response.incomplete
    assert len(response.events or []) >= 3


def test_a_stream_that_is_closed_is_kept_as_far_as_it_went(everyway: EveryWay) -> None:
    """`close()` ends the response, recorded and replayed as without us."""

    async def program(app: App) -> None:
        stream = await app.ask(stream=True)
        await read(app, stream, 2)
        await app.wait(stream.close())
        app.see(stream)

    (response,) = everyway(program).responses
    assert response.incomplete


def test_a_stream_that_is_never_closed_is_kept_at_the_end_of_the_block(everyway: EveryWay) -> None:
    """A stream that the app forgets half-way is in the recording, as far as it went."""
    forgotten: list[Any] = []

    async def program(app: App) -> None:
        stream = await app.ask(stream=True)
        await read(app, stream, 2)
        forgotten.append(stream)

    (response,) = everyway(program).responses
    assert response.incomplete
    assert len(response.events or []) >= 2
    for stream in forgotten:
        everyway.vendor.run(_closed(stream))


async def _closed(stream: Any) -> None:
    closing = stream.close()
    if closing is not None:
        await closing


def test_a_stream_that_is_never_read_is_kept(everyway: EveryWay) -> None:
    """A stream that is closed before its first event was read is a recorded call all the same."""

    async def program(app: App) -> None:
        stream = await app.ask(stream=True)
        app.see(stream)
        await app.wait(stream.close())
        app.see(stream)

    (response,) = everyway(program).responses
    assert response.incomplete


def test_reading_past_the_recorded_end_says_so(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """Reading on where the app had left the stream raises `IncompleteStreamError`, which names method and place."""
    gate = threading.Event()
    provider.script(Behaviour(gates={2: gate}))

    async def leave_early() -> None:
        app = App(vendor, vendor.client(provider), provider)
        async with (
            agentreplay.cassette("case", mode="record", directory=tmp_path),
            app.within(await app.ask(stream=True)) as stream,
        ):
            await read(app, stream, 2)

    async def read_on() -> None:
        app = App(vendor, vendor.client(provider), provider)
        async with agentreplay.cassette("case", mode="replay", directory=tmp_path):
            with pytest.raises(agentreplay.IncompleteStreamError) as caught:
                await app.every(await app.ask(stream=True))
        assert caught.value.method == vendor.method
        assert caught.value.kept == 2
        assert "mode='record'" in str(caught.value)

    vendor.run(leave_early())
    gate.set()
    with offline():
        vendor.run(read_on())


def test_the_first_event_is_seen_before_the_second_is_sent(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """While recording nothing is held back: the app has an event in hand while the provider waits with the next."""
    gates = {1: threading.Event(), 2: threading.Event()}
    provider.script(Behaviour(gates=gates))

    async def program() -> None:
        app = App(vendor, vendor.client(provider, timeout=30), provider)
        async with agentreplay.cassette("case", mode="record", directory=tmp_path):
            events = app.each(await app.ask(stream=True))
            for gate in gates.values():
                await anext(events)
                gate.set()
            assert await app.every(events)

    vendor.run(program())


def test_closing_a_recorded_stream_hangs_up(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """`close()` while recording ends the connection: the provider, which waits with the rest, notices."""
    gate = threading.Event()
    provider.script(Behaviour(gates={2: gate}))

    async def program() -> None:
        app = App(vendor, vendor.client(provider), provider)
        async with agentreplay.cassette("case", mode="record", directory=tmp_path) as session:
            stream = await app.ask(stream=True)
            await read(app, stream, 1)
            await app.wait(stream.close())
            assert stream.response.is_closed
            assert len(session.interactions) == 1

    vendor.run(program())
    assert provider.hung_up.wait(10)


def test_the_stream_is_the_sdks_own(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """`type(stream)` is the SDK's `Stream` or `AsyncStream` itself, while recording and in replay."""
    expected = vendor.sdk.AsyncStream if vendor.is_async else vendor.sdk.Stream

    async def program(mode: str) -> None:
        app = App(vendor, vendor.client(provider), provider)
        async with agentreplay.cassette("case", mode=mode, directory=tmp_path):
            stream = await app.ask(stream=True)
            assert type(stream) is expected
            await app.every(stream)

    vendor.run(program("record"))
    vendor.run(program("replay"))


@pytest.mark.surface(openai="chat.completions.create", anthropic="messages.create")
def test_a_stream_left_by_break_is_kept(vendor: Vendor, provider: Provider, tmp_path: Path) -> None:
    """A loop that is left by `break`, with nothing closed, leaves what was read in the recording, and it replays."""
    gate = threading.Event()
    provider.script(Behaviour(gates={3: gate}))

    async def program(mode: str) -> list[Any]:
        app = App(vendor, vendor.client(provider), provider)
        async with agentreplay.cassette("case", mode=mode, directory=tmp_path):
            events: list[Any] = []
            stream = await app.ask(stream=True)
            if vendor.is_async:
                async for one in stream:
                    events.append(seen(one))
                    if len(events) == 2:
                        break
            else:
                for one in stream:
                    events.append(seen(one))
                    if len(events) == 2:
                        break
            del stream
            gc.collect()
        return events

    recorded = vendor.run(program("record"))
    gate.set()
    with offline():
        replayed = vendor.run(program("replay"))
    assert first_difference(recorded, replayed) is None
