"""What differs between two requests: aligned first, each difference once, at a path that leads there."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentreplay._explaining.differences import differences
from agentreplay._json.canonical import canonical_json
from agentreplay._json.values import same_json
from agentreplay._misses.miss import Change, Difference
from agentreplay._paths import BodyPath

from .payloads import HOTEL_TOOL, TRAIN_TOOL, WEATHER_TOOL, Body, assistant, chat, request, trip, user


def _differences(recorded: Body, actual: Body) -> list[Difference]:
    return differences(request(recorded), request(actual))


def test_equal_requests_differ_nowhere() -> None:
    """Equal in meaning is no difference: key order, `1` and `1.0`."""
    assert _differences({"a": 1, "b": [2, {"c": 0}]}, {"b": [2.0, {"c": -0.0}], "a": 1.0}) == []


@pytest.mark.parametrize(
    ("recorded", "actual", "expected"),
    [
        ({"n": 1}, {"n": "1"}, [Difference("n", 1, "1")]),
        ({"n": 1}, {"n": True}, [Difference("n", 1, True)]),
        ({"n": 1}, {}, [Difference("n", 1, None, Change.REMOVED)]),
        ({}, {"n": None}, [Difference("n", None, None, Change.ADDED)]),
        ({"a": {"b.c": 1}}, {"a": {"b.c": 2}}, [Difference("a['b.c']", 1, 2)]),
        ({"a": {"it's": 1}}, {"a": {"it's": 2}}, [Difference('a["it\'s"]', 1, 2)]),
        ({"model": "x"}, {"model": "y"}, [Difference("model", "x", "y")]),
    ],
)
def test_a_difference_has_its_path_and_both_values(recorded: Body, actual: Body, expected: list[Difference]) -> None:
    """A changed value shows both, a new or missing one the one that there is."""
    assert _differences(recorded, actual) == expected


def test_path_and_query_are_compared_as_well() -> None:
    """The operation's object and its query parameters stand under `$path` and `$query`."""
    recorded = request({}, path="/files/a", query={"after": "x"})
    actual = request({}, path="/files/b", query={"after": "y"})
    assert [item.path for item in differences(recorded, actual)] == ["$path", "$query.after"]


def test_a_model_beside_the_body_is_one_difference() -> None:
    """The model counts once, whether it stands in the body, beside it, or both."""
    one = request({}).model_copy(update={"model": "x"})
    other = request({}).model_copy(update={"model": "y"})
    assert differences(one, other) == [Difference("model", "x", "y")]
    assert differences(one, one.model_copy(update={"body": {"model": "y"}})) == [
        Difference("model", None, "y", Change.ADDED)
    ]
    assert differences(request({"model": "x"}), request({"model": "y"})) == [Difference("model", "x", "y")]


def test_which_number_a_redacted_secret_bears_is_no_difference() -> None:
    """Only what keeps two requests apart is shown."""
    one, other = (chat(f"My mail is [REDACTED:email:{number}].", n=number) for number in (1, 2))
    assert [item.path for item in _differences(one, other)] == ["n"]


def test_an_inserted_message_is_one_difference() -> None:
    """What follows an inserted message has moved on, and is not different."""
    actual = trip(6)
    actual["messages"].insert(2, user("One more thing."))
    assert _differences(trip(6), actual) == [Difference("messages[2]", None, user("One more thing."), Change.ADDED)]


def test_a_missing_message_is_one_difference() -> None:
    """It is named by its place in the recording."""
    actual = trip(6)
    gone = actual["messages"].pop(4)
    assert _differences(trip(6), actual) == [Difference("messages[4]", gone, None, Change.REMOVED)]


def test_a_moved_message_is_one_difference() -> None:
    """It is named by its place now and its place in the recording."""
    recorded = chat("a", "b", "c", assistant("d"))
    actual = chat("c", "a", "b", assistant("d"))
    assert _differences(recorded, actual) == [
        Difference("messages[0]", user("c"), user("c"), Change.MOVED, "messages[2]")
    ]


def test_a_message_that_changed_and_moved_on_is_found_again() -> None:
    """A change inside shows both places where something was inserted before it."""
    actual = trip(6)
    actual["messages"][5]["content"] = "Three to six days, I think. Is the first week good?"
    actual["messages"].insert(1, user("Hello."))
    changed = [item for item in _differences(trip(6), actual) if item.change is Change.CHANGED]
    assert [(item.path, item.recorded_path) for item in changed] == [("messages[6].content", "messages[5].content")]


def test_who_says_a_message_is_part_of_it() -> None:
    """The same words said by somebody else are another message."""
    changes = [item.change for item in _differences(chat("a", "b"), chat("a", assistant("b")))]
    assert changes == [Change.REMOVED, Change.ADDED]


def test_tools_are_known_by_their_names() -> None:
    """A tool that changed is the same tool, wherever it stands; others are new, missing or moved."""
    train = copy.deepcopy(TRAIN_TOOL)
    train["function"]["description"] = "Trains."
    found = _differences(chat(tools=[WEATHER_TOOL, TRAIN_TOOL]), chat(tools=[train, HOTEL_TOOL]))
    assert [(item.change, item.path) for item in found] == [
        (Change.REMOVED, "tools[0]"),
        (Change.CHANGED, "tools[0].function.description"),
        (Change.ADDED, "tools[1]"),
    ]


def test_a_vector_is_one_difference() -> None:
    """A long list of numbers is one value; a short one is compared by item."""
    vector = [number / 7 for number in range(50)]
    assert len(_differences({"v": vector}, {"v": [*vector[:-1], 0.5]})) == 1
    assert _differences({"v": vector}, {"v": [*vector[:-1], 0.5]})[0].path == "v"
    assert _differences({"v": [1, 2]}, {"v": [1, 3]}) == [Difference("v[1]", 2, 3)]


def test_long_lists_are_compared_in_little_time() -> None:
    """Thousands of items, all alike or all different, are told apart without comparing each with each."""
    many = {"input": [f"text {number}" for number in range(20_000)]}
    other = {"input": [f"words {number}" for number in range(20_000)]}
    assert len(_differences(many, other)) == 20_000
    assert len(_differences({"input": ["same"] * 1_500}, {"input": ["same"] * 1_400})) == 100


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab c", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "name", "b c"]), inner, max_size=3)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(["a", "x'y", "items"]), JSON, max_size=3)


@given(BODIES, BODIES)
def test_there_is_a_difference_exactly_where_requests_are_not_equal(one: Body, other: Body) -> None:
    """No difference means equal keys, any difference means other keys; and each path can be read."""
    found = _differences(one, other)
    assert (not found) is (request(one).key() == request(other).key())
    for item in found:
        place = BodyPath.parse(item.path, "path")
        assert _at(one if item.change is Change.REMOVED else other, place) == [
            item.recorded if item.change is Change.REMOVED else item.actual
        ]


def _at(body: Any, path: BodyPath) -> list[Any]:
    value = body
    for step in path.steps:
        value = value[getattr(step.selector, "name", None) or getattr(step.selector, "index", None) or 0]
    return [value]


@given(JSON, JSON)
def test_values_are_the_same_exactly_if_their_canonical_json_is(one: Any, other: Any) -> None:
    """The two notions of equality that are in use agree."""
    assert same_json(one, other) is (canonical_json(one) == canonical_json(other))
