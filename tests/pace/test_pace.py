"""Recorded times, given back in replay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay import Cassette, ConfigurationError, Fault, Session
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.vendors import VENDORS, Vendor


class Watch:
    """A clock that goes on only when somebody waits, and the seconds that were waited, in order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.blocked: list[float] = []
        self.awaited: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.blocked.append(round(seconds, 6))

    async def async_sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds
        self.awaited.append(round(seconds, 6))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    found = Watch()
    monkeypatch.setattr("agentreplay._pace.clock", found.clock)
    for module in ("_pace", "integrations._stainless.replay", "integrations._stainless.faulty"):
        monkeypatch.setattr(f"agentreplay.{module}.sleep", found.sleep)
        monkeypatch.setattr(f"agentreplay.{module}.async_sleep", found.async_sleep)
    return found


class Scene:
    """A recorded stream, or a plain answer, whose times are known."""

    def __init__(self, vendor: Vendor, directory: Path) -> None:
        self.vendor = vendor
        self._directory = directory

    def session(self, **more: Any) -> Session:
        return agentreplay.cassette("scene", directory=self._directory, **more)

    def record(self, program: Callable[[App], Any], **times: Any) -> int:
        """Record a program, and say what times it took; gives how many events its one call had."""
        with Provider() as provider, self.session(mode="record") as session:
            self.run(program, provider)
        assert session.path is not None
        cassette = Cassette.load(session.path)
        (interaction,) = cassette.interactions
        events = len(interaction.response.events or [])
        for name, value in times.items():
            setattr(interaction.response, name, value(events) if callable(value) else value)
        cassette.save(session.path)
        return events

    def run(self, program: Callable[[App], Any], provider: Provider | None = None) -> Any:
        client = self.vendor.client(provider) if provider else self.vendor.shared().copy(base_url="http://127.0.0.1:9")
        app = App(self.vendor, client, provider or Provider())

        async def run() -> Any:
            return await program(app)

        return self.vendor.run(run())

    def replay(self, program: Callable[[App], Any], **more: Any) -> Any:
        with self.session(mode="replay", **more):
            return self.run(program)


@pytest.fixture(params=VENDORS, ids=[vendor.name for vendor in VENDORS])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene(request.param, tmp_path)


def every_100_ms(events: int) -> list[float]:
    return [500.0 + 100 * number for number in range(events)]


async def read_stream(app: App) -> None:
    await app.every(await app.ask(stream=True))


async def ask(app: App) -> None:
    await app.ask()


@pytest.mark.parametrize(("pace", "factor"), [("recorded", 1), (1, 1), (4, 4), (0.5, 0.5)])
def test_events_come_at_their_recorded_times(scene: Scene, watch: Watch, pace: Any, factor: float) -> None:
    """The first after half a second, then one every tenth of a second; twice the pace takes half the time."""
    events = scene.record(read_stream, event_times_ms=every_100_ms)
    scene.replay(read_stream, pace=pace)
    waited = watch.awaited if scene.vendor.is_async else watch.blocked
    # A stream is closed at its last event that says something, before what may come after it.
    assert waited[: events - 1] == [round(0.5 / factor, 6), *[round(0.1 / factor, 6)] * (events - 2)]
    assert not (watch.blocked if scene.vendor.is_async else watch.awaited)


def test_a_program_that_takes_its_time_waits_no_longer(scene: Scene, watch: Watch) -> None:
    """What is due already comes at once, as live."""
    events = scene.record(read_stream, event_times_ms=every_100_ms)

    async def slow_reader(app: App) -> None:
        async for _ in app.each(await app.ask(stream=True)):
            watch.now += 0.25

    scene.replay(slow_reader, pace="recorded")
    waited = watch.awaited if scene.vendor.is_async else watch.blocked
    assert events > 5
    assert waited[0] == 0.5
    assert sum(waited) < 0.6


def test_a_plain_answer_takes_as_long_as_it_took(scene: Scene, watch: Watch) -> None:
    """It is there when its recorded duration is over."""
    scene.record(ask, duration_ms=1250.0)
    scene.replay(ask, pace=2)
    assert [seconds for seconds in watch.blocked + watch.awaited if seconds] == [0.625]
    assert bool(watch.awaited) is scene.vendor.is_async


@pytest.mark.parametrize("program", [ask, read_stream], ids=["plain", "stream"])
@pytest.mark.parametrize("pace", [None, "instant"])
def test_without_a_pace_nothing_waits(scene: Scene, watch: Watch, program: Any, pace: Any) -> None:
    """That is the default."""
    scene.record(program, duration_ms=60_000.0)
    scene.replay(program, pace=pace)
    assert watch.blocked + watch.awaited == []


def test_other_tasks_go_on_while_a_stream_is_waited_for(tmp_path: Path, watch: Watch) -> None:
    """Each wait of an async stream is awaited, so something else gets its turn before each event."""
    scene = Scene(VENDORS[1], tmp_path)
    events = scene.record(read_stream, event_times_ms=every_100_ms)
    turns: list[str] = []

    async def beside() -> None:
        while True:
            turns.append("other")
            await asyncio.sleep(0)

    async def read(app: App) -> None:
        other = asyncio.ensure_future(beside())
        async for _ in app.each(await app.ask(stream=True)):
            turns.append("event")
        other.cancel()

    scene.replay(read, pace="recorded")
    assert turns.count("event") == events - 1
    places = [place for place, turn in enumerate(turns) if turn == "event"]
    assert all("other" in turns[one:following] for one, following in pairwise(places))


def test_a_stream_that_is_cut_on_purpose_keeps_its_pace(scene: Scene, watch: Watch) -> None:
    """Faults and pace go together."""
    scene.record(read_stream, event_times_ms=every_100_ms)

    async def read(app: App) -> None:
        events = app.each(await app.ask(stream=True))
        await anext(events)
        with pytest.raises(Exception, match="Connection error|peer closed"):
            await anext(events)

    scene.replay(read, pace="recorded", faults=Fault.cut_stream(1))
    assert (watch.awaited if scene.vendor.is_async else watch.blocked)[0] == 0.5


def test_a_recording_without_times_is_replayed_at_once(scene: Scene, watch: Watch) -> None:
    """Where nothing was noted there is nothing to wait for."""
    scene.record(read_stream, event_times_ms=None, duration_ms=None)
    scene.replay(read_stream, pace="recorded")
    assert sum(watch.blocked + watch.awaited) == 0


@pytest.mark.parametrize("value", [0, -1, "fast", True, float("nan"), [1]])
def test_a_pace_that_cannot_be_meant_is_refused(value: Any) -> None:
    """The error says what may be written."""
    with pytest.raises(ConfigurationError, match="'recorded', 'instant', or how many times as fast"):
        agentreplay.cassette("x", pace=value)
