"""Promise: what one replayed call costs does not grow with the cassette."""

from __future__ import annotations

import cProfile
import gc
import pstats
from typing import Any

import pytest

from agentreplay import Cassette, Interaction, MatchStrategy, RecordedRequest, RecordedResponse, ReplayEngine


def request(number: int) -> RecordedRequest:
    """A chat call like any other, told from the others by its words."""
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": f"Question {number}"}]}
    return RecordedRequest(kind="llm", method="chat.completions.create", model="m", body=body)


def steps_of_one_call(size: int) -> int:
    """How many function calls the last of `size` replayed calls takes, when they come in reverse order."""
    cassette = Cassette(
        interactions=[Interaction(request=request(n), response=RecordedResponse(body={"n": n})) for n in range(size)]
    )
    engine = ReplayEngine(cassette, MatchStrategy.EXACT)
    for number in range(size - 1, 0, -1):
        engine.match(request(number))
    answer, steps = counted(engine, request(0))
    assert answer == {"n": 0}
    return steps


def counted(engine: ReplayEngine, asked: RecordedRequest) -> tuple[Any, int]:
    """The answer's body, and how many function calls it took."""
    profile = cProfile.Profile()
    gc.disable()  # else the steps of whatever it finalizes count too
    try:
        profile.enable()
        answer = engine.match(asked)
        profile.disable()
    finally:
        gc.enable()
    assert answer is not None
    return answer.body, int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [100, 2_000])
def test_a_call_takes_as_many_steps_in_a_long_cassette_as_in_a_short_one(size: int) -> None:
    """Counted in function calls, not in time: as many for the last of many as for the last of ten."""
    assert steps_of_one_call(size) == steps_of_one_call(10)


def test_equal_requests_are_not_searched_for_the_next_answer() -> None:
    """The thousandth of a thousand equal requests takes as many steps as the second."""
    same = Cassette(
        interactions=[Interaction(request=request(0), response=RecordedResponse(body=n)) for n in range(1_000)]
    )
    engine = ReplayEngine(same)
    steps: list[int] = []
    for number in range(1_000):
        answer, taken = counted(engine, request(0))
        assert answer == number
        steps.append(taken)
    assert steps[-1] == steps[1]
