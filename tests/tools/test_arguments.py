"""Arguments are bound by the signature, left out where they do not matter, and written so that people can read them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import pathlib
import re
import uuid
from decimal import Decimal
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from pydantic import BaseModel, HttpUrl

import agentreplay
from agentreplay import ConfigurationError, Matcher, ToolValueError, tool
from tests.tools.ways import Twice, as_tool


class Colour(enum.Enum):
    RED = "red"


class City(BaseModel):
    name: str


@dataclasses.dataclass
class Point:
    x: int
    city: City


@attrs.define
class Row:
    key: int


class Pair(NamedTuple):
    left: int


class Connection:
    """Of which no JSON can be made."""


def nothing_of(value: Any) -> None:
    """Takes anything, gives nothing."""


@tool
def search(query: str, limit: int = 3, *more: str, exact: bool = False, **rest: Any) -> str:
    return query


@pytest.mark.parametrize(
    "call",
    [
        lambda: search("tea"),
        lambda: search(query="tea"),
        lambda: search("tea", 3),
        lambda: search("tea", limit=3, exact=False),
        lambda: search(exact=False, query="tea"),
    ],
)
def test_how_an_argument_was_passed_does_not_count(twice: Twice, call: Any) -> None:
    """By place, by name, or by default: it is the same call."""
    twice.record(lambda: search("tea"))
    assert twice.replay(call) == "tea"
    assert twice.cassette.interactions[0].request.body == {"query": "tea", "limit": 3, "exact": False}


@pytest.mark.parametrize(
    "call", [lambda: search("tee"), lambda: search("tea", 4), lambda: search("tea", 3, "x"), lambda: search("tea", a=1)]
)
def test_another_argument_is_another_call(twice: Twice, call: Any) -> None:
    """It is a miss, and the text names the argument."""
    twice.record(lambda: search("tea"))
    with pytest.raises(agentreplay.CassetteMismatchError, match="query|limit|more|rest"):
        twice.replay(call)


def test_arguments_are_written_as_people_read_them(twice: Twice) -> None:
    """Nothing is made of them again, so few need a tag."""
    given: dict[str, Any] = {
        "city": City(name="Paris"),
        "point": Point(1, City(name="Rome")),
        "row": Row(2),
        "pair": Pair(3),
        "colour": Colour.RED,
        "when": dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
        "day": dt.date(2026, 1, 1),
        "id": uuid.UUID(int=1),
        "price": Decimal("1.50"),
        "path": pathlib.PurePosixPath("/a/b"),
        "url": HttpUrl("https://example.org/"),
        "several": ({"b", "a"}, (1, 2)),
        "numbers": {1: "a"},
        "bytes": b"a",
        "not a number": float("nan"),
        "array": np.array([1, 2]),
        "wait": dt.timedelta(seconds=1),
    }
    taken = tool(nothing_of, name="take")
    twice.both(lambda: taken(given))
    body = twice.cassette.interactions[0].request.body["value"]
    assert body.pop("array")["$array"] == [1, 2]
    assert body == {
        "city": {"name": "Paris"},
        "point": {"x": 1, "city": {"name": "Rome"}},
        "row": {"key": 2},
        "pair": {"left": 3},
        "colour": "red",
        "when": "2026-01-01T00:00:00+00:00",
        "day": "2026-01-01",
        "id": "00000000-0000-0000-0000-000000000001",
        "price": "1.50",
        "path": "/a/b",
        "url": "https://example.org/",
        "several": [["a", "b"], [1, 2]],
        "numbers": {"$dict": [[1, "a"]]},
        "bytes": {"$bytes": "YQ=="},
        "not a number": {"$float": "nan"},
        "wait": {"$timedelta": [0, 1, 0]},
    }


def test_ignored_arguments_are_neither_compared_nor_written(twice: Twice) -> None:
    """They may be anything, also what cannot be recorded."""

    @tool(ignore=("ctx", "trace"))
    def ask(ctx: Connection, question: str, **more: Any) -> str:
        return question

    twice.record(lambda: ask(Connection(), "why", trace=object()))
    assert twice.cassette.interactions[0].request.body == {"question": "why"}
    assert twice.replay(lambda: ask(Connection(), "why")) == "why"


def test_an_ignored_argument_that_the_tool_does_not_have_is_refused() -> None:
    """The error suggests the one that was meant."""
    with pytest.raises(ConfigurationError, match="Did you mean 'value'"):
        tool(nothing_of, name="ask", ignore=("valeu",))


def test_a_default_that_cannot_be_written_is_left_out(twice: Twice) -> None:
    """It is the code's own (a marker of a framework), and nobody gave it."""
    missing = object()

    @tool
    def ask(question: str, ctx: Any = missing) -> bool:
        return ctx is missing

    assert twice.both(lambda: ask("why")) == (True, True)
    with pytest.raises(ToolValueError, match="'ctx'"):
        twice.record(lambda: ask("why", object()))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (Connection(), "argument 'value' is a"),
        ({"rows": [1, {"owner": Connection()}]}, re.escape("argument 'value', at value['rows'][1]['owner'], is a")),
        (Point(1, Connection()), re.escape("argument 'value', at value.city, is a")),  # type: ignore[arg-type]
        ([print], re.escape("at value[0], is a builtins.builtin_function_or_method, which is code")),
        (iter([1]), "which can be read only once"),
        ((item for item in "ab"), "which can be read only once"),
    ],
)
def test_what_cannot_be_recorded_is_named_with_what_to_do(twice: Twice, value: Any, place: str) -> None:
    """Tool, argument, the place in it, and both remedies."""
    take = tool(nothing_of, name="take")
    with pytest.raises(ToolValueError, match=place) as caught:
        twice.record(lambda: take(value))
    assert "the tool 'take'" in str(caught.value)
    assert "ignore=('value',)" in str(caught.value)
    assert "encode=" in str(caught.value)
    assert not list(twice.directory.glob("case/*.json"))


def test_an_iterator_is_not_read_by_looking_at_it(twice: Twice) -> None:
    """The caller's argument is the caller's: nothing is taken from it."""
    source = iter([1, 2])
    with pytest.raises(ToolValueError):
        twice.record(lambda: tool(nothing_of, name="take")(source))
    assert list(source) == [1, 2]


def test_a_value_that_holds_itself_is_refused(twice: Twice) -> None:
    """It is no endless loop, and no error of Python's own."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ToolValueError, match="holds itself"):
        twice.record(lambda: tool(nothing_of, name="take")(value))
    with pytest.raises(ToolValueError, match="its result.*holds itself"):
        twice.record(as_tool(lambda: value, "give"))


def test_encode_that_fails_is_said(twice: Twice) -> None:
    """Its own error is the cause."""
    take = tool(nothing_of, name="take", encode=lambda value: value.missing)
    with pytest.raises(ToolValueError, match="encode= failed on it .AttributeError") as caught:
        twice.record(lambda: take(Connection()))
    assert isinstance(caught.value.__cause__, AttributeError)
    odd = tool(nothing_of, name="odd", encode=lambda value: {len(str(value)): 2})
    with pytest.raises(ToolValueError, match="is no JSON"):
        twice.record(lambda: odd(Connection()))


def test_arguments_that_the_function_does_not_have_raise_as_always(twice: Twice) -> None:
    """A TypeError while recording and in replay, and no interaction."""

    def program() -> str:
        with pytest.raises(TypeError, match=r"search\(\) missing a required argument: 'query'"):
            search()  # type: ignore[call-arg]
        return search("tea")

    twice.both(program)
    assert len(twice.cassette.interactions) == 1


def test_arguments_may_hold_what_changes_with_each_run(twice: Twice, tmp_path: pathlib.Path) -> None:
    """The matcher's rules hold for tools as for models, and the miss names the rule."""
    twice.record(lambda: search(str(uuid.uuid4())))
    with pytest.raises(agentreplay.CassetteMismatchError, match=re.escape("match=Matcher(volatile=['uuids'])")):
        twice.replay(lambda: search(str(uuid.uuid4())))
    twice.replay(lambda: search(str(uuid.uuid4())), match=Matcher(volatile=["uuids"]))


def test_an_id_among_the_arguments_is_the_programs_own(twice: Twice) -> None:
    """Another order is another order, although a tool named its id before."""

    @tool
    def orders() -> list[dict[str, str]]:
        return [{"order_id": "A-1"}, {"order_id": "B-2"}]

    @tool
    def ship(order_id: str) -> str:
        return f"shipped {order_id}"

    twice.record(lambda: (orders(), ship("Z-9")))
    with pytest.raises(agentreplay.CassetteMismatchError, match="order_id"):
        twice.replay(lambda: (orders(), ship("B-2")))


def test_secrets_among_arguments_and_results_do_not_reach_the_file(twice: Twice) -> None:
    """The one writer takes them out, and the call is found again."""
    key = "sk-proj-" + "aB3" * 16

    @tool
    def connect(url: str, api_key: str) -> dict[str, str]:
        return {"token": key}

    twice.record(lambda: connect("http://x", key))
    assert key not in twice.path.read_text(encoding="utf-8")
    assert json.loads(twice.path.read_text(encoding="utf-8"))["interactions"]
    assert key not in str(twice.replay(lambda: connect("http://x", key)))
