"""Paths into a body: how they are spelled, what they lead to, and which are refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from agentreplay import ConfigurationError
from agentreplay._carving import leads_anywhere, only, without
from agentreplay._paths import BodyPath

BODY: dict[str, Any] = {
    "model": "gpt-4o",
    "metadata": {"run": "r-1", "user.name": "ann"},
    "messages": [
        {"role": "system", "content": "Be brief.", "name": "sys"},
        {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]},
        {"role": "user", "content": "Bye", "name": "ann"},
    ],
}


def _path(text: str) -> BodyPath:
    return BodyPath.parse(text, "ignore")


def _without(*paths: str) -> dict[str, Any]:
    return without(BODY, [_path(path) for path in paths])


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("messages[*].name", [("messages", 0, "name"), ("messages", 2, "name")]),
        ("$.messages[*].name", [("messages", 0, "name"), ("messages", 2, "name")]),
        ("messages[0].content", [("messages", 0, "content")]),
        ("messages[-1].content", [("messages", 2, "content")]),
        ("messages[?@.role=='system'].content", [("messages", 0, "content")]),
        ('messages[?(@.role == "user")].name', [("messages", 2, "name")]),
        ("..cache_control", [("messages", 1, "content", 0, "cache_control")]),
        (
            "messages..type",
            [("messages", 1, "content", 0, "type"), ("messages", 1, "content", 0, "cache_control", "type")],
        ),
        ("metadata['user.name']", [("metadata", "user.name")]),
        ('["metadata"]["run"]', [("metadata", "run")]),
        ("messages.*.name", [("messages", 0, "name"), ("messages", 2, "name")]),
    ],
)
def test_a_path_takes_out_what_it_leads_to_and_nothing_else(path: str, place: list[tuple[str | int, ...]]) -> None:
    """Each spelling leads to exactly the places that it names."""
    expected = copy.deepcopy(BODY)
    for *way, last in sorted(place, key=len, reverse=True):
        holder: Any = expected
        for step in way:
            holder = holder[step]
        del holder[last]
    assert _without(path) == expected


def test_taking_out_leaves_the_original_as_it_was() -> None:
    """What was recorded, or what the caller gave, is never changed by a path."""
    before = copy.deepcopy(BODY)
    _without("messages[*].name", "..cache_control", "metadata.*", "messages[0]")
    assert before == BODY


def test_items_are_counted_before_any_is_taken_out() -> None:
    """Two places of one list are those of the list as it was written."""
    assert _without("messages[0]", "messages[1]")["messages"] == BODY["messages"][2:]


def test_an_object_emptied_by_a_star_is_taken_out_whole() -> None:
    """`metadata.*` makes no difference between metadata that holds something, is empty, or is not there."""
    star = [_path("metadata.*")]
    assert without({"metadata": {"a": 1}, "n": 1}, star) == {"n": 1}
    assert without({"metadata": {}, "n": 1}, star) == {"n": 1}
    assert without({"n": 1}, star) == {"n": 1}


def test_only_keeps_what_the_paths_lead_to() -> None:
    """What no path leads to is left out, and so are objects and lists with nothing left in them."""
    kept = only(BODY, [_path("messages[-1]"), _path("metadata.run")])
    assert kept == {"metadata": {"run": "r-1"}, "messages": [BODY["messages"][2]]}
    assert only(BODY, [_path("tools")]) == {}


def test_a_path_tells_whether_it_leads_anywhere() -> None:
    """A path that matches nothing in a body is known for it."""
    assert leads_anywhere(_path("messages[2].name"), BODY)
    assert not leads_anywhere(_path("messages[1].name"), BODY)
    assert not leads_anywhere(_path("messages[3]"), BODY)


@pytest.mark.parametrize(
    "path",
    [
        "", " messages", "messages[", "messages[x]", "messages[1.5]", "messages]", "messages[*]name", ".messages",
        "messages.", "messages...name", "messages.[0]", "a b", "messages[?role=='x']", "messages[1:2]", "$model",
        "'model'",
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str) -> None:
    """The error names the argument and shows the path."""
    with pytest.raises(ConfigurationError, match="ignore=") as caught:
        _path(path)
    assert repr(path) in str(caught.value)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("$", "names no part of the body"),
        ("[0].role", "the first step is a name"),
        ("body.messages", "leave out the first step"),
        ("headers.authorization", "headers are neither recorded nor compared"),
        ("method", "always counts"),
        ("messages.content", r"write messages\[\*\].content"),
        ("tools.function", r"write tools\[\*\].function"),
        ("model.name", "nothing stands below it"),
        ("metadata[0]", r"write metadata\.\*"),
    ],
)
def test_a_path_that_can_never_match_is_refused(path: str, why: str) -> None:
    """Where no request can have a path, the error says so and, where that is known, what was meant."""
    with pytest.raises(ConfigurationError, match=f"can never match anything: .*{why}"):
        _path(path)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("messages[*].name", "messages[0]", True),
        ("messages[0].name", "messages[1]", False),
        ("messages[0]", "messages[-1]", True),
        ("metadata.run", "metadata.*", True),
        ("metadata.run", "messages", False),
        ("..name", "messages", True),
        ("$query.after", "after", False),
    ],
)
def test_paths_know_whether_they_may_meet(one: str, other: str, expected: bool) -> None:
    """Two paths overlap if one may lead to, into or through a place of the other, whichever is asked."""
    assert _path(one).overlaps(_path(other)) is expected
    assert _path(other).overlaps(_path(one)) is expected
