"""What type checkers know of a tool is what they know of its function."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import assert_type

import agentreplay
from agentreplay import (
    RecordedToolError,
    ToolDriftWarning,
    ToolForbiddenError,
    ToolPolicy,
    ToolResultError,
    ToolValueError,
    WrappedMethod,
    tool,
    wrap,
)


@tool
def search(query: str, limit: int = 3) -> list[str]:
    return [query] * limit


@tool(name="typed_fetch", ignore=("session",), raises=ValueError)
async def fetch(url: str, *, session: object = None) -> bytes:
    return url.encode()


@tool(policy="live")
def pages(query: str) -> Iterator[int]:
    yield len(query)


@tool
async def events(query: str) -> AsyncIterator[int]:
    yield len(query)


class Shop:
    @tool
    def price(self, item: str) -> float:
        return float(len(item))

    @tool(kind="search")
    @classmethod
    def named(cls, name: str) -> Shop:
        return cls() if name else Shop()

    @staticmethod
    @tool
    def check(item: str) -> bool:
        return bool(item)


class Plain:
    def price(self, item: str) -> float:
        return float(len(item))


def as_is(path: Path) -> int:
    return len(path.parts)


def test_types_are_those_of_the_function() -> None:
    """Checked by mypy and pyright; here, that it runs."""
    assert_type(search("a"), list[str])
    assert_type(search(limit=1, query="a"), list[str])
    assert_type(pages("a"), Iterator[int])
    assert_type(events("a"), AsyncIterator[int])
    assert_type(Shop().price("a"), float)
    assert_type(Shop.named("a"), Shop)
    assert_type(Shop.check("a"), bool)
    made: Callable[[Path], int] = tool(as_is, name="typed_as_is")
    assert_type(made(Path("a")), int)
    coroutine: Coroutine[Any, Any, bytes] = fetch("a")
    coroutine.close()
    policy: ToolPolicy = "forbid"
    with wrap(Plain, "price", policy=policy) as handle:
        assert_type(handle, WrappedMethod)
        assert_type(handle.undone, bool)
    for kind in (RecordedToolError, ToolForbiddenError, ToolResultError, ToolValueError):
        assert_type(issubclass(kind, agentreplay.AgentReplayError), bool)
        assert issubclass(kind, agentreplay.AgentReplayError)
    assert issubclass(ToolDriftWarning, agentreplay.AgentReplayWarning)


def test_wrong_arguments_are_known_to_be_wrong() -> None:
    """Each of these is an error to a type checker, which would complain of the comment if it were none."""
    with pytest.raises(TypeError):
        search("a", "b")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Shop().price()  # type: ignore[call-arg]
    with pytest.raises(agentreplay.ConfigurationError):
        tool(as_is, policy="sometimes")  # type: ignore[call-overload]
