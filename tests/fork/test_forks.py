"""Runs that replay up to a point and go live from there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay import (
    Cassette,
    CassetteMismatchError,
    CassetteNotFoundError,
    ConfigurationError,
    ForkNotReachedWarning,
    Session,
)
from demo.provider import Provider
from tests.session.calls import ask, said


@pytest.fixture
def session(tmp_path: Path) -> Callable[..., Session]:
    """Makes sessions of the recording `plan`."""

    def make(name: Any = "plan", **more: Any) -> Session:
        return agentreplay.cassette(name, directory=tmp_path, **more)

    return make


@pytest.fixture
def recorded(provider: Provider, session: Callable[..., Session]) -> list[str]:
    """Three recorded answers."""
    with session(mode="record"):
        return [ask(provider, text) for text in ("one", "two", "three")]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def test_a_fork_is_the_same_up_to_its_point_and_live_from_there(
    provider: Provider, session: Callable[..., Session], recorded: list[str], tmp_path: Path
) -> None:
    """What was replayed and what went live are one new recording, which replays; the parent stays as it was."""
    before = files(tmp_path)
    asked = len(provider.requests)
    with session(replay_until=2) as fork:
        answers = [ask(provider, text) for text in ("one", "two", "something else", "one")]
    assert answers[:2] == recorded[:2]
    assert len(provider.requests) == asked + 2
    assert answers[3] != recorded[0]
    assert (fork.report().replayed, fork.report().recorded) == (2, 2)
    assert fork.path is not None
    assert fork.path.parent.name == "plan-fork"
    after = files(tmp_path)
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1

    with session("plan-fork", mode="replay") as replayed:
        assert [ask(provider, text) for text in ("one", "two", "something else", "one")] == answers
    assert len(provider.requests) == asked + 2
    assert [item.sequence for item in replayed.interactions] == [0, 1, 2, 3]
    with session(mode="replay"):
        assert [ask(provider, text) for text in ("one", "two", "three")] == recorded


def test_a_fork_names_its_parent(
    provider: Provider, session: Callable[..., Session], recorded: list[str], tmp_path: Path
) -> None:
    """Its file says which recording it was made of, and how far that was replayed."""
    (parent,) = (Cassette.load(path) for path in tmp_path.rglob("*.json"))
    with session(replay_until=1, fork="another way") as fork:
        ask(provider, "one")
        ask(provider, "elsewhere")
    assert fork.path is not None
    meta = Cassette.load(fork.path).meta
    assert meta.test_id == "another way"
    assert meta.parent is not None
    assert (meta.parent.test_id, meta.parent.content_hash, meta.parent.replayed) == (
        "plan",
        parent.meta.content_hash,
        1,
    )
    assert "parent" not in (tmp_path / "plan" / f"{parent.short_hash()}.json").read_text("utf-8")


def test_after_the_point_nothing_is_answered_from_the_recording(
    provider: Provider, session: Callable[..., Session], recorded: list[str]
) -> None:
    """Also what stands in the recording goes live there, in `replay_until=0` everything."""
    with session(replay_until=0) as fork:
        assert ask(provider, "two") != recorded[1]
    assert fork.report().recorded == 1


def test_the_point_can_be_the_first_request_of_its_kind(
    provider: Provider, session: Callable[..., Session], recorded: list[str]
) -> None:
    """A function of the request says where; what comes after it is live, whatever it would say of that."""
    seen: list[str] = []

    def is_second(request: agentreplay.RecordedRequest) -> bool:
        seen.append(request.body["messages"][0]["content"])
        return seen[-1] == "two"

    with session(replay_until=is_second) as fork:
        answers = [ask(provider, text) for text in ("one", "two", "three")]
    assert answers[0] == recorded[0]
    assert answers[1] != recorded[1]
    assert answers[2] != recorded[2]
    assert seen == ["one", "two"]
    assert fork.report().recorded == 2


def test_before_the_point_nothing_goes_live(
    provider: Provider, session: Callable[..., Session], recorded: list[str]
) -> None:
    """A call that the recording does not know is a miss there, as in replay."""
    asked = len(provider.requests)
    with pytest.raises(CassetteMismatchError), session(replay_until=2):
        ask(provider, "never asked")
    assert len(provider.requests) == asked


@pytest.mark.parametrize("how", ["mode", "environment", "ci"])
def test_where_nothing_may_go_live_the_fork_itself_is_replayed(
    provider: Provider,
    session: Callable[..., Session],
    recorded: list[str],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same program runs offline once its fork is recorded; without one it says what is missing."""
    program = {"replay_until": 1, "fork": "another"}
    offline: dict[str, Any] = {"mode": "replay"} if how == "mode" else {}

    def go_offline() -> None:
        if how != "mode":
            monkeypatch.setenv(*{"environment": ("AGENTREPLAY_MODE", "replay"), "ci": ("CI", "true")}[how])

    with monkeypatch.context():
        go_offline()
        with pytest.raises(CassetteNotFoundError, match="another"):
            session(**program, **offline).start()
    monkeypatch.undo()
    with session(**program):
        answers = [ask(provider, "one"), ask(provider, "new")]
    asked = len(provider.requests)
    go_offline()
    with session(**program, **offline) as replayed:
        assert [ask(provider, "one"), ask(provider, "new")] == answers
    assert len(provider.requests) == asked
    assert said(replayed) == ["one", "new"]


def test_a_fork_is_made_anew_each_time(
    provider: Provider, session: Callable[..., Session], recorded: list[str], tmp_path: Path
) -> None:
    """The second try takes the place of the first, since it is for trying things out."""
    for text in ("this", "that"):
        with session(replay_until=1):
            ask(provider, "one")
            ask(provider, text)
    (left,) = (tmp_path / "plan-fork").glob("*.json")
    assert [item.request.body["messages"][0]["content"] for item in Cassette.load(left).interactions] == ["one", "that"]


def test_a_failed_block_writes_no_fork(
    provider: Provider, session: Callable[..., Session], recorded: list[str], tmp_path: Path
) -> None:
    """As with every recording, the block has to end well."""

    def fail() -> None:
        with session(replay_until=0):
            ask(provider, "new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not (tmp_path / "plan-fork").exists()


def test_a_run_that_ends_before_the_point_says_so(
    provider: Provider, session: Callable[..., Session], recorded: list[str], tmp_path: Path
) -> None:
    """Nothing went live, so there is no fork to write."""
    told = pytest.warns(ForkNotReachedWarning, match="after 1 replayed calls.*'plan-fork' was not written")
    with told, session(replay_until=2):
        ask(provider, "one")
    assert not (tmp_path / "plan-fork").exists()


def test_a_fork_needs_a_parent(session: Callable[..., Session]) -> None:
    """Without a recording there is nothing to replay up to a point."""
    with pytest.raises(CassetteNotFoundError, match="replay_until needs a recording"):
        session("nothing", replay_until=2).start()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"replay_until": -1}, "replay_until=-1"),
        ({"replay_until": True}, "replay_until=True"),
        ({"replay_until": "two"}, "replay_until='two'"),
        ({"fork": "other"}, "it belongs to replay_until"),
        ({"fork": "", "replay_until": 1}, "fork=''"),
        ({"fork": "plan", "replay_until": 1}, "the recording itself has this name"),
        ({"mode": "verify", "replay_until": 1}, "replay_until=1"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    session: Callable[..., Session], arguments: dict[str, Any], words: str
) -> None:
    """The error names the argument and the reason."""
    with pytest.raises(ConfigurationError, match=words):
        session(**arguments).start()


def test_a_frozen_recording_is_forked_frozen(
    provider: Provider, session: Callable[..., Session], tmp_path: Path
) -> None:
    """The fork starts from the ids of its parent, and is replayed from them."""
    import uuid

    def run(**more: Any) -> list[str]:
        with session(freeze="uuid", **more):
            return [ask(provider, f"{number} {uuid.uuid4()}") for number in range(3)]

    run(mode="record")
    forked = run(replay_until=2)
    assert run(replay_until=2, mode="replay") == forked


def test_a_fork_of_a_cassette_in_memory(
    provider: Provider, session: Callable[..., Session], recorded: list[str], tmp_path: Path
) -> None:
    """It works as with a file, and leaves the object as it was."""
    (path,) = tmp_path.rglob("*.json")
    cassette = Cassette.load(path)
    before = cassette.to_json()
    with session(cassette, replay_until=1, fork="from memory") as fork:
        assert ask(provider, "one") == recorded[0]
        ask(provider, "new")
    assert cassette.to_json() == before
    assert fork.path is not None
    parent = Cassette.load(fork.path).meta.parent
    assert parent is not None
    assert parent.test_id == "plan"
