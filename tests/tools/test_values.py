"""Replay gives what live gave: the same types, the same content."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime as dt
import enum
import fractions
import ipaddress
import math
import pathlib
import uuid
from decimal import Decimal
from typing import Any, Generic, Literal, NamedTuple, NewType, Optional, TypedDict, TypeVar
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, PrivateAttr, RootModel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from agentreplay import ToolValueError, tool
from agentreplay._tools.sameness import same
from tests.tools.ways import Twice, as_tool


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


class Word(str, enum.Enum):
    YES = "yes"


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class City(BaseModel):
    name: str
    founded: dt.date | None = None
    colours: list[Colour] = []
    _seen: int = PrivateAttr(default=0)


class Capital(City):
    country: str


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str = Field(alias="theName")


class Names(RootModel[list[str]]):
    pass


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]


@dataclasses.dataclass
class Point:
    x: float
    y: float
    tags: set[str] = dataclasses.field(default_factory=set[str])
    total: float = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.total = self.x + self.y


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    at: dt.datetime
    inner: tuple[Frozen, ...] = ()


@pydantic_dataclass
class Checked:
    count: int
    city: City


@attrs.define
class Row:
    key: uuid.UUID
    point: Point
    colour: Colour = Colour.RED


@attrs.frozen
class Table:
    rows: list[Row]


class Pair(NamedTuple):
    left: int
    right: str


class Movie(TypedDict, total=False):
    title: str
    year: int


class UserId(str):
    __slots__ = ()


Kilometres = NewType("Kilometres", int)

PLAIN: dict[str, Any] = {
    "none": None,
    "true": True,
    "zero": 0,
    "one that is no float": 1,
    "one that is no integer": 1.0,
    "minus zero": -0.0,
    "nan": math.nan,
    "minus infinity": -math.inf,
    "the smallest float": 5e-324,
    "a big integer": -(10**40),
    "a bigger integer": 1 << 4000,
    "text": 'ünï\n\u2028"\\\x00',
    "half an emoji": "\ud83d",
    "nothing": "",
    "list": [1, [2.0, [None]], {}],
    "object": {"b": 1, "a": {"": []}},
    "object that looks like a tag": {"$date": "2026-01-01"},
    "object with dollars": {"a": 1, "$b": 2},
    "names that are no text": {2: "a", (2, 3): "b", None: "c", 1.5: "d", True: "e", False: 0},
    "bytes": bytes(range(256)),
    "bytearray": bytearray(b"ab"),
    "tuple": (1, (2,), [(), {"a": (3,)}]),
    "set": {3, 1, "a", None, (1, 2)},
    "frozenset": frozenset({frozenset({1}), 2}),
    "complex": complex(-0.0, math.inf),
    "date": dt.date(1, 1, 1),
    "datetime": dt.datetime(2026, 3, 29, 2, 30, 0, 123456),
    "datetime with offset": dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=45))),
    "datetime in UTC": dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
    "datetime in a zone, twice a year": dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Paris")),
    "time": dt.time(23, 59, 59, 999999, tzinfo=dt.timezone.utc),
    "timedelta": dt.timedelta(days=-1, microseconds=7),
    "uuid": uuid.UUID(int=7),
    "decimal": Decimal("1.500"),
    "not a decimal": Decimal("-Infinity"),
    "fraction": fractions.Fraction(-1, 3),
    "path": pathlib.Path("/tmp/a b"),
    "pure path": pathlib.PureWindowsPath("C:\\x"),
    "address": ipaddress.ip_address("::1"),
    "network": ipaddress.ip_network("10.0.0.0/8"),
    "range": range(3, 9, 2),
    "counter": collections.Counter("abca"),
    "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
    "deque": collections.deque([1, 2], maxlen=2),
    "defaultdict": collections.defaultdict(list, {"a": [1]}),
    "NumPy float": np.float32(0.1),
    "NumPy integer": np.int64(-(2**63)),
    "NumPy truth": np.bool_(True),
    "NumPy complex": np.complex128(1 - 2j),
    "NumPy text": np.str_("a"),
    "NumPy time": np.datetime64("2026-01-01T00:00:00", "ms"),
    "array": np.array([[1.5, math.nan], [-0.0, math.inf]]),
    "array of integers": np.array([[0, 1, 2], [3, 4, 5]], dtype=">i2"),
    "array of nothing": np.zeros((0, 3), dtype=np.float16),
    "array of one": np.array(7, dtype=np.uint8),
    "array of texts": np.array(["a", "bcd"]),
    "arrays inside": {"a": [np.array([True, False])]},
}
"""Values that need no annotation."""

ANNOTATED: dict[str, tuple[Any, Any]] = {
    "model": (City, City(name="Paris", founded=dt.date(250, 1, 1), colours=[Colour.BLUE])),
    "model or none": (City | None, City(name="Paris")),
    "none of a model": (Optional[City], None),  # noqa: UP045 (both spellings)
    "models": (list[City], [City(name="a"), City(name="b")]),
    "models by name": (dict[str, City], {"a": City(name="a")}),
    "subclass of what is declared": (City, Capital(name="Paris", country="France")),
    "subclass among them": (list[City], [City(name="a"), Capital(name="Paris", country="France")]),
    "either model": (City | Capital, Capital(name="Paris", country="France")),
    "model with more fields": (Loose, Loose(theName="a", more={1: 2})),  # type: ignore[call-arg]
    "model of one value": (Names, Names(["a"])),
    "generic model": (Page[City], Page[City](items=[City(name="a")])),
    "model with an address": (HttpUrl, HttpUrl("https://example.org/")),
    "dataclass": (Point, Point(1, -0.0, {"b", "a"})),
    "dataclass that was changed": (Point, dataclasses.replace(Point(1, 2))),
    "frozen dataclass": (Frozen, Frozen(dt.datetime.now(dt.timezone.utc), (Frozen(dt.datetime(1, 1, 1)),))),
    "checked dataclass": (Checked, Checked(1, City(name="a"))),
    "attrs": (Row, Row(uuid.UUID(int=1), Point(1, 2))),
    "attrs inside": (Table, Table([Row(uuid.UUID(int=1), Point(1, 2), Colour.BLUE)])),
    "enum": (Colour, Colour.RED),
    "integer enum": (Level, Level.LOW),
    "text enum": (Word, Word.YES),
    "flags": (Rights, Rights.READ | Rights.WRITE),
    "one of some": (Literal[Colour.RED, "none"], Colour.RED),
    "named tuple": (Pair, Pair(1, "a")),
    "typed dictionary": (Movie, {"title": "a", "year": 1}),
    "typed dictionary with more": (Movie, {"title": "a", "rating": 5}),
    "kind of text": (UserId, UserId("a")),
    "new type": (Kilometres, Kilometres(3)),
    "tuple of several": (tuple[City, int, Colour], (City(name="a"), 1, Colour.RED)),
    "set of enums": (set[Colour], {Colour.RED, Colour.BLUE}),
    "integer where a float is declared": (float, 3),
    "float where an integer is declared": (int, 3.0),
    "bytes that are no text": (bytes, b"\xff\x00"),
    "nan": (float, math.nan),
    "half an emoji": (str, "\ud83d"),
    "array": (np.ndarray, np.array([1, 2])),
    "tuple where a list is declared": (list[int], (1, 2)),
    "list where an iterable is declared": (collections.abc.Iterable, [1, 2]),
    "what is not what is declared": (str, None),
    "datetime": (dt.datetime, dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)),
    "anything": (Any, {"a": (1,)}),
}
"""Annotations and values that they lead to."""


@pytest.mark.parametrize("name", PLAIN)
def test_a_value_comes_back_without_any_annotation(twice: Twice, name: str) -> None:
    """Types of the standard library and of NumPy are known by a tag."""
    value = PLAIN[name]
    live, replayed = twice.both(as_tool(lambda: value, "give"))
    assert live is value
    assert same(value, replayed)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("annotation", [Any, object, "list[Missing]", dict[str, int]])
def test_a_value_comes_back_whatever_is_declared(twice: Twice, name: str, annotation: Any) -> None:
    """An annotation that says nothing, cannot be understood, or is wrong, changes nothing."""
    value = PLAIN[name]
    _, replayed = twice.both(tool(lambda: value, name="give", returns=annotation))
    assert same(value, replayed)


@pytest.mark.parametrize("name", ANNOTATED)
def test_a_value_comes_back_by_the_annotation(twice: Twice, name: str) -> None:
    """Classes of the program are made again by what the tool says that it returns."""
    annotation, value = ANNOTATED[name]

    def give() -> Any:
        return value

    give.__annotations__["return"] = annotation
    live, replayed = twice.both(tool(give))
    assert live is value
    assert same(value, replayed)
    assert type(replayed) is type(value)


@pytest.mark.parametrize("name", ANNOTATED)
def test_items_of_a_generator_come_back_by_the_annotation(twice: Twice, name: str) -> None:
    """Each by itself, also where only one of them needs tags."""
    annotation, value = ANNOTATED[name]

    def give() -> Any:
        yield value
        yield None
        yield value

    give.__annotations__["return"] = collections.abc.Iterator.__class_getitem__(annotation)  # type: ignore[attr-defined]
    _, replayed = twice.both(lambda: list(tool(give)()))
    assert same([value, None, value], replayed)


def test_a_model_stands_in_the_file_as_plain_json(twice: Twice) -> None:
    """A recording reads as what the tool gave; tags stand only where the annotation does not say it all."""

    @tool
    def give() -> City:
        return City(name="Paris", founded=dt.date(250, 1, 1), colours=[Colour.BLUE])

    twice.record(give)
    response = twice.cassette.interactions[0].response
    assert response.body == {"name": "Paris", "founded": "0250-01-01", "colours": ["blue"]}
    assert response.encoding is None


def test_sets_stand_in_the_file_in_the_same_order_in_every_process(twice: Twice) -> None:
    """So that recording the same answers again gives the same file."""

    class Group(BaseModel):
        names: set[str]
        inner: list[dict[str, frozenset[frozenset[int]]]]

    names = {f"name {number}" for number in range(50)}
    numbers = frozenset(frozenset(range(start, 30, 7)) for start in range(20))

    @tool
    def group() -> Group:
        return Group(names=names, inner=[{"a": numbers}])

    @tool
    def loose() -> Any:
        return names, numbers

    @tool
    def take(group: Any) -> None:
        return None

    twice.both(lambda: (group(), loose(), take(names)))
    first, second, third = twice.cassette.interactions
    assert first.response.body == {
        "names": sorted(names),
        "inner": [{"a": sorted((sorted(each) for each in numbers), key=repr)}],
    }
    assert second.response.body["$tuple"][0] == {"$set": sorted(names)}
    assert third.request.body == {"group": sorted(names)}


def test_annotations_are_understood_where_they_are_written_as_text(twice: Twice) -> None:
    """Classes inside of the function that defines the tool, further down, and the class that the method is of."""

    class Inner(BaseModel):
        name: str

    @tool
    def inner() -> list[Inner]:
        return [Inner(name="a")]

    class Node:
        @tool
        def other(self) -> Inner:
            return Inner(name="b")

    @tool
    def later() -> Below:
        return Below(name="c")

    _, (first, second, third) = twice.both(lambda: (inner(), Node().other(), later()))
    assert (first, second, third) == ([Inner(name="a")], Inner(name="b"), Below(name="c"))


class Below(BaseModel):
    name: str


def test_encode_and_decode_write_what_nothing_else_can(twice: Twice) -> None:
    """They are asked for such values only, wherever these stand, in arguments and in results."""

    class Sheet:
        def __init__(self, rows: list[int]) -> None:
            self.rows = rows

    def rows(table: Any) -> Any:
        return table.rows

    @tool(encode=rows, decode=Sheet)
    def grow(table: Sheet) -> dict[str, Any]:
        return {"table": Sheet([*table.rows, 9]), "when": dt.date(2026, 1, 1)}

    _, replayed = twice.both(lambda: grow(Sheet([1])))
    assert (type(replayed["table"]), replayed["table"].rows) == (Sheet, [1, 9])
    assert replayed["when"] == dt.date(2026, 1, 1)
    assert twice.cassette.interactions[0].request.body == {"table": [1]}


def test_no_code_of_a_class_runs_where_tags_make_its_objects_again(twice: Twice) -> None:
    """What was done when an object was made was done then: a connection opened, a number drawn."""
    made: list[str] = []

    @attrs.define
    class Ticket:
        number: int

        def __attrs_post_init__(self) -> None:
            made.append("once")

    @tool
    def draw() -> Ticket:
        return Ticket(7)

    twice.record(draw)
    made.clear()
    replayed = twice.replay(draw)
    assert made == []
    assert replayed == Ticket(7)


DIFFERENT: list[tuple[Any, Any]] = [
    (1, True),
    (1, 1.0),
    (-0.0, 0.0),
    ([1], (1,)),
    ({1: 2}, {True: 2}),
    ({1}, {True}),
    (City(name="a"), Capital(name="a", country="b")),
    (Point(1, 2), Point(1.0, 2)),
    (dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))),
    (np.float32(1), np.float64(1)),
    (np.zeros(2), np.zeros((2, 1))),
    ("a", UserId("a")),
    (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_a_program_can_tell_apart_is_not_the_same(one: Any, other: Any) -> None:
    """The measure of the tests above sees types, signs and order."""
    assert not same(one, other)
    assert same(one, one)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(allow_nan=False),
    st.datetimes(timezones=st.just(dt.timezone.utc) | st.none()),
    st.dates(),
    st.timedeltas(),
    st.uuids(),
    st.fractions(),
)
KEYS = st.one_of(st.text(), st.integers(), st.booleans(), st.uuids(), st.dates(), st.tuples(st.text(), st.integers()))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(KEYS, inner),
        st.dictionaries(st.sampled_from(["$set", "$object", "$", "a"]), inner),
        st.frozensets(KEYS),
        st.sets(KEYS),
    ),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(VALUES)
def test_any_value_of_the_standard_library_comes_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """However it is nested."""
    twice = Twice(tmp_path_factory.mktemp("values"))
    _, replayed = twice.both(as_tool(lambda: value, "give"))
    assert same(value, replayed)


def test_a_result_that_could_not_be_read_again_is_an_error_while_recording(twice: Twice) -> None:
    """Not first in replay: an object that cannot be made without its class's code, `encode=` without `decode=`."""

    @dataclasses.dataclass
    class Bag(dict[str, int]):
        label: str = ""

    @tool
    def bag() -> Bag:
        found = Bag("a")
        found["x"] = 1
        return found

    @tool(encode=str)
    def odd() -> object:
        return object()

    with pytest.raises(ToolValueError, match="which could not be read again"):
        twice.record(bag)
    with pytest.raises(ToolValueError, match="no decode="):
        twice.record(odd)
