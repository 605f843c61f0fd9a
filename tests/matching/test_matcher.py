"""A matcher says what counts: two requests are equal if what it makes of them is."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from agentreplay import ConfigurationError
from agentreplay._cassette import RecordedRequest
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.strategy import read_match
from agentreplay._matching.volatile import Volatile

from .payloads import HOTEL_TOOL, TRAIN_TOOL, WEATHER_TOOL, chat, recorded, request


def _equal(one: dict[str, Any], other: dict[str, Any], matcher: Matcher) -> bool:
    """Whether a request with the one body is answered by what was recorded for the other."""
    return InteractionIndex([recorded(one)], matcher).take(request(other)) is not None


def test_a_matcher_without_options_is_exact() -> None:
    """It finds what `EXACT` finds: all of the request counts."""
    assert InteractionIndex([], Matcher()).key(request(chat("Hi"))) == request(chat("Hi")).key()
    assert not _equal(chat("Hi"), chat("Hi", n=1), Matcher())


def test_ignored_paths_do_not_count() -> None:
    """What `ignore` leads to may differ or be absent; all else still counts."""
    matcher = Matcher(ignore=["metadata.*", "messages[*].name"])
    named = {"role": "user", "content": "Hi", "name": "ann"}
    assert _equal(chat(named, metadata={"run": 1}), chat("Hi"), matcher)
    assert _equal(chat("Hi", metadata={}), chat("Hi"), matcher)
    assert not _equal(chat(named, metadata={"run": 1}), chat("Ho"), matcher)


def test_one_path_needs_no_list() -> None:
    """A single path, or rule, may be given as it is."""
    assert Matcher(ignore="user", only=(), volatile="uuids") == Matcher(ignore=["user"], volatile=[Volatile.UUIDS])


def test_an_ignored_model_does_not_count_anywhere() -> None:
    """`ignore="model"` leaves out the model of the body and the model beside it."""
    assert _equal({**chat("Hi"), "model": "gpt-4o"}, {**chat("Hi"), "model": "gpt-5"}, Matcher(ignore="model"))


def test_with_only_nothing_else_counts() -> None:
    """Of what `only` does not name, nothing counts, not even the model; kind and method always do."""
    matcher = Matcher(only="messages[-1].content")
    assert _equal(chat("A", "Hi", n=1), {**chat("Hi"), "model": "other"}, matcher)
    assert not _equal(chat("Hi"), chat("Ho"), matcher)
    embedding = request(chat("Hi"), method="responses.create")
    assert InteractionIndex([recorded(chat("Hi"))], matcher).take(embedding) is None


def test_with_only_the_model_counts_where_it_is_named() -> None:
    """`"model"` in `only` brings the model back."""
    matcher = Matcher(only=["messages", "model"])
    assert not _equal(chat("Hi"), {**chat("Hi"), "model": "other"}, matcher)
    assert _equal(chat("Hi", n=1), chat("Hi", n=2), matcher)


def test_query_parameters_have_a_root_of_their_own() -> None:
    """`$query` leads to the query parameters, and to nothing in the body."""
    matcher = Matcher(ignore="$query['api-version']")
    old, new = (
        request({"api-version": 1}, query={"api-version": v, "after": "x"}) for v in ("2024-10-21", "2025-04-01")
    )
    assert matcher(old) == matcher(new)
    assert matcher(old).query == {"after": "x"}
    assert matcher(old).body == {"api-version": 1}


def test_white_space_may_be_left_out() -> None:
    """Runs of white space and space at the ends do not count with `ignore_whitespace`, words do."""
    matcher = Matcher(ignore_whitespace=True)
    assert _equal(chat("a  b\n c "), chat("a b c"), matcher)
    assert not _equal(chat("a b c"), chat("ab c"), matcher)


def test_the_order_of_tools_may_be_left_out() -> None:
    """With `ignore_tool_order` the same tools in another order are equal; the order of messages still counts."""
    matcher = Matcher(ignore_tool_order=True)
    one = chat("a", "b", tools=[WEATHER_TOOL, TRAIN_TOOL, HOTEL_TOOL])
    assert _equal(one, {**one, "tools": [HOTEL_TOOL, WEATHER_TOOL, TRAIN_TOOL]}, matcher)
    assert not _equal(one, {**one, "tools": [HOTEL_TOOL, WEATHER_TOOL]}, matcher)
    assert not _equal(one, {**one, "messages": one["messages"][::-1]}, matcher)


def test_a_function_makes_requests_comparable() -> None:
    """Any function from request to request decides what is compared."""

    def lower(asked: RecordedRequest) -> RecordedRequest:
        asked.body["messages"][0]["content"] = asked.body["messages"][0]["content"].lower()
        return asked

    cassette = [recorded(chat("HELLO"))]
    before = copy.deepcopy(cassette)
    asked = request(chat("Hello"))
    assert InteractionIndex(cassette, lower).take(asked) is cassette[0]
    assert cassette == before, "a function that changes what it is given changes only a copy"
    assert asked == request(chat("Hello"))


def test_a_function_that_returns_no_request_is_named() -> None:
    """What a function gives back is checked when it is used."""

    def careless(asked: RecordedRequest) -> Any:
        asked.body.clear()

    with pytest.raises(ConfigurationError, match=r"transform=.*careless.*returned NoneType"):
        Matcher(transform=careless)(request(chat("Hi")))


def test_two_matchers_make_one() -> None:
    """`|` gives a matcher with the options of both, and leaves both as they were."""
    one, other = Matcher(ignore="user", volatile="dates"), Matcher(ignore="metadata.*", volatile="uuids")
    both = one | other
    assert both.ignore == ("user", "metadata.*")
    assert both.volatile == (Volatile.UUIDS, Volatile.DATES)
    assert one == Matcher(ignore="user", volatile="dates")
    assert _equal(chat("Hi", user="a", metadata={"x": 1}), chat("Hi", user="b"), both)


def test_a_matcher_never_changes() -> None:
    """Its options are fixed, so it may be shared between tests and be the member of a set."""
    matcher = Matcher(ignore="user")
    with pytest.raises(dataclasses.FrozenInstanceError):
        matcher.ignore = ()  # type: ignore[misc]
    assert {matcher, Matcher(ignore="user")} == {matcher}


def test_a_matcher_is_printed_as_it_is_written() -> None:
    """Its repr names the options that were given, and can be pasted into code."""
    matcher = Matcher(ignore=["metadata.*"], volatile=["uuids"], ignore_whitespace=True)
    text = "Matcher(ignore=['metadata.*'], volatile=['uuids'], ignore_whitespace=True)"
    assert repr(matcher) == text
    assert eval(text) == matcher


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"volatile": "uuid"}, r"volatile='uuid' is not known. Did you mean 'uuids'\?"),
        ({"ignore": ["user", "messages["]}, r"ignore='messages\['"),
        ({"ignore": 5}, "ignore=5"),
        ({"ignore": [5]}, "ignore=5"),
        ({"only": "messages.content"}, "only='messages.content'"),
        ({"ignore": "metadata.run", "only": "messages"}, "ignore='metadata.run': it can never match anything"),
        ({"ignore": "messages", "only": ["model", "messages"]}, "only='messages': contradicts ignore='messages'"),
        ({"ignore": "messages", "only": "messages[0]"}, "contradicts ignore='messages'"),
        ({"ignore_whitespace": "yes"}, "ignore_whitespace='yes'"),
        ({"transform": "lower"}, "transform='l'"),
        ({"transform": 3}, "transform=3"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    """The error comes when the matcher is built, and names the argument."""
    with pytest.raises(ConfigurationError, match=message):
        Matcher(**options)


def test_two_lists_of_only_cannot_be_combined() -> None:
    """`|` of two matchers with different `only` would be ambiguous, and is refused."""
    with pytest.raises(ConfigurationError, match="cannot be combined"):
        _ = Matcher(only="messages") | Matcher(only="model")


def test_match_takes_the_options_of_a_matcher_as_a_table() -> None:
    """A settings file says `match = {ignore = [...]}`; an option that is none is refused with the nearest."""
    assert read_match({"ignore": ["user"], "volatile": ["dates"]}) == Matcher(ignore="user", volatile="dates")
    with pytest.raises(ConfigurationError, match="Did you mean 'ignore'"):
        read_match({"ignor": ["user"]})


@pytest.mark.parametrize("value", ["exactly", 3, None, ["user"]])
def test_match_refuses_what_it_cannot_match_by(value: Any) -> None:
    """The error names the argument."""
    with pytest.raises(ConfigurationError, match="match="):
        read_match(value)
