"""The verdict on a session, and the errors that it ends with."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from agentreplay._cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from agentreplay._errors import AgentReplayError
from agentreplay._errors.verdict import NothingInterceptedError, UnusedInteractionsError
from agentreplay._modes import Mode
from agentreplay._report import SessionReport, describe, session_report, unused_error
from tests.verdict.scenes import scene

FILE = Path("cassettes/weather/0123456789ab.json")


def test_a_report_is_one_line_of_what_happened() -> None:
    """Counts that are zero are left out; all of them stand in the object."""
    report = SessionReport(name="weather", mode=Mode.REPLAY, replayed=12, missed=1, unused=2, prompt_tokens=10)
    assert str(report) == "weather (replay): 12 replayed, 1 missed, 2 unused, 10 + 0 tokens"
    assert (report.calls, report.recorded, report.live) == (13, 0, 0)


def test_a_report_of_nothing_says_so() -> None:
    """A session that saw no call is told from one that was not judged."""
    assert str(SessionReport(name="a\nb", mode=Mode.RECORD)) == "a b (record): no call"


def test_tokens_and_incomplete_streams_are_counted_from_the_answers() -> None:
    """An answer without counts adds nothing."""
    interactions = scene("chat, streamed").interactions
    interactions[1].response.incomplete = True
    interactions.append(Interaction(request=RecordedRequest(kind="llm"), response=RecordedResponse()))
    report = session_report("weather", Mode.EXTEND, interactions, replayed=2, recorded=1)
    assert report == SessionReport(
        name="weather", mode=Mode.EXTEND, replayed=2, recorded=1, incomplete=1, prompt_tokens=170, completion_tokens=50
    )


def test_a_report_is_json_too() -> None:
    """What a summary of many sessions reads."""
    report = SessionReport(name="weather", mode=Mode.REPLAY, replayed=1)
    assert SessionReport.model_validate_json(report.model_dump_json()) == report


def test_an_interaction_is_described_by_what_a_person_knows_it_by() -> None:
    """Position, method, model and the user's last words, shortened."""
    first = scene("messages").interactions[0]
    assert describe(first) == '[0] messages.create, claude-haiku-4-5: "How warm is it in Paris and in Rome?"'
    first.request.body["messages"][0]["content"] = "word " * 100
    assert len(describe(first)) < 140
    assert describe(Interaction(request=RecordedRequest(kind="tool"), response=RecordedResponse())) == "[0] tool"


def test_unused_interactions_are_named_with_what_to_do() -> None:
    """The error holds them, names each, the file, and both ways out."""
    second = scene("chat").interactions[1]
    error = unused_error([second], recorded=2, cassette_path=FILE)
    assert isinstance(error, AgentReplayError)
    assert (error.unused, error.recorded, error.cassette_path) == ([second], 2, FILE)
    advice = (
        f"in {FILE}. The program took another way than when it was recorded, or ended early. If that is right, "
        "record again (AGENTREPLAY_MODE=record, or mode='record'); if interactions may stay unused, allow_unused=True."
    )
    assert str(error).splitlines() == [
        "1 of 2 recorded interactions were not asked for:",
        '  [1] chat.completions.create, gpt-5-mini: "How warm is it in Paris and in Rome?"',
        advice,
    ]


def test_of_many_unused_interactions_the_first_are_named() -> None:
    """The text stays readable; the error holds all of them."""
    many = scene("chat").interactions[:1] * 25
    error = unused_error(many, recorded=25, cassette_path=None)
    assert len(error.unused) == 25
    lines = str(error).splitlines()
    assert (len(lines), lines[11]) == (13, "  … and 15 more")


def test_a_block_that_intercepted_nothing_is_told_the_likely_causes() -> None:
    """A green test that tested nothing says why that happens."""
    error = NothingInterceptedError(5, FILE)
    text = str(error)
    assert text.startswith(f"not one call was intercepted in this block, but {FILE} holds 5.")
    for cause in ("another process", "does not wrap", "mocked", "never awaited", "cache", "allow_unused=True"):
        assert cause in text
    assert (error.recorded, error.cassette_path) == (5, FILE)


@pytest.mark.parametrize(
    "error",
    [NothingInterceptedError(5, FILE), unused_error(scene("chat").interactions, recorded=2, cassette_path=FILE)],
)
def test_a_verdict_comes_whole_out_of_another_process(error: AgentReplayError) -> None:
    """Text and fields survive the way."""
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), str(sent), sent.__dict__) == (type(error), str(error), error.__dict__)


def test_a_loaded_cassette_can_be_judged_as_well() -> None:
    """Nothing here needs a session."""
    cassette = Cassette.from_json(scene("responses, streamed").to_json())
    error = unused_error(cassette.interactions, recorded=2, cassette_path=None)
    assert isinstance(error, UnusedInteractionsError)
    assert "in the cassette." in str(error)
