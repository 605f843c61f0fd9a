"""What a session does with a call of a tool: replay it, run it and compare, refuse it."""

from __future__ import annotations

import re
import socket
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay import NetworkBlockedError, ToolDriftWarning, ToolForbiddenError, tool
from tests.tools.ways import Twice, as_tool, raised

answers: list[Any] = []
"""What the real world gives, one after the other."""


@pytest.fixture(autouse=True)
def _the_world_is_new() -> None:
    answers[:] = range(10)


def world(question: str) -> Any:
    return [question, answers.pop(0)]


@tool(policy="live")
def ask_world(question: str) -> Any:
    return world(question)


@tool(policy="live")
def stream_world() -> Iterator[Any]:
    yield "first"
    yield world("next")


@tool(policy="live")
async def ask_world_async(question: str) -> Any:
    return world(question)


@tool(policy="forbid")
def delete(name: str) -> str:
    return f"deleted {name}"


@tool(policy="forbid")
async def delete_async(name: str) -> str:
    return f"deleted {name}"


def test_a_live_tool_runs_in_replay_as_well(twice: Twice) -> None:
    """What it gives now is what the program gets; that it is as recorded is said too."""
    twice.record(lambda: ask_world("a"))
    answers.insert(0, 0)
    assert twice.replay(lambda: ask_world("a")) == ["a", 0]
    assert not twice.session.drift.drifted
    assert len(twice.session.drift.entries) == 1
    report = twice.session.report()
    assert (report.live, report.replayed, report.unused) == (1, 0, 0)


@pytest.mark.parametrize(
    "call",
    [lambda: ask_world("a"), lambda: list(stream_world()), lambda: ask_world_async("a")],
    ids=["", "items", "async"],
)
def test_a_difference_is_warned_of_and_reported(twice: Twice, call: Callable[[], Any]) -> None:
    """The warning names the session, the tool, both results, and what to do; `session.drift` has the entry."""
    twice.record(call)
    with pytest.warns(ToolDriftWarning) as caught:
        twice.replay(call)
    (warning,) = caught
    text = str(warning.message)
    assert "cassette('case')" in text
    assert re.search(r"result: was .*0\S*; is .*1", text)
    assert "record again" in text
    assert twice.session.drift.drifted
    assert [finding.aspect.value for finding in twice.session.drift.entries[0].findings] == ["result"]


def test_a_live_tool_that_fails_now_differs(twice: Twice) -> None:
    """The program gets the real failure."""
    twice.record(lambda: ask_world("a"))
    answers.clear()
    with pytest.warns(ToolDriftWarning, match="was an answer, is IndexError"):
        assert isinstance(twice.replay(lambda: raised(lambda: ask_world("a"))), IndexError)


def test_a_live_call_that_was_not_recorded_is_a_difference_too(twice: Twice) -> None:
    """There is nothing to compare it with; it runs all the same."""
    twice.record(lambda: ask_world("a"))
    with pytest.warns(ToolDriftWarning, match="not in the recording"):
        twice.replay(lambda: ask_world("b"), allow_unused=True)


def test_a_warning_that_is_an_error_leaves_the_session_whole(twice: Twice) -> None:
    """A test run that makes errors of warnings fails there, and only there."""
    twice.record(lambda: ask_world("a"))

    def program() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ToolDriftWarning)
            with pytest.raises(ToolDriftWarning):
                ask_world("a")

    twice.replay(program)
    assert twice.session.report().live == 1


def test_what_a_live_tool_asks_is_answered_from_the_recording(twice: Twice) -> None:
    """It runs for real itself; the calls inside it replay as any others."""
    inner = tool(world, name="inner")
    outer = as_tool(lambda: inner("x"), "outer", policy="live")
    live, replayed = twice.both(outer)
    assert live == replayed == ["x", 0]
    report = twice.session.report()
    assert (report.live, report.replayed, report.unused) == (1, 1, 0)


def test_a_live_tool_of_a_replaying_session_opens_no_connection(twice: Twice) -> None:
    """The session's rule for the network holds for it too: `allowed_hosts` lets its own through."""

    @tool(policy="live")
    def look_up() -> Any:
        return answers.pop(0) or socket.getaddrinfo("example.org", 80)

    answers[:] = ["recorded", None, None]
    twice.record(look_up)
    assert isinstance(raised(lambda: twice.replay(look_up)), NetworkBlockedError)
    # What refuses it now is this test run, which stays on loopback, and no more the session.
    refused = raised(lambda: twice.replay(look_up, allowed_hosts=["example.org"]))
    assert not isinstance(refused, NetworkBlockedError)


def test_extending_keeps_the_recording_of_a_live_tool(twice: Twice) -> None:
    """It is compared with; a call that is new is recorded."""
    twice.record(lambda: ask_world("a"))
    with pytest.warns(ToolDriftWarning):
        twice.run("extend", lambda: ask_world("a"))
    twice.run("extend", lambda: ask_world("b"))
    shown = [(item.request.body["question"], item.response.body) for item in twice.cassette.interactions]
    assert shown == [("a", ["a", 0]), ("b", ["b", 2])]


def test_verifying_compares_every_tool(twice: Twice) -> None:
    """By its whole result: it is data for the program, not words."""
    asked = tool(world, name="world")
    twice.record(lambda: asked("a"))
    twice.run("verify", lambda: asked("a"))
    assert "[0] world, drifted" in str(twice.session.drift)
    answers.insert(0, 0)
    twice.run("verify", lambda: asked("a"))
    assert not twice.session.drift.drifted


@pytest.mark.parametrize("mode", ["record", "replay", "extend", "live", "verify"])
def test_a_forbidden_tool_is_an_error_in_every_mode(twice: Twice, mode: str) -> None:
    """It names the tool and the session, and the function does not run."""
    given = as_tool(lambda: 1, "given")
    twice.record(given)

    def program() -> None:
        given()
        with pytest.raises(ToolForbiddenError, match="'delete' was called in cassette.'case'.*policy='forbid'"):
            delete("all")

    twice.run(mode, program)

    async def program_async() -> None:
        given()
        with pytest.raises(ToolForbiddenError):
            await delete_async("all")

    twice.run(mode, program_async)


def test_outside_of_sessions_policies_say_nothing() -> None:
    """There the tool is its function."""
    assert delete("all") == "deleted all"
    assert ask_world("a") == ["a", 0]


def test_in_mode_live_tools_run_and_are_counted(twice: Twice) -> None:
    """Nothing is kept."""
    asked = tool(world, name="world")
    assert twice.run("live", lambda: asked("a")) == ["a", 0]
    assert twice.session.report().live == 1
    assert not list(twice.directory.iterdir())


def test_the_mode_of_the_environment_does_not_stop_tools_outside_of_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """AGENTREPLAY_MODE=replay refuses calls of providers; a function of the program may be tested by itself."""
    monkeypatch.setenv("AGENTREPLAY_MODE", "replay")
    assert ask_world("a") == ["a", 0]


def test_a_tool_that_is_called_too_often_is_a_miss(twice: Twice, tmp_path: Path) -> None:
    """As for a model; `allow_repeats` answers again."""
    asked = tool(world, name="world")
    twice.record(lambda: asked("a"))
    with pytest.raises(agentreplay.CassetteMismatchError, match="One call too many"):
        twice.replay(lambda: (asked("a"), asked("a")))
    assert twice.replay(lambda: (asked("a"), asked("a")), allow_repeats=True) == (["a", 0], ["a", 0])
