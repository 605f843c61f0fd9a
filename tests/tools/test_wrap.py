"""Methods and functions that are not the program's own become tools, and are put back exactly."""

from __future__ import annotations

import asyncio
import inspect
import types
from collections.abc import Iterator
from typing import Any, cast

import pytest
import wrapt

import agentreplay
from agentreplay import ConfigurationError, tool, wrap
from tests.tools.ways import Twice

runs: list[Any] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    runs.clear()


class Store:
    shelf = "a"

    def read(self, key: str, *, fresh: bool = False) -> str:
        runs.append(key)
        return f"{key} of {self.shelf}"

    async def read_async(self, key: str) -> str:
        runs.append(key)
        return key

    def scan(self) -> Iterator[str]:
        runs.append("scan")
        yield from "ab"

    @classmethod
    def open(cls, name: str) -> str:
        runs.append(name)
        return f"{name} of {cls.shelf}"

    @staticmethod
    def check(name: str) -> str:
        runs.append(name)
        return name

    def __call__(self, key: str) -> str:
        runs.append(key)
        return key


class Special(Store):
    shelf = "b"


class Tight:
    __slots__ = ("key",)

    def read(self) -> str:
        return "x"


module = types.ModuleType("library")
exec("def fetch(url, retries=3):\n    return url.upper()", module.__dict__)

CALLS: dict[str, tuple[Any, str, str, Any]] = {
    "method": (Store, "read", "Store.read", lambda: Store().read("k")),
    "async method": (Store, "read_async", "Store.read_async", lambda: asyncio.run(Store().read_async("k"))),
    "generator method": (Store, "scan", "Store.scan", lambda: list(Store().scan())),
    "class method": (Store, "open", "Store.open", lambda: Store.open("k")),
    "static method": (Store, "check", "Store.check", lambda: Store.check("k")),
    "static method by an object": (Store, "check", "Store.check", lambda: Store().check("k")),
    "inherited method": (Special, "read", "Special.read", lambda: Special().read("k")),
    "inherited class method": (Special, "open", "Special.open", lambda: Special.open("k")),
    "call": (Store, "__call__", "Store.__call__", lambda: Store()("k")),
    "function of a module": (module, "fetch", "library.fetch", lambda: module.fetch("k")),
}


def held_by(owner: Any) -> dict[str, Any]:
    """What the owner itself holds, in its order."""
    held = cast("dict[str, Any]", vars(owner))
    return dict(held)


@pytest.mark.parametrize("name", CALLS)
def test_a_wrapped_method_is_recorded_and_undone_exactly(twice: Twice, name: str) -> None:
    """Replay does not run it; afterwards the owner holds what it held, object for object."""
    owner, method, recorded_as, call = CALLS[name]
    before = held_by(owner)
    with wrap(owner, method) as handle:
        assert handle.name == recorded_as
        live = twice.record(call)
        runs.clear()
        assert twice.replay(call) == live
        assert runs == []
    after = held_by(owner)
    assert all(after[key] is value for key, value in before.items())
    assert list(after) == list(before)
    assert [item.request.method for item in twice.cassette.interactions] == [recorded_as]
    assert call() == live


def test_one_object_alone_can_be_wrapped(twice: Twice) -> None:
    """Others of its class are as before; afterwards the object has no attribute more."""
    store, other = Store(), Store()
    with wrap(store, "read", name="read") as handle:
        twice.both(lambda: store.read("k"))
        assert other.read("o") == "o of a"
        assert runs == ["k", "o"]
        assert repr(handle) == "<agentreplay wrap(Store, 'read'), in force>"
    assert vars(store) == {}
    assert handle.undone
    assert repr(handle) == "<agentreplay wrap(Store, 'read'), undone>"


def test_an_object_that_holds_the_method_itself_gets_it_back() -> None:
    """What stood in the object stands there again."""
    store = Store()
    own = store.check
    store.read = own  # type: ignore[method-assign, assignment]
    wrap(store, "read", name="own").undo()
    assert vars(store) == {"read": own}


def test_the_options_are_those_of_a_tool(twice: Twice) -> None:
    """Name, kind, policy, and what is ignored."""
    with wrap(Store, "read", name="shop", kind="search", ignore="fresh"):
        twice.record(lambda: Store().read("k", fresh=True))
        assert twice.replay(lambda: Store().read("k")) == "k of a"
    request = twice.cassette.interactions[0].request
    assert (request.kind, request.method, request.body) == ("search", "shop", {"key": "k"})
    assert twice.session.trajectory.tool_runs[0].name == "shop"


def test_what_frameworks_look_at_stays_under_a_wrap() -> None:
    """As for a decorated function."""
    with wrap(Store, "read"), wrap(Store, "read_async"):
        assert list(inspect.signature(Store.read).parameters) == ["self", "key", "fresh"]
        assert list(inspect.signature(Store().read).parameters) == ["key", "fresh"]
        assert inspect.iscoroutinefunction(Store.read_async)


def test_a_wrapper_that_somebody_laid_on_top_stays() -> None:
    """Ours goes inert: theirs still works, and nothing of ours is asked."""

    def theirs(wrapped: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
        return f"theirs: {wrapped(*args, **kwargs)}"

    handle = wrap(Store, "read")
    ours = inspect.getattr_static(Store, "read")
    Store.read = wrapt.FunctionWrapper(ours, theirs)  # type: ignore[method-assign]
    try:
        handle.undo()
        assert Store().read("k") == "theirs: k of a"
        handle.undo()
        with wrap(Store, "check"):
            assert Store().check("k") == "k"
    finally:
        Store.read = ours.__wrapped__  # type: ignore[method-assign]


def test_a_method_that_was_taken_along_passes_calls_on_after_the_undoing(twice: Twice) -> None:
    """A bound method that a framework keeps is no tool any more."""
    with wrap(Store, "read"):
        kept = Store().read
    assert twice.run("live", lambda: kept("k")) == "k of a"
    assert twice.session.report().calls == 0


def test_wrapping_twice_is_refused() -> None:
    """It would record each call twice; the error names the first."""
    with wrap(Store, "read", name="first"), pytest.raises(ConfigurationError, match="already, called 'first'"):
        wrap(Store, "read")
    with pytest.raises(ConfigurationError, match="already, called 'Inner.work'"):
        wrap(Inner, "work")
    with wrap(Store, "read"):
        pass


class Inner:
    @tool
    def work(self) -> None:
        """A tool already."""


def test_a_method_that_is_not_there_is_refused_with_the_nearest() -> None:
    """At once, not when it is called."""
    with pytest.raises(ConfigurationError, match="Did you mean 'read'"):
        wrap(Store, "raed")


def test_an_object_that_takes_no_attribute_is_refused() -> None:
    """The error says to wrap the class."""
    with pytest.raises(ConfigurationError, match="Wrap its class instead"):
        wrap(Tight(), "read")
    with pytest.raises(ConfigurationError, match="Wrap its class instead"):
        wrap({}, "get")


def test_what_cannot_be_called_is_not_wrapped() -> None:
    """The error names it."""
    with pytest.raises(ConfigurationError, match="wrap.Store, 'shelf'.*is a str"):
        wrap(Store, "shelf")


def test_an_error_in_the_block_undoes_it_too() -> None:
    """As any context manager."""
    before = inspect.getattr_static(Store, "read")
    with pytest.raises(ZeroDivisionError), wrap(Store, "read"):
        _ = 1 / 0
    assert inspect.getattr_static(Store, "read") is before


def test_sessions_do_not_undo_it(twice: Twice) -> None:
    """It lasts until it is undone, over any number of sessions."""
    with wrap(Store, "read", name="kept") as handle:
        twice.both(lambda: Store().read("k"))
        assert not handle.undone
        assert isinstance(handle, agentreplay.WrappedMethod)
