"""Names that clash, tools that are gone, results and arguments that do not fit any more: what is said."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import agentreplay
from agentreplay import CassetteMismatchError, ConfigurationError, ToolResultError, tool, wrap
from tests.tools.ways import Twice, as_tool, echo, raised


class City(BaseModel):
    name: str
    people: int


class Town(BaseModel):
    name: str
    mayor: str


def make_search(answer: str) -> Any:
    """A factory: each of its tools is the same function, made again."""

    @tool
    def search(query: str) -> str:
        return f"{answer} {query}"

    return search


def test_two_tools_of_one_name_are_refused_with_both_places() -> None:
    """The error names both, by module, function, file and line, and says what to do."""

    @tool(name="look_up")
    def first() -> None: ...

    def second() -> None: ...

    with pytest.raises(ConfigurationError) as caught:
        tool(second, name="look_up")
    text = str(caught.value)
    assert "two tools are called 'look_up'" in text
    assert re.search(r"first \(.*test_bad_input\.py:\d+\) and .*second \(.*test_bad_input\.py:\d+\)", text)
    assert "name=" in text
    assert first() is None


def test_two_lambdas_of_one_name_are_refused() -> None:
    """They have one name in Python, and stand at two places."""
    one = as_tool(lambda: 1, "given")
    with pytest.raises(ConfigurationError, match="two tools are called 'given'"):
        as_tool(lambda: 2, "given")
    assert one() == 1


def test_two_tools_of_one_name_in_one_session_are_refused(twice: Twice) -> None:
    """Of different modules they may be for different programs; in one session they could not be told apart."""
    source = "import agentreplay\n@agentreplay.tool\ndef {0}(query):\n    return query"
    spaces: list[dict[str, Any]] = [{"__name__": "one"}, {"__name__": "other"}]
    for space in spaces:
        exec(compile(source.format("search"), f"{space['__name__']}.py", "exec"), space)

    def program() -> None:
        for space in spaces:
            space["search"]("a")

    with pytest.raises(ConfigurationError, match=r"'search': one\.search \(one\.py:2\) and other\.search"):
        twice.record(program)


def test_the_same_function_may_be_made_a_tool_any_number_of_times(twice: Twice) -> None:
    """By a factory, and in a cell of a notebook that is run again after it was changed."""
    live = twice.record(lambda: [make_search("a")("x"), make_search("b")("y")])
    assert twice.replay(lambda: [make_search("c")("x"), make_search("d")("y")]) == live

    space: dict[str, Any] = {"__name__": "__main__"}
    for number in range(3):
        cell = f"import agentreplay\n{number * chr(10)}@agentreplay.tool\ndef cell(): return {number}\n"
        cell += "shorter = agentreplay.tool(lambda: 1, name='shorter')\n"
        exec(compile(cell, f"/tmp/ipykernel_1/{number}.py", "exec"), space)
    assert space["cell"]() == 2


def test_a_module_may_be_reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after it was edited, and also where the old tool is still held somewhere."""
    file = tmp_path / "shop_tools.py"
    text = (
        "import agentreplay\n@agentreplay.tool\ndef buy(): return 1\nsell = agentreplay.tool(lambda: 1, name='sell')\n"
    )
    file.write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    shop = importlib.import_module("shop_tools")
    held = shop.buy, shop.sell
    importlib.reload(shop)
    file.write_text("\n\n# edited\n" + text.replace("return 1", "return 22"))
    importlib.invalidate_caches()
    importlib.reload(shop)
    assert (shop.buy(), held[0]()) == (22, 1)
    monkeypatch.delitem(sys.modules, "shop_tools")


def test_a_tool_that_is_gone_is_named_where_its_recording_is_unused(twice: Twice) -> None:
    """With what may have become of it."""
    search, other = tool(echo, name="search"), as_tool(lambda: 1, "other")
    twice.record(lambda: (search("tea"), other()))
    with pytest.raises(agentreplay.UnusedInteractionsError) as caught:
        twice.replay(other)
    text = str(caught.value)
    assert '[0] search({"value": "tea"})' in text
    assert "The tool 'search' was not called at all. Is it still there, and still a tool?" in text
    assert "@agentreplay.tool(name='search')" in text
    assert "'other'" not in text


def test_a_tool_that_was_renamed_is_a_miss_that_names_both(twice: Twice) -> None:
    """And says how it keeps its recordings, which is so."""

    def find_hotels(city: str) -> str:
        return city

    twice.record(lambda: tool(find_hotels)("Rome"))
    with pytest.raises(
        CassetteMismatchError, match="was the tool 'find_hotels' renamed 'find_hotel'. With name='find_hotels'"
    ):
        twice.replay(lambda: tool(find_hotels, name="find_hotel")("Rome"))
    renamed = tool(find_hotels, name="find_hotels")
    assert twice.replay(lambda: renamed("Rome")) == "Rome"


def test_arguments_that_changed_shape_are_named(twice: Twice) -> None:
    """What is new, what is gone, and what to do."""

    def before(query: str, limit: int = 3) -> str:
        return query

    def after(query: str, most: int = 3) -> str:
        return query

    twice.record(lambda: tool(before, name="search")("tea"))
    with pytest.raises(CassetteMismatchError) as caught:
        twice.replay(lambda: tool(after, name="search")("tea"))
    text = str(caught.value)
    assert "the tool 'search' takes other arguments now: 'most' is new, 'limit' is gone." in text
    assert "Record again or, if the result does not depend on it, leave it out: ignore=('most',)" in text
    assert '{"most": 3, "query": "tea"}' in text


def test_an_argument_that_differs_each_time_is_named_with_ignore(twice: Twice) -> None:
    """Where the others are as recorded."""

    @tool
    def search(query: str, trace: str) -> str:
        return query

    twice.record(lambda: search("tea", "run-1"))
    with pytest.raises(CassetteMismatchError, match=re.escape("does not depend on 'trace': ignore=('trace',)")):
        twice.replay(lambda: search("tea", "run-2"))


def test_a_recorded_result_that_does_not_fit_the_annotation(twice: Twice) -> None:
    """The tool, the place, what is wrong there, and what to do."""

    def before() -> list[City]:
        return [City(name="Rome", people=3)]

    def after() -> list[Town]:
        return []

    twice.record(tool(before, name="cities"))
    with pytest.raises(ToolResultError) as caught:
        twice.replay(tool(after, name="cities"))
    assert str(caught.value).startswith(
        "the recorded result of the tool 'cities' does not fit what the tool gives now: "
        "at result[0]['mayor'], Field required."
    )
    assert "record again" in str(caught.value)
    assert "return annotation" in str(caught.value)
    assert (caught.value.tool, caught.value.where) == ("cities", "result[0]['mayor']")


def test_a_recorded_object_whose_class_the_annotation_leads_to_no_more(twice: Twice) -> None:
    """Nothing is imported or guessed."""

    class Parent:
        __slots__ = ()

    import attrs

    @attrs.define
    class Child(Parent):
        name: str

    def before() -> Parent:
        return Child("a")

    def after() -> int:
        return 1

    twice.record(tool(before, name="child"))
    with pytest.raises(ToolResultError, match="it is a 'Child', and the return annotation leads to no such class"):
        twice.replay(tool(after, name="child"))


FORGED: list[dict[str, Any]] = [
    {"$object": "os.system", "fields": {}},
    {"$object": "City", "fields": 3},
    {"$import": "os"},
    {"$set": [[1]]},
    {"$set": 5},
    {"$UUID": "no"},
    {"$Decimal": "no"},
    {"$date": 7},
    {"$datetime": "2026-01-01", "zone": "../../etc/passwd"},
    {"$bytes": "not base64!"},
    {"$array": [1], "dtype": "object"},
    {"$array": ["x"], "dtype": "<f8"},
    {"$array": [1], "dtype": "<f8", "shape": [7]},
    {"$defaultdict": [], "factory": "eval"},
    {"$deque": [1]},
    {"$dict": [[1]]},
    {"$dict": [[{"$dict": []}, 1]]},
    {"$enum": "City", "name": "x"},
    {"$encoded": 1},
    {"$path": 3},
    {"$range": [1, 2, 0]},
    {"$timedelta": [10**30]},
    {"$complex": ["a", "b"]},
]


@pytest.mark.parametrize("body", FORGED)
def test_what_no_tool_wrote_is_refused(twice: Twice, body: Any) -> None:
    """A file that was edited, or comes from elsewhere, makes no more than a clear error."""

    @tool
    def give() -> City:
        return City(name="a", people=1)

    twice.record(give)

    def forge(data: Any) -> None:
        data["interactions"][0]["response"].update(body=body, encoding="tagged")

    twice.edit(forge)
    error = raised(lambda: twice.replay(give))
    assert isinstance(error, ToolResultError), error
    assert "the recorded result of the tool 'give'" in str(error)


def test_a_recording_by_hand_answers_a_tool(twice: Twice) -> None:
    """What `CassetteRecorder` wrote is restored by the annotation, and fails as it says."""
    recorder = agentreplay.CassetteRecorder("case")
    recorder.record_tool_call("city", {"name": "Rome"}, {"name": "Rome", "people": 3})
    recorder.record_tool_call("city", {"name": "Nowhere"}, "no such city", status="error")
    cassette = recorder.finalize()
    cassette.save(agentreplay.Cassette.cassette_path(twice.directory, "case", cassette.meta.content_hash))

    @tool
    def city(name: str) -> City:
        raise AssertionError(name)

    def program() -> City:
        with pytest.raises(agentreplay.RecordedToolError, match="no such city"):
            city("Nowhere")
        return city("Rome")

    assert twice.replay(program) == City(name="Rome", people=3)


def test_a_wrapped_method_that_is_gone_is_named_at_once() -> None:
    """An upgrade of a library may have taken it away."""
    with pytest.raises(ConfigurationError, match="method='saerch' is not known"):
        wrap(City, "saerch")
