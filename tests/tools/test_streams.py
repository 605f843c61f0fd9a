"""Generators: items one by one, what is sent and thrown, early ends, failures on the way."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import agentreplay
from agentreplay import IncompleteStreamError, ToolResultError, ToolValueError, tool
from tests.tools.ways import Twice, echo, raised

said: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_said() -> None:
    said.clear()


class Hit(BaseModel):
    name: str


@tool
def hits(count: int) -> Generator[Hit, str, str]:
    """Gives hits; knows what it is sent."""
    try:
        for number in range(count):
            answer = yield Hit(name=str(number))
            said.append(f"sent {answer}")
        return "over"
    finally:
        said.append("closed")


@tool
async def hits_async(count: int) -> AsyncGenerator[Hit, str]:
    try:
        for number in range(count):
            answer = yield Hit(name=str(number))
            said.append(f"sent {answer}")
    finally:
        said.append("closed")


@tool
def stubborn() -> Iterator[str]:
    """Goes on when something is thrown into it."""
    try:
        yield "first"
    except ValueError as error:
        yield f"after {error}"
    yield "last"


@tool
def breaking() -> Iterator[int]:
    yield 1
    yield 2
    raise KeyError("gone")


@tool
async def breaking_async() -> AsyncIterator[int]:
    yield 1
    raise KeyError("gone")


def all_of(source: Generator[Any, Any, Any]) -> tuple[list[Any], Any]:
    """The items, and what the generator returned."""
    found: list[Any] = []

    def through() -> Iterator[Any]:
        found.append((yield from source))

    return list(through()), found[0]


def test_items_and_the_returned_value_come_back(twice: Twice) -> None:
    """As the objects that they were, by the annotation, without running anything."""
    live, replayed = twice.both(lambda: all_of(hits(2)))
    assert live == replayed == ([Hit(name="0"), Hit(name="1")], "over")
    assert said.count("closed") == 1
    response = twice.cassette.interactions[0].response
    assert [event.data for event in response.events or []] == [{"name": "0"}, {"name": "1"}]
    assert len(response.event_times_ms or []) == 2
    assert response.body == "over"


def test_what_comes_is_a_generator_both_times(twice: Twice) -> None:
    """Frameworks ask for that."""
    assert twice.both(lambda: inspect.isgenerator(_drained(hits(0)))) == (True, True)

    async def program() -> bool:
        source = hits_async(0)
        assert [item async for item in source] == []
        return inspect.isasyncgen(source)

    assert twice.both(program) == (True, True)


def _drained(source: Any) -> Any:
    list(source)
    return source


def test_what_the_program_sends_reaches_the_generator(twice: Twice) -> None:
    """While recording; in replay it goes nowhere, since the items are known."""

    def program() -> list[str]:
        source = hits(2)
        return [next(source).name, source.send("hello").name]

    live, replayed = twice.both(program)
    assert live == replayed == ["0", "1"]
    assert "sent hello" in said


def test_what_the_program_throws_is_answered_as_recorded(twice: Twice) -> None:
    """A generator that went on goes on, one that ended with it ends with it."""

    def program() -> list[str]:
        source: Any = stubborn()
        return [next(source), source.throw(ValueError("odd")), next(source)]

    assert twice.both(program) == (["first", "after odd", "last"],) * 2

    def failing() -> str:
        source: Any = stubborn()
        next(source)
        return repr(raised(lambda: source.throw(KeyError("k"))))

    assert twice.both(failing) == ("KeyError('k')",) * 2


def test_the_generator_is_not_run_ahead(twice: Twice) -> None:
    """An item is taken when the program takes it, not before."""

    def program() -> None:
        source = hits(3)
        assert said == []
        next(source)
        assert said == []
        next(source)
        assert said == ["sent None"]
        source.close()

    twice.record(program)
    assert said == ["sent None", "closed"]


def test_one_that_was_left_early_is_kept_as_far_as_it_went(twice: Twice) -> None:
    """The same program replays; one that reads on is told where the recording ends."""

    def first_of() -> str:
        for hit in hits(3):
            return hit.name
        return ""

    live = twice.record(first_of)
    gc.collect()
    assert twice.cassette.interactions[0].response.incomplete is True
    assert twice.replay(first_of) == live
    assert twice.session.report().incomplete == 1
    with pytest.raises(IncompleteStreamError, match="hits stream ends after 1 events"):
        twice.replay(lambda: list(hits(3)))


def test_leaving_one_closes_the_function_s_own_at_once(twice: Twice) -> None:
    """Also where something else holds that, so that its locks and files are free when `close()` returns."""
    sources: list[Any] = []

    @tool
    def held() -> Any:
        def items() -> Iterator[int]:
            try:
                yield 1
            finally:
                said.append("closed")

        sources.append(items())
        return sources[0]

    def program() -> None:
        source = held()
        next(source)
        source.close()

    twice.record(program)
    assert said == ["closed"]


def test_one_that_the_program_still_holds_is_kept_when_the_block_ends(twice: Twice) -> None:
    """As far as it went, and it can be read on without us."""
    held: list[Any] = []

    def program() -> None:
        source = hits(3)
        next(source)
        held.append(source)

    twice.record(program)
    assert twice.cassette.interactions[0].response.incomplete is True
    assert [hit.name for hit in held[0]] == ["1", "2"]


def test_a_generator_that_nobody_read_is_known_too(twice: Twice) -> None:
    """It was called: in replay it may be called again, and need not be read."""
    twice.both(lambda: len([hits(3)]))
    assert twice.cassette.interactions[0].response.events == []
    assert said == []


def test_a_failure_on_the_way_comes_at_the_same_place(twice: Twice) -> None:
    """After the same items, as the same exception."""

    def program() -> list[Any]:
        found: list[Any] = []
        error = raised(lambda: found.extend(breaking()))
        return [*found, repr(error)]

    assert twice.both(program) == ([1, 2, "KeyError('gone')"],) * 2


async def read_breaking() -> list[Any]:
    found: list[Any] = []
    try:
        async for item in breaking_async():
            found.append(item)
    except KeyError as error:
        found.append(repr(error))
    return found


def test_async_generators_likewise(twice: Twice) -> None:
    """Items, failures, what is sent, early ends."""
    assert twice.both(read_breaking) == ([1, "KeyError('gone')"],) * 2

    async def talking() -> list[str]:
        source = hits_async(3)
        found = [(await anext(source)).name, (await source.asend("hello")).name]
        await source.aclose()
        return found

    assert twice.both(talking) == (["0", "1"],) * 2
    assert "sent hello" in said
    assert "closed" in said
    assert twice.cassette.interactions[0].response.incomplete is True


def test_a_cancelled_async_generator_is_not_recorded(twice: Twice) -> None:
    """The task that reads it was cancelled: nothing is known of what would have come."""

    @tool
    async def waiting() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(60)

    async def program() -> int:
        async def read() -> None:
            async for _ in waiting():
                pass

        task = asyncio.ensure_future(read())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await _one()

    twice.record(program)
    assert [item.request.method for item in twice.cassette.interactions] == ["_one"]


@tool
async def _one() -> int:
    return 1


def test_an_item_that_cannot_be_recorded_is_named(twice: Twice) -> None:
    """By its number; nothing of the call is kept."""

    @tool
    def odd() -> Iterator[Any]:
        yield 1
        yield {"a": object()}

    with pytest.raises(ToolValueError, match=r"its result, at item 1\['a'\], is a builtins.object"):
        twice.record(lambda: list(odd()))


def test_calls_inside_a_generator_are_inside_it_wherever_it_is_read(twice: Twice) -> None:
    """Between two items the program is outside of it again."""
    inner = tool(echo, name="inner")

    @tool
    def outer() -> Iterator[int]:
        for number in range(2):
            yield inner(number)

    def program() -> None:
        for number in outer():
            inner(number + 10)

    twice.both(program)
    shown = [(item.request.body, item.parent) for item in twice.cassette.interactions]
    assert shown == [({}, None), ({"value": 0}, 0), ({"value": 10}, None), ({"value": 1}, 0), ({"value": 11}, None)]


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_a_tool_that_became_a_generator_or_was_one(twice: Twice, before: bool, after: bool) -> None:
    """The error names the tool and what to do."""

    def make(streams: bool) -> Any:
        def plain() -> Any:
            return [1]

        def streaming() -> Any:
            yield 1

        return tool(streaming if streams else plain, name="give")

    twice.record(lambda: list(make(before)()))
    with pytest.raises(ToolResultError, match="'give'.*item by item|'give'.*recorded whole"):
        twice.replay(lambda: list(make(after)()))


def test_the_trajectory_shows_the_items(twice: Twice) -> None:
    """As the tool's result."""
    twice.record(lambda: list(hits(2)))
    assert twice.session.trajectory.tool_runs[0].result == [{"name": "0"}, {"name": "1"}]
    assert agentreplay.Trajectory.of(twice.cassette.interactions).tool_runs[0].incomplete is False
