"""Time and chance in sessions with `freeze=`."""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timezone
from pathlib import Path
from random import random as early_random
from time import time as early_time
from typing import Any
from uuid import uuid4 as early_uuid4

import pytest

import agentreplay
from agentreplay import Cassette, CassetteMismatchError, ConfigurationError, Session, SessionError
from demo.provider import Provider
from tests.conformance.vendors import VENDORS, Vendor
from tests.session.calls import ASYNC, ask, async_ask, said

ASYNC_VENDORS = [vendor for vendor in VENDORS if vendor.is_async]
ALL = ("time", "uuid", "random")


@pytest.fixture
def frozen(tmp_path: Path) -> Callable[..., Session]:
    """Makes sessions of one name that freeze everything, or what they are told."""

    def make(mode: str, *, name: str = "run", **more: Any) -> Session:
        arguments: dict[str, Any] = {"freeze": ALL, **more}
        return agentreplay.cassette(name, mode=mode, directory=tmp_path, **arguments)

    return make


def prompt() -> str:
    """What an agent says that tells its model the time, and marks and shuffles what it says."""
    return f"It is {datetime.now()}; run {uuid.uuid4()}; pick {random.randrange(1000)} of {random.sample(range(50), 3)}"


def two_turns(provider: Provider) -> list[str]:
    return [ask(provider, prompt()), ask(provider, prompt())]


def test_a_prompt_with_time_and_chance_in_it_is_another_one_next_time(provider: Provider, tmp_path: Path) -> None:
    """Without `freeze` such a program misses its recording."""
    with agentreplay.cassette("run", directory=tmp_path):
        two_turns(provider)
    with agentreplay.cassette("run", directory=tmp_path, allow_unused=True), pytest.raises(CassetteMismatchError):
        two_turns(provider)


def test_a_prompt_with_time_and_chance_in_it_replays(provider: Provider, frozen: Callable[..., Session]) -> None:
    """With `freeze` it says in replay to the letter what it said when it was recorded."""
    with frozen("record") as recorded:
        answers = two_turns(provider)
    with frozen("replay") as replayed:
        assert two_turns(provider) == answers
    assert said(replayed) == said(recorded)
    first, second = said(recorded)
    assert first != second


@pytest.mark.parametrize("name", ["uuid", "random"])
def test_what_the_sdk_draws_while_it_sends_is_not_the_programs(
    provider: Provider, frozen: Callable[..., Session], name: str
) -> None:
    """Ids and waits of live calls, which are not made in replay, take nothing out of what the program draws."""

    def draw() -> tuple[list[str], list[float]]:
        drawn: list[tuple[str, float]] = []
        for text in ("one", "two"):
            ask(provider, text)
            drawn.append((str(uuid.uuid4()), random.random()))
        return [each[0] for each in drawn], [each[1] for each in drawn]

    place = {"uuid": 0, "random": 1}[name]
    provider.fail(503, times=1)
    with frozen("record", freeze=name):
        recorded = draw()
    with frozen("replay", freeze=name):
        assert draw()[place] == recorded[place]


def test_functions_that_were_imported_before_are_frozen_too(provider: Provider, frozen: Callable[..., Session]) -> None:
    """`from uuid import uuid4` long before the session makes no difference."""

    def read() -> tuple[Any, ...]:
        ask(provider)
        return early_time(), early_random(), early_uuid4()

    with frozen("record"):
        recorded = read()
    with frozen("replay"):
        assert read() == recorded


READINGS: dict[str, Callable[[], Any]] = {
    "time": time.time,
    "time_ns": time.time_ns,
    "localtime": time.localtime,
    "gmtime": time.gmtime,
    "strftime": lambda: time.strftime("%Y-%m-%d %H:%M:%S"),
    "now": datetime.now,
    "now-utc": lambda: datetime.now(timezone.utc),
    "today": datetime.today,
    "date": date.today,
}


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_of_the_wall_clock_is_as_recorded(
    reading: str, provider: Provider, frozen: Callable[..., Session]
) -> None:
    """Seconds, structures, dates and texts are those of the recording, to the microsecond."""
    with frozen("record", freeze="time"):
        ask(provider)
        recorded = READINGS[reading]()
    with frozen("replay", freeze="time"):
        ask(provider)
        assert READINGS[reading]() == recorded


def test_the_time_that_is_recorded_is_the_time_it_was(provider: Provider, frozen: Callable[..., Session]) -> None:
    """The clock is held where it stood, at the start of the recording; the file says so."""
    before = time.time()
    with frozen("record", freeze="time") as session:
        ask(provider)
        held = time.time()
    # The clock that is held shows whole microseconds.
    assert before - 1e-6 <= held <= time.time()
    assert session.path is not None
    written = Cassette.load(session.path).meta.frozen
    assert written is not None
    assert written.time == datetime.fromtimestamp(held, timezone.utc).isoformat(timespec="microseconds")


def test_a_clock_that_runs_starts_where_it_was_recorded(provider: Provider, frozen: Callable[..., Session]) -> None:
    """`freeze="clock"` sets the clock and lets it go on."""
    with frozen("record", freeze="clock") as session:
        ask(provider)
    assert session.path is not None
    edited = Cassette.load(session.path)
    assert edited.meta.frozen is not None
    edited.meta.frozen.time = "2020-02-29T12:00:00.000000+00:00"
    edited.save(session.path)
    with frozen("replay", freeze="clock"):
        ask(provider)
        first, monotonic = time.time(), time.monotonic()
        while time.monotonic() == monotonic or time.time() == first:
            pass
        assert datetime.now(timezone.utc).date() == date(2020, 2, 29)


def test_the_local_time_is_that_of_the_machine_that_recorded(
    provider: Provider, frozen: Callable[..., Session], zone: Callable[[str], None]
) -> None:
    """A program that says the local hour says the same one in another time zone; afterwards that is as it was."""
    zone("XYZ-05:45")
    with frozen("record", freeze="time"):
        ask(provider)
        recorded = datetime.now(), time.strftime("%H %Z %z"), datetime.now().astimezone().utcoffset()
    zone("ABC+03:00")
    with frozen("replay", freeze="time"):
        ask(provider)
        assert (datetime.now(), time.strftime("%H %Z %z"), datetime.now().astimezone().utcoffset()) == recorded
    assert os.environ["TZ"] == "ABC+03:00"
    assert time.strftime("%Z") == "ABC"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the time zone of this test."""
    before = os.environ.get("TZ")

    def put(name: str) -> None:
        os.environ["TZ"] = name
        time.tzset()

    yield put
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_timeouts_and_monotonic_clocks_stay_real(provider: Provider, frozen: Callable[..., Session]) -> None:
    """A timeout of asyncio expires, and `monotonic` and `perf_counter` go on, while the wall clock stands still."""

    async def wait_too_long() -> None:
        before = time.monotonic(), time.perf_counter(), asyncio.get_running_loop().time()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), timeout=0.01)
        after = time.monotonic(), time.perf_counter(), asyncio.get_running_loop().time()
        assert all(one < other for one, other in zip(before, after, strict=True))

    with frozen("record"):
        ask(provider)
        held = time.time()
        asyncio.run(wait_too_long())
        assert time.time() == held


@pytest.mark.parametrize("mode", ["record", "replay"])
@pytest.mark.parametrize("fails", [False, True], ids=["well", "failing"])
def test_afterwards_all_is_as_it_was(
    provider: Provider, frozen: Callable[..., Session], mode: str, fails: bool
) -> None:
    """Clock, generator, modules and environment are the same, also after a block that failed."""
    with frozen("record"):
        ask(provider)

    def everything() -> tuple[Any, ...]:
        return dict(vars(uuid)), random.getstate(), dict(vars(time)), dict(vars(random)), dict(os.environ)

    random.seed(5)
    before = everything()
    with pytest.raises(ZeroDivisionError) if fails else frozen("live"), frozen(mode):
        ask(provider)
        random.random()
        uuid.uuid4()
        if fails:
            raise ZeroDivisionError
    assert everything() == before
    assert uuid.os is os  # type: ignore[attr-defined]
    assert random.random() == random.Random(5).random()
    assert uuid.uuid4() != uuid.uuid4()
    first = time.time_ns()
    while time.time_ns() == first:
        pass


def test_a_session_inside_has_its_own_and_gives_back_the_others(
    provider: Provider, frozen: Callable[..., Session]
) -> None:
    """Inside it what it recorded holds, after it the one around goes on as if it had not been."""

    def draw() -> tuple[float, float, uuid.UUID]:
        ask(provider)
        return time.time(), random.random(), uuid.uuid4()

    with frozen("record", name="inner"):
        inner = draw()
    with frozen("record", name="outer"):
        outer = [draw(), draw()]
    with frozen("replay", name="outer"):
        first = draw()
        with frozen("replay", name="inner"):
            assert draw() == inner
        assert [first, draw()] == outer
    assert len({inner[0], outer[0][0], outer[1][0]}) == 2


def test_blocks_that_end_crosswise_leave_nothing_behind(provider: Provider, frozen: Callable[..., Session]) -> None:
    """The one inside goes on when the one around it has ended, and what was before both comes back after it."""
    random.seed(11)
    outer, inner = frozen("record", name="outer"), frozen("record", name="inner")
    outer.start()
    ask(provider)
    inner.start()
    ask(provider)
    held = time.time()
    outer.stop()
    assert time.time() == held
    inner.stop()
    assert random.random() == random.Random(11).random()
    assert time.time() > held
    assert uuid.os is os  # type: ignore[attr-defined]


def test_what_is_outside_the_session_draws_its_own_uuids(provider: Provider, frozen: Callable[..., Session]) -> None:
    """A thread that belongs to no session takes nothing out of what the session draws."""
    go, done = threading.Event(), threading.Event()

    def outside() -> None:
        go.wait()
        uuid.uuid4()
        done.set()

    def draw(mode: str) -> list[uuid.UUID]:
        go.clear()
        done.clear()
        thread = threading.Thread(target=outside)
        thread.start()
        with frozen(mode, freeze="uuid"):
            ask(provider)
            first = uuid.uuid4()
            if mode == "record":
                go.set()
                done.wait()
            second = uuid.uuid4()
        go.set()
        thread.join()
        return [first, second]

    assert draw("record") == draw("replay")


def test_threads_of_the_session_draw_from_it(provider: Provider, frozen: Callable[..., Session]) -> None:
    """A thread, or work in a pool, that the block starts draws what it drew when it was recorded."""

    def draw(mode: str) -> list[uuid.UUID]:
        with frozen(mode, freeze="uuid"), ThreadPoolExecutor(1) as pool:
            ask(provider)
            return [pool.submit(uuid.uuid4).result(), uuid.uuid4()]

    assert draw("record") == draw("replay")


def test_two_sessions_beside_each_other_draw_their_own_uuids(
    provider: Provider, frozen: Callable[..., Session]
) -> None:
    """Sessions of two tasks share nothing, in whatever order they draw."""

    async def draw(name: str, mode: str, drawn: dict[str, list[uuid.UUID]], turns: int) -> None:
        async with frozen(mode, name=name, freeze="uuid"):
            await async_ask(provider)
            for _ in range(3):
                drawn.setdefault(name, []).append(uuid.uuid4())
                for _ in range(turns):
                    await asyncio.sleep(0)

    async def both(mode: str, one: int, other: int) -> dict[str, list[uuid.UUID]]:
        drawn: dict[str, list[uuid.UUID]] = {}
        await asyncio.gather(draw("a", mode, drawn, one), draw("b", mode, drawn, other))
        return drawn

    assert ASYNC.run(both("record", 1, 3)) == ASYNC.run(both("replay", 3, 1))


@pytest.mark.parametrize("name", ["time", "clock", "random"])
def test_what_the_process_has_only_once_is_not_frozen_by_two_beside_each_other(
    provider: Provider, frozen: Callable[..., Session], name: str
) -> None:
    """A second session in another thread is refused, by name; the first one is not disturbed."""
    refusals: list[SessionError] = []

    def beside() -> None:
        with pytest.raises(SessionError) as refusal, frozen("record", name="beside", freeze=name):
            pass
        refusals.append(refusal.value)

    thread = threading.Thread(target=beside)
    opened = threading.Event()

    def elsewhere() -> None:
        with frozen("record", name="first", freeze=name):
            ask(provider)
            opened.set()
            release.wait()

    release = threading.Event()
    first = threading.Thread(target=elsewhere)
    first.start()
    opened.wait()
    thread.start()
    thread.join()
    release.set()
    first.join()
    (refusal,) = refusals
    assert f"cassette('beside') is to freeze {name}" in str(refusal)
    assert "cassette('first')" in str(refusal)
    with frozen("replay", name="first", freeze=name):
        ask(provider)


def test_a_recording_that_was_not_frozen_cannot_be_given_back(
    provider: Provider, frozen: Callable[..., Session]
) -> None:
    """What was recorded without `freeze` is refused with what to do; nothing is frozen by it."""
    with frozen("record", freeze="uuid"):
        ask(provider)
    with pytest.raises(ConfigurationError) as refusal, frozen("replay", freeze=("uuid", "time")):
        pass
    assert str(refusal.value) == (
        "freeze='time': this cassette was recorded without it, so there is nothing to give back. Record it again "
        "(AGENTREPLAY_MODE=record, or mode='record'), or leave it out."
    )
    assert uuid.os is os  # type: ignore[attr-defined]
    with frozen("replay", freeze="uuid"):
        ask(provider)


def test_without_time_machine_it_says_how_to_get_it(
    provider: Provider, frozen: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the clock needs the package; chance is frozen without it."""
    monkeypatch.setitem(sys.modules, "time_machine", None)
    with pytest.raises(ConfigurationError, match=r'pip install "agentreplay\[freeze\]"'), frozen("record"):
        pass
    with frozen("record", freeze=("uuid", "random")):
        ask(provider)
    assert uuid.os is os  # type: ignore[attr-defined]


def test_a_recording_that_goes_on_keeps_what_was_frozen(provider: Provider, frozen: Callable[..., Session]) -> None:
    """Mode `extend` starts from what was recorded, so that what is known still answers."""
    with frozen("record") as first:
        ask(provider, prompt())
    with frozen("extend") as second:
        two_turns(provider)
    assert said(second)[0] == said(first)[0]
    assert second.report().recorded == 1
    with frozen("replay"):
        two_turns(provider)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("times", "freeze='times' is not known. Did you mean 'time'? Choose one of: time, clock, uuid, random."),
        (("time", "clock"), "'time' stands still and 'clock' runs on; choose one"),
        (5, "write a list of names"),
    ],
)
def test_what_cannot_be_frozen_is_refused(value: Any, words: str) -> None:
    """A wrong name is an error when the session is made, with the names that there are."""
    with pytest.raises(ConfigurationError, match="freeze") as refusal:
        agentreplay.cassette("run", freeze=value)
    assert words in str(refusal.value)


def test_what_modules_draw_while_they_are_imported_is_not_the_programs(
    provider: Provider, frozen: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module is imported once in a process, in the one run or the other; the program draws the same all the same."""
    (tmp_path / "drawing_at_import.py").write_text("import uuid\nDRAWN = uuid.uuid4()\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def draw(mode: str) -> uuid.UUID:
        with frozen(mode, freeze="uuid"):
            ask(provider)
            importlib.import_module("drawing_at_import")
            return uuid.uuid4()

    assert draw("record") == draw("replay")


def test_a_small_cassette_says_nothing_of_it(provider: Provider, frozen: Callable[..., Session]) -> None:
    """The file of a session that freezes nothing has no word about it."""
    with frozen("record", freeze=None) as session:
        ask(provider)
    assert session.path is not None
    assert "frozen" not in session.path.read_text("utf-8")


@pytest.mark.parametrize("vendor", ASYNC_VENDORS, ids=[vendor.name for vendor in ASYNC_VENDORS])
def test_an_async_agent_replays_its_ids(vendor: Vendor, provider: Provider, frozen: Callable[..., Session]) -> None:
    """On every SDK, whose own ids are drawn while a call is awaited."""

    async def turns(mode: str) -> None:
        async with frozen(mode):
            for _ in range(3):
                resource = vendor.resource(vendor.client(provider))
                await resource.create(**vendor.question(prompt()))

    vendor.run(turns("record"))
    vendor.run(turns("replay"))
