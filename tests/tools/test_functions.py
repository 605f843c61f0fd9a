"""Every sort of callable can be a tool, and stays what it was."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import sys
import types
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import agentreplay
from agentreplay import tool
from tests.tools.ways import Twice

runs: list[Any] = []
"""What was run for real."""


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    runs.clear()


@tool
def search(query: str, limit: int = 3, /, *more: str, exact: bool = False, **rest: Any) -> list[str]:
    """Search for it."""
    runs.append(query)
    return [query] * limit


@tool
async def search_async(query: str) -> list[str]:
    """Search for it."""
    runs.append(query)
    return [query]


@tool
def pages(query: str) -> Iterator[str]:
    """Search for it page by page."""
    runs.append(query)
    yield query
    yield query.upper()


@tool
async def pages_async(query: str) -> AsyncIterator[str]:
    """Search for it page by page."""
    runs.append(query)
    yield query
    yield query.upper()


class Shop:
    name = "corner"

    def __init__(self, city: str = "Paris") -> None:
        self.city = city

    @tool
    def find(self, item: str) -> str:
        runs.append(item)
        return f"{item} in {self.city}"

    @tool
    @classmethod
    def outer_made(cls, item: str) -> str:
        runs.append(item)
        return f"{item} at {cls.name}"

    @classmethod
    @tool
    def inner_made(cls, item: str) -> str:
        runs.append(item)
        return f"{item} at {cls.name}"

    @tool
    @staticmethod
    def outer_static(item: str) -> str:
        runs.append(item)
        return item

    @staticmethod
    @tool
    def inner_static(item: str) -> str:
        runs.append(item)
        return item

    @tool
    async def find_async(self, item: str) -> str:
        runs.append(item)
        return item


class Finder:
    def __call__(self, item: str) -> str:
        runs.append(item)
        return item.title()


class AsyncFinder:
    async def __call__(self, item: str) -> str:
        runs.append(item)
        return item.title()


def plain(item: str, times: int) -> str:
    runs.append(item)
    return item * times


DOUBLE: Callable[[str], str] = tool(lambda item: plain(item, 2), name="double")


async def plain_async(item: str) -> str:
    runs.append(item)
    return item


def later(item: str) -> Any:
    """A plain function that gives something to be awaited."""
    return plain_async(item)


def items_of(item: str) -> Any:
    """A plain function that gives a generator."""
    runs.append(item)
    return (letter for letter in item)


async def opened(item: str) -> Any:
    """A coroutine that gives an async generator."""

    async def letters() -> AsyncIterator[str]:
        for letter in item:
            yield letter

    runs.append(item)
    return letters()


def _noted(result: Any) -> Any:
    runs.append("sum")
    return result


async def _collected(source: Any) -> list[Any]:
    return [item async for item in source]


async def _collected_later(source: Any) -> list[Any]:
    return [item async for item in await source]


CALLS: dict[str, tuple[str, Any]] = {
    "function": ("search", lambda: search("tea", 2)),
    "coroutine function": ("search_async", lambda: search_async("tea")),
    "generator": ("pages", lambda: list(pages("tea"))),
    "async generator": ("pages_async", lambda: _collected(pages_async("tea"))),
    "method": ("Shop.find", lambda: Shop().find("tea")),
    "method by its class": ("Shop.find", lambda: Shop.find(Shop(), "tea")),
    "async method": ("Shop.find_async", lambda: Shop().find_async("tea")),
    "class method, outside": ("Shop.outer_made", lambda: Shop.outer_made("tea")),
    "class method, inside": ("Shop.inner_made", lambda: Shop.inner_made("tea")),
    "class method by an object": ("Shop.inner_made", lambda: Shop().inner_made("tea")),
    "static method, outside": ("Shop.outer_static", lambda: Shop.outer_static("tea")),
    "static method, inside": ("Shop.inner_static", lambda: Shop().inner_static("tea")),
    "callable object": ("Finder", lambda: tool(Finder())("tea")),
    "async callable object": ("AsyncFinder", lambda: tool(AsyncFinder())("tea")),
    "bound method": ("Shop.bound", lambda: tool(Finder().__call__, name="Shop.bound")("tea")),
    "partial": ("plain", lambda: tool(functools.partial(plain, times=2))("tea")),
    "partial of a coroutine function": ("plain_async", tool(functools.partial(plain_async, "tea"))),
    "lambda": ("double", lambda: DOUBLE("tea")),
    "function that gives a coroutine": ("later", lambda: tool(later)("tea")),
    "function that gives a generator": ("items_of", lambda: list(tool(items_of)("tea"))),
    "coroutine that gives a generator": ("opened", lambda: _collected_later(tool(opened)("tea"))),
    "builtin function": ("sum", lambda: _noted(tool(sum)([1, 2, 3]))),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_recorded_under_its_name_and_replayed_without_running(twice: Twice, name: str) -> None:
    """Whatever is called, replay gives what it gave, and the function does not run."""
    recorded_as, call = CALLS[name]
    live = twice.record(call)
    assert runs != []
    runs.clear()
    assert twice.replay(call) == live
    assert runs in ([], ["sum"])
    assert [item.request.method for item in twice.cassette.interactions] == [recorded_as]


@pytest.mark.parametrize("name", CALLS)
def test_outside_of_sessions_a_tool_is_its_function(name: str) -> None:
    """Nothing is asked and nothing is kept where no session is open."""
    _, call = CALLS[name]
    result = call()
    if inspect.iscoroutine(result):
        import asyncio

        result = asyncio.run(result)
    assert runs != []
    assert result


def test_what_frameworks_look_at_stays() -> None:
    """Signature, annotations, docstring, name and sort of the function are those of the function itself."""
    assert str(inspect.signature(search)).startswith("(query: 'str', limit: 'int' = 3, /, *more")
    assert typing.get_type_hints(search)["return"] == list[str]
    assert (search.__doc__, search.__name__, search.__module__) == ("Search for it.", "search", __name__)
    assert inspect.isfunction(search)
    assert not inspect.iscoroutinefunction(search)
    assert inspect.iscoroutinefunction(search_async)
    assert inspect.iscoroutinefunction(Shop().find_async)
    assert inspect.isgeneratorfunction(pages)
    assert inspect.isasyncgenfunction(pages_async)
    assert list(inspect.signature(Shop().find).parameters) == ["item"]
    assert inspect.ismethod(Shop().find)
    assert inspect.getattr_static(Shop, "find").__name__ == "find"


def test_a_tool_of_a_module_pickles_by_its_name_and_copies_as_itself() -> None:
    """As functions do: a pool of processes gets the tool, and a deep copy of what holds it holds the same."""
    assert pickle.loads(pickle.dumps(search)) is search
    assert copy.deepcopy([search])[0] is search
    assert copy.copy(search) is search
    shop = pickle.loads(pickle.dumps(Shop("Rome").find))
    assert shop("tea") == "tea in Rome"


def test_a_tool_that_is_made_a_tool_again_is_recorded_once(twice: Twice) -> None:
    """The newer options hold, and there is one interaction for one call."""
    again = tool(search, name="again")
    twice.record(lambda: again("tea"))
    assert [item.request.method for item in twice.cassette.interactions] == ["again"]


def test_the_wrapped_object_is_not_asked_for_what_it_is_bound_to(twice: Twice) -> None:
    """Self and cls are neither in the key nor in the file: another object replays the same call."""
    live = twice.record(lambda: Shop("Paris").find("tea"))
    assert twice.cassette.interactions[0].request.body == {"item": "tea"}
    assert twice.replay(lambda: Shop("Rome").find("tea")) == live


def test_a_class_method_around_a_tool_as_newer_versions_of_python_bind_it(twice: Twice) -> None:
    """From Python 3.13 on, the tool is handed the class as a plain argument: it still is none of the tool's own."""
    call = types.MethodType(vars(Shop)["inner_made"].__func__, Shop)
    live = twice.record(lambda: call("tea"))
    assert twice.cassette.interactions[0].request.body == {"item": "tea"}
    assert twice.replay(lambda: call("tea")) == live == "tea at corner"


def test_a_class_is_no_tool() -> None:
    """It says to decorate the method that does the work."""
    with pytest.raises(agentreplay.ConfigurationError, match="is a class"):
        tool(Finder)


def test_what_cannot_be_called_is_no_tool() -> None:
    """It is said at once, not at the first call."""
    with pytest.raises(agentreplay.ConfigurationError, match="a property"):
        tool(property(plain))  # type: ignore[arg-type]


def test_a_coroutine_belongs_to_the_session_in_which_it_is_awaited(twice: Twice) -> None:
    """Wherever it was made: in replay it does not run."""
    twice.record(lambda: search_async("tea"))
    runs.clear()
    made_before = search_async("tea")
    assert twice.replay(lambda: made_before) == ["tea"]
    assert runs == []


def test_a_lambda_needs_a_name() -> None:
    """There is nothing to record it by."""
    with pytest.raises(agentreplay.ConfigurationError, match="name="):
        tool(lambda: 1)


def test_options_that_cannot_be_meant_are_refused() -> None:
    """Each error names the option."""
    wrong: list[dict[str, Any]] = [{"policy": "never"}, {"kind": ""}, {"name": ""}, {"encode": 1}, {"raises": int}]
    for options in wrong:
        with pytest.raises(agentreplay.ConfigurationError, match=next(iter(options))):
            tool(plain, **options)


def test_a_tool_costs_next_to_nothing_outside_of_sessions() -> None:
    """No more than a few frames of Python are between the caller and the function."""
    depth: list[int] = []

    def deep() -> None:
        frame, count = sys._getframe(), 0
        while frame.f_back is not None:
            frame, count = frame.f_back, count + 1
        depth.append(count)

    deep()
    tool(deep)()
    assert depth[1] - depth[0] <= 2
