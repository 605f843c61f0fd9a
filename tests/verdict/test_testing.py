"""`agentreplay.testing`: assertions that hold in every wire format, and failures that read well."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from unittest.mock import ANY

import pytest

from agentreplay._cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from agentreplay._errors import AgentReplayError, ConfigurationError
from agentreplay.testing import (
    ToolCall,
    TrajectoryError,
    assert_final_text,
    assert_methods,
    assert_models,
    assert_tokens,
    assert_tool_calls,
    trajectory,
)
from tests.verdict.scenes import ANSWER, CITIES, SCENES, scene

EVERY = pytest.mark.parametrize("name", sorted(SCENES))
PARIS, ROME = CITIES


def asked_for(*calls: tuple[str, object]) -> Cassette:
    """A run in which a model asked for these calls."""
    blocks = [
        {"type": "tool_use", "id": f"t{n}", "name": name, "input": given} for n, (name, given) in enumerate(calls)
    ]
    response = RecordedResponse(body={"role": "assistant", "content": blocks})
    return Cassette(interactions=[Interaction(request=RecordedRequest(kind="llm"), response=response)])


@EVERY
def test_a_run_meets_what_is_true_of_it(name: str) -> None:
    """The same assertions hold for the same run in every format."""
    cassette = scene(name)
    method = cassette.interactions[0].request.method
    model = cassette.interactions[0].request.model or ""
    assert_methods(cassette, [method, method])
    assert_models(cassette, [model, model])
    assert_tool_calls(cassette, ["weather", ("weather", ROME)])
    assert_tool_calls(cassette, [ToolCall("weather", PARIS, "call_0"), ToolCall("weather", ROME)])
    assert_tool_calls(cassette, [("weather", {"city": ANY}), ("weather", ANY)])
    assert_final_text(cassette, ANSWER)
    assert_final_text(cassette, contains=["Paris", "Rome"], matches=r"\d+ °C in Rome\.$")
    assert_tokens(cassette, prompt=170, completion=50, total=220, at_most=220)


@EVERY
def test_a_run_fails_what_is_not_true_of_it(name: str) -> None:
    """Every assertion can fail, by an error that is an AssertionError and one of ours."""
    cassette = scene(name)
    method = cassette.interactions[0].request.method
    claims: list[Callable[[], None]] = [
        lambda: assert_methods(cassette, [method]),
        lambda: assert_models(cassette, ["another", "another"]),
        lambda: assert_tool_calls(cassette, []),
        lambda: assert_tool_calls(cassette, [("weather", ROME), ("weather", PARIS)]),
        lambda: assert_tool_calls(cassette, [("weather", PARIS), ToolCall("weather", ROME, "call_7")]),
        lambda: assert_final_text(cassette, ANSWER[:-1]),
        lambda: assert_final_text(cassette, contains=["Paris", "Oslo"]),
        lambda: assert_final_text(cassette, matches=re.compile("^Paris")),
        lambda: assert_tokens(cassette, prompt=171),
        lambda: assert_tokens(cassette, completion=49),
        lambda: assert_tokens(cassette, total=219),
        lambda: assert_tokens(cassette, at_most=219),
    ]
    for fails in claims:
        with pytest.raises(AssertionError) as caught:
            fails()
        assert isinstance(caught.value, TrajectoryError)
        assert isinstance(caught.value, AgentReplayError)


def test_a_failure_shows_what_was_expected_and_what_happened() -> None:
    """Both sides stand under each other, one call a line."""
    with pytest.raises(TrajectoryError) as caught:
        assert_tool_calls(scene("chat"), [("weather", {"city": "Oslo"}), "book"])
    assert str(caught.value).splitlines() == [
        "tool calls of this run:",
        '  expected  weather(city="Oslo")',
        "            book(…)",
        '  actual    weather(city="Paris")',
        '            weather(city="Rome")',
    ]
    assert (caught.value.what, caught.value.actual.splitlines()[1]) == ("tool calls", 'weather(city="Rome")')


def test_a_failure_of_the_text_shows_the_text() -> None:
    """The condition that failed stands beside the whole text."""
    with pytest.raises(TrajectoryError) as caught:
        assert_final_text(scene("messages"), contains="Oslo")
    assert str(caught.value).splitlines() == [
        "the final text of this run:",
        "  expected  contains 'Oslo'",
        f"  actual    {ANSWER}",
    ]


def test_a_failure_comes_whole_out_of_another_process() -> None:
    """A pool's worker or a distributed test run can send it."""
    with pytest.raises(TrajectoryError) as caught:
        assert_methods(scene("chat"), ["x"])
    sent: TrajectoryError = pickle.loads(pickle.dumps(caught.value))
    assert (str(sent), sent.expected, sent.what) == (str(caught.value), "x", "methods")


def test_order_counts_unless_it_is_said_not_to() -> None:
    """`in_any_order` gives each expected call a call of its own, also where a wide one could take a narrow one's."""
    cassette = asked_for(("weather", PARIS), ("weather", ROME), ("book", {}))
    with pytest.raises(TrajectoryError):
        assert_tool_calls(cassette, ["book", "weather", "weather"])
    assert_tool_calls(cassette, ["book", "weather", "weather"], in_any_order=True)
    assert_tool_calls(cassette, ["weather", "book", ("weather", PARIS)], in_any_order=True)
    with pytest.raises(TrajectoryError, match="in any order"):
        assert_tool_calls(cassette, ["weather", ("weather", PARIS), ("weather", PARIS)], in_any_order=True)
    with pytest.raises(TrajectoryError):
        assert_tool_calls(cassette, ["weather", "book"], in_any_order=True)


def test_other_calls_may_be_allowed_between() -> None:
    """With `allow_others` the expected calls are a part of the run, in order; without it they are all of it."""
    cassette = asked_for(("a", {}), ("b", {}), ("a", {"n": 1}), ("c", {}))
    assert_tool_calls(cassette, ["a", "a"], allow_others=True)
    assert_tool_calls(cassette, ["b", ("a", {"n": 1})], allow_others=True)
    assert_tool_calls(cassette, [], allow_others=True)
    assert_tool_calls(cassette, ["c", "b"], allow_others=True, in_any_order=True)
    for expected in (["c", "b"], ["a", "a", "a"], ["d"]):
        with pytest.raises(TrajectoryError, match="others allowed"):
            assert_tool_calls(cassette, expected, allow_others=True)


def test_a_recorded_tool_stands_in_the_methods_by_its_name() -> None:
    """The whole run counts for the methods, its models only for the models."""
    cassette = scene("chat")
    tool = RecordedRequest(kind="tool", method="weather", body=PARIS)
    cassette.interactions.insert(1, Interaction(request=tool, response=RecordedResponse(body="18 °C")))
    assert_methods(cassette, ["chat.completions.create", "weather", "chat.completions.create"])
    assert_models(cassette, ["gpt-5-mini", "gpt-5-mini"])
    assert [run.result for run in trajectory(cassette).tool_runs] == ["18 °C"]


def test_tokens_that_nobody_counted_are_not_zero() -> None:
    """A budget that nothing was measured against fails, and says so."""
    cassette = asked_for(("a", {}))
    with pytest.raises(TrajectoryError, match="no call of this run says how many tokens it took"):
        assert_tokens(cassette, at_most=100)


def test_an_assertion_without_a_claim_is_refused() -> None:
    """An assertion that cannot fail is a mistake of the test."""
    with pytest.raises(ConfigurationError, match="contains="):
        assert_final_text(scene("chat"))
    with pytest.raises(ConfigurationError, match="at_most="):
        assert_tokens(scene("chat"))
