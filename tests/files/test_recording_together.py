"""A conversation that is being recorded: what its requests have in common is kept and looked through once."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentreplay._cassette import Cassette
from agentreplay._decisions import Live
from agentreplay._engine import CallEngine
from agentreplay._json.values import is_array, is_object
from agentreplay._linear.distinct import Distinct
from agentreplay._linear.exact import count_alike
from agentreplay._modes import Mode
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse
from agentreplay._redaction import Redactor

_LEAVES: Final[st.SearchStrategy[Any]] = st.sampled_from([None, True, 1, 1.0, 0.0, -0.0, 0, False, "a", "b", "1"])
_JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def said(turns: int) -> list[dict[str, Any]]:
    return [{"role": "user", "content": f"This is message number {number}."} for number in range(turns)]


def recorded(engine: CallEngine, messages: list[Any], **more: Any) -> RecordedRequest:
    """The request as the engine keeps it, with an answer."""
    request = RecordedRequest(kind="llm", method="create", body={"model": "m", "messages": messages, **more})
    call = engine.begin(request)
    assert isinstance(call, Live)
    return engine.finish(call, RecordedResponse(body={"text": "Yes."})).request


def disturbed(value: Any, random: Any) -> Any:
    """Something that Python may call equal to `value`, and a file may not."""
    if is_object(value):
        names = list(value)
        random.shuffle(names)
        return {name: disturbed(value[name], random) for name in names}
    if is_array(value):
        return [disturbed(item, random) for item in value]
    if isinstance(value, (bool, int, float)) and value in {0, 1}:
        return random.choice([value, float(value), int(value), bool(value)])
    return value


@given(st.lists(_JSON, max_size=6), st.lists(_JSON, max_size=4), st.integers(0, 6), st.randoms())
@settings(deadline=None)
def test_what_counts_as_alike_is_written_alike(ones: list[Any], more: list[Any], count: int, random: Any) -> None:
    """`1`, `1.0` and `True` are told apart, and so is another order of names; equal beginnings are found."""
    others = [*copy.deepcopy(ones[:count]), *more]
    assert count_alike(ones, others) >= min(count, len(ones))
    for each in (others, disturbed(others, random), disturbed(ones, random)):
        alike = count_alike(ones, each)
        assert json.dumps(ones[:alike]) == json.dumps(each[:alike])


def test_requests_share_what_they_have_in_common() -> None:
    """Each message is one object in memory, though every request came with copies of all."""
    engine = CallEngine(Mode.RECORD, Redactor(environment={}))
    requests = [recorded(engine, said(turns), tools=[{"name": "look"}]) for turns in range(1, 5)]
    first = {id(request._body()["messages"][0]) for request in requests}
    assert len(first) == len({id(request._body()["tools"][0]) for request in requests}) == 1
    assert [len(request._body()["messages"]) for request in requests] == [1, 2, 3, 4]


def test_a_body_that_is_handed_out_is_nobody_elses() -> None:
    """Whoever changes the body of one interaction changes no other."""
    engine = CallEngine(Mode.RECORD, Redactor(environment={}))
    one, other = recorded(engine, said(2)), recorded(engine, said(3))
    one.body["messages"][0]["content"] = "something else"
    assert other.body["messages"] == said(3)


def test_what_only_looks_alike_is_recorded_as_it_was_sent() -> None:
    """Another order of names, another sort of number, a change far back: each request keeps its own."""
    engine = CallEngine(Mode.RECORD, Redactor(environment={}))
    messages: list[Any] = [{"role": "user", "content": "x", "weight": 1}, *said(12)]
    sent = [copy.deepcopy(messages)]
    first: dict[str, Any] = {"content": "x", "role": "user", "weight": 1}
    messages[0] = first
    sent.append(copy.deepcopy(messages))
    first["weight"] = 1.0
    sent.append(copy.deepcopy(messages))
    messages[5]["content"] = "changed"
    sent.append([*copy.deepcopy(messages), *said(1)])
    sent.append(copy.deepcopy(messages[3:]))
    for each in sent:
        recorded(engine, copy.deepcopy(each))
    kept = Cassette.from_json(Cassette(interactions=engine.interactions)._for_disk()[1]).interactions
    assert [json.dumps(each.request.body["messages"]) for each in kept] == [*map(json.dumps, sent)]


def test_a_secret_that_becomes_known_later_is_taken_out_of_what_was_said_before() -> None:
    """What was looked through is looked through again once more is known."""
    redactor = Redactor(environment={})
    engine = CallEngine(Mode.RECORD, redactor)
    messages = [{"role": "user", "content": "The word is margarine-lighthouse-77."}, *said(3)]
    recorded(engine, copy.deepcopy(messages))
    redactor.learn("margarine-lighthouse-77", "word")
    later = recorded(engine, [*copy.deepcopy(messages), *said(1)])
    assert "margarine" not in json.dumps(later.body)


def test_a_placeholder_of_what_was_known_is_given_to_no_other_secret() -> None:
    """A recording that is extended may hold placeholders, in a history that stands in many requests."""
    messages = [{"role": "user", "content": "My key is [REDACTED:openai-key:1]."}, *said(2)]
    known = Cassette(
        interactions=[
            Interaction(
                request=RecordedRequest(kind="llm", method="create", body={"messages": messages[: count + 1]}),
                response=RecordedResponse(body={"text": "I see [REDACTED:openai-key:2]."}),
            )
            for count in range(3)
        ]
    )
    engine = CallEngine(Mode.EXTEND, Redactor(environment={}), known)
    new = recorded(engine, [{"role": "user", "content": "Now it is sk-proj-" + "aB3dE5fG7h" * 5 + "."}])
    assert "[REDACTED:openai-key:3]" in json.dumps(new.body)


class _Said(str):
    """A text of a class of the app's own."""


@pytest.mark.parametrize("content", ["x", "x" * 100_000, _Said("x"), _Said("x" * 100_000)])
def test_equal_items_stand_once_whatever_their_texts_are(content: str) -> None:
    """Items that are written as the same JSON are one, those that differ in a sort of number only are not."""
    distinct = Distinct()
    for number in (1, 1, 1.0, True):
        again = type(content)(content[:1] + content[1:])
        distinct.numbers([{"content": again, "n": number}, {"n": number, "content": again}], "messages")
    assert len(distinct.items) == 6


def test_lists_are_copied_but_for_what_is_known() -> None:
    """What a request before had at the same place is not copied, wherever it stands between what is new."""
    distinct = Distinct()
    distinct.numbers(said(20), "messages")
    copied: list[Any] = []

    def copies(values: list[Any]) -> list[Any]:
        copied.extend(values)
        return copy.deepcopy(values)

    asked = [*said(20), {"role": "user", "content": "new"}]
    asked[4] = {"role": "user", "content": "changed"}
    assert distinct.own(asked, "messages", copies) == asked
    assert copied == [asked[4], asked[20]]
