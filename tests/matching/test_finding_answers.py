"""Which interaction answers a request: by content, by what is in it, or by position, each once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentreplay import Cassette, CassetteMismatchError, ConfigurationError, MatchStrategy, ReplayEngine, cassette
from agentreplay._cassette import Interaction
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.strategy import Matchable

from .payloads import EMBEDDINGS, chat, recorded, request, trip


def _answers(index: InteractionIndex, *bodies: dict[str, Any]) -> list[Any]:
    found = [index.take(request(body)) for body in bodies]
    return [item.response.body if item else None for item in found]


def _cassette(*bodies: dict[str, Any]) -> list[Interaction]:
    return [recorded(body, answer=number) for number, body in enumerate(bodies)]


def test_equal_requests_are_answered_in_recorded_order() -> None:
    """Content decides first; among equal requests each recording answers once, the first one first."""
    index = InteractionIndex(_cassette(chat("a"), chat("b"), chat("a"), chat("a")))
    assert _answers(index, chat("a"), chat("a"), chat("b"), chat("a"), chat("a")) == [0, 2, 1, 3, None]
    assert index.used == [0, 2, 1, 3]
    assert index.all_used


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [{"content": "Hi", "role": "user"}], "model": "gpt-4o-mini", "temperature": 0.0, "n": 1.0},
        {"n": 1, "temperature": -0.0, "model": "gpt-4o-mini", "messages": ({"role": "user", "content": "Hi"},)},
    ],
)
def test_equal_in_meaning_is_equal(other: dict[str, Any]) -> None:
    """The order of keys, `1` or `1.0`, a tuple or a list make no difference."""
    assert _answers(InteractionIndex(_cassette(chat("Hi", temperature=0, n=1))), other) == [0]


@pytest.mark.parametrize("change", [{"n": "1"}, {"n": True}, {"n": None}, {"n": 1.5}, {"n": [1]}, {"model": "x"}])
def test_different_in_meaning_is_different(change: dict[str, Any]) -> None:
    """A text is no number, a truth value is none, and null is not the same as nothing."""
    assert _answers(InteractionIndex(_cassette(chat("Hi", n=1))), {**chat("Hi", n=1), **change}) == [None]


def test_kind_method_path_and_query_count() -> None:
    """Equal bodies of different operations are different requests."""
    index = InteractionIndex([recorded({}, "files.retrieve", path="/files/a", query={"x": 1})])
    assert index.take(request({}, "files.retrieve", path="/files/b", query={"x": 1})) is None
    assert index.take(request({}, "files.retrieve", path="/files/a")) is None
    assert index.take(request({}, "files.delete", path="/files/a", query={"x": 1})) is None
    assert index.take(request({}, "files.retrieve", path="/files/a", query={"x": 1})) is not None


def test_repeats_are_answered_by_the_last_recording_if_allowed() -> None:
    """With `allow_repeats` a request whose recordings are used up gets the last answer again, as often as it asks."""
    index = InteractionIndex(_cassette(chat("a"), chat("a"), chat("b")), allow_repeats=True)
    assert _answers(index, *[chat("a")] * 4, chat("c")) == [0, 1, 1, 1, None]
    assert index.used == [0, 1]
    assert [item.response.body for item in index.unused()] == [2]


def test_repeats_contradict_a_sequence() -> None:
    """Where every call has its place, none can be repeated; asking for both is an error."""
    with pytest.raises(ConfigurationError, match=r"allow_repeats=True: contradicts match='sequence'"):
        InteractionIndex([], "sequence", allow_repeats=True)
    with pytest.raises(ConfigurationError, match=r"allow_repeats=True: contradicts match='sequence'"):
        cassette("never opened", match="sequence", allow_repeats=True)


def test_subset_lets_a_request_hold_more_than_was_recorded() -> None:
    """The recorded members must be there with equal values, deep down too; further members are let pass."""
    index = InteractionIndex(
        _cassette({"messages": [{"role": "user"}], "options": {"a": 1}}, {"messages": [{"role": "user"}]}), "subset"
    )
    asked = {"messages": [{"role": "user", "content": "Hi"}], "options": {"a": 1.0, "b": 2}, "n": 1}
    assert _answers(index, asked, asked, asked) == [0, 1, None]


@pytest.mark.parametrize(
    "asked",
    [
        {"options": {"a": 2}, "list": [{"x": 1}]},
        {"options": {"a": True}, "list": [{"x": 1}]},
        {"options": {}, "list": [{"x": 1}]},
        {"options": {"a": 1}, "list": [{"x": 1}, {}]},
        {"options": {"a": 1}, "list": []},
        {"options": [["a", 1]], "list": [{"x": 1}]},
    ],
)
def test_subset_wants_every_recorded_value(asked: dict[str, Any]) -> None:
    """Another value, another type, a missing member or a list of another length is a miss."""
    assert _answers(InteractionIndex(_cassette({"options": {"a": 1}, "list": [{"x": 1}]}), "subset"), asked) == [None]


def test_subset_takes_any_model_where_none_was_recorded() -> None:
    """A recorded model must be the one that is asked; none recorded means any."""
    assert InteractionIndex([recorded({})], "subset").take(request({"model": "x"})) is not None
    assert InteractionIndex([recorded({"model": "y"})], "subset").take(request({"model": "x"})) is None


@pytest.mark.parametrize("match", ["exact", "subset", Matcher(ignore_whitespace=True)])
def test_which_number_a_redacted_secret_bears_does_not_count(match: Matchable) -> None:
    """A secret's placeholder is numbered by what was redacted before it, which may differ from run to run."""
    first, second = (chat(f"My mail is [REDACTED:email:{number}].") for number in (1, 2))
    assert first != second
    assert _answers(InteractionIndex(_cassette(first), match), second) == [0]


def test_a_sequence_goes_by_position() -> None:
    """The next interaction answers whatever is asked, if kind and method are its own."""
    index = InteractionIndex([recorded(chat("a"), answer=0), recorded({}, EMBEDDINGS, answer=1)], "sequence")
    assert index.take(request({}, EMBEDDINGS)) is None
    assert _answers(index, chat("something else")) == [0]
    assert _answers(index, chat("a")) == [None]
    taken = index.take(request({"other": 1}, EMBEDDINGS))
    assert taken is not None
    assert index.all_used


@pytest.mark.parametrize("match", ["exact", "subset", "sequence", Matcher()])
def test_reset_makes_everything_available_again(match: Matchable) -> None:
    """After `reset()` the same calls get the same answers."""
    index = InteractionIndex(_cassette(chat("a"), chat("b"), chat("a")), match)
    calls = [chat("a"), chat("b"), chat("a")]
    assert _answers(index, *calls) == [0, 1, 2]
    assert (index.remaining, index.unused()) == (0, [])
    index.reset()
    assert (index.remaining, index.used) == (3, [])
    assert _answers(index, *calls) == [0, 1, 2]


def test_names_of_strategies_are_taken_in_any_case() -> None:
    """`match="Exact"` is EXACT; what names none is refused with the choices."""
    assert InteractionIndex([], " Subset").match is MatchStrategy.SUBSET
    with pytest.raises(ConfigurationError, match=r"Did you mean 'sequence'.*Choose one of: exact, subset, sequence"):
        InteractionIndex([], "sequnce")


def test_each_interaction_answers_one_of_many_threads() -> None:
    """However many threads ask at once, no interaction answers twice and none is lost."""
    index = InteractionIndex(_cassette(*[chat(f"{number % 5}") for number in range(200)]))
    barrier = threading.Barrier(8)

    def ask(thread: int) -> list[int]:
        barrier.wait(10)
        found = [index.take(request(chat(f"{number % 5}"))) for number in range(thread, 200, 8)]
        return [item.response.body for item in found if item]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for part in pool.map(ask, range(8)) for answer in part]
    assert sorted(answers) == list(range(200))
    assert index.all_used


def test_keys_are_alike_in_every_process() -> None:
    """A key depends on the request and the matcher alone, not on the hash seed of the process."""
    program = (
        "from tests.matching.payloads import *\nfrom agentreplay._matching.matcher import Matcher\n"
        "from agentreplay._matching.index import InteractionIndex\n"
        "matcher = Matcher(volatile=['uuids', 'tool_call_ids'], ignore=['..name', 'n'], ignore_tool_order=True)\n"
        "print(InteractionIndex([], matcher).key(request({**trip(5), **tool_turn()})))\n"
    )
    root = Path(__file__).parents[2]
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=root, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(seen) == 1
    assert len(seen.pop().strip()) == 64


class _Counting(Matcher):
    """A matcher that counts how many requests it has made comparable."""

    calls: int = 0

    def __call__(self, asked: Any) -> Any:
        type(self).calls += 1
        return super().__call__(asked)


def test_finding_an_answer_takes_no_longer_in_a_longer_cassette() -> None:
    """Each recorded request is made comparable once, and each call once more; nothing is scanned."""
    _Counting.calls = 0
    index = InteractionIndex(_cassette(*[chat(str(number)) for number in range(100)]), _Counting())
    for number in reversed(range(100)):
        assert _answers(index, chat(str(number))) == [number]
    assert _Counting.calls == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.0, 1.0, 2.5]) | st.text("ab<> ", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "id", "b"]), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(["a", "messages", "input_id"]), JSON, max_size=3)


@given(
    st.lists(BODIES, max_size=6), st.sampled_from(["exact", "subset", "sequence", Matcher(), Matcher(volatile="uuids")])
)
def test_what_was_recorded_replays(bodies: list[dict[str, Any]], match: Matchable) -> None:
    """Asking again for all that was recorded, in order, uses every interaction and misses none."""
    index = InteractionIndex(_cassette(*bodies), match)
    assert None not in _answers(index, *bodies)
    assert index.all_used


@given(st.lists(BODIES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_calls_does_not_matter_to_exact(bodies: list[dict[str, Any]], chance: random.Random) -> None:
    """In any order, each call gets an answer to an equal request."""
    shuffled = chance.sample(bodies, len(bodies))
    index = InteractionIndex(_cassette(*bodies))
    answers: list[int] = _answers(index, *shuffled)
    assert sorted(answers) == list(range(len(bodies)))
    assert [request(bodies[answer]).key() for answer in answers] == [request(body).key() for body in shuffled]


def test_the_engine_raises_the_explained_miss() -> None:
    """`ReplayEngine` matches by the same rules and raises the error with all its fields."""
    engine = ReplayEngine(Cassette(interactions=_cassette(trip(1), trip(2))))
    assert engine.match(request(trip(1))) is not None
    with pytest.raises(CassetteMismatchError) as caught:
        engine.match(request(trip(1)))
    assert caught.value.used == [0]
    assert caught.value.remaining == 1
