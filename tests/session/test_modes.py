"""What a session does in each mode, and what it leaves on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from openai import OpenAI

import agentreplay
from agentreplay import CassetteMismatchError, CassetteNotFoundError, Mode, SessionError
from demo.provider import Provider

Ask = Callable[..., str]


@pytest.fixture
def ask(openai_client: OpenAI) -> Ask:
    """A call with the given words; gives the answer's words."""

    def ask(text: str = "Hello") -> str:
        answer = openai_client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
        )
        return str(answer.choices[0].message.content)

    return ask


def files(folder: Path) -> dict[str, bytes]:
    """All files under `folder` by relative path, with their bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_auto_records_once_and_replays_from_then_on(tmp_path: Path, provider: Provider, ask: Ask) -> None:
    """The first block is live and makes one file; the second is answered from it and changes no byte."""
    with agentreplay.cassette("auto", directory=tmp_path) as session:
        assert session.mode is Mode.RECORD
        first = ask()
    kept = files(tmp_path)
    assert list(kept) == [f"auto/{session.cassette.short_hash()}.json"]
    assert session.path == tmp_path / "auto" / f"{session.cassette.short_hash()}.json"
    with provider.stopped(), agentreplay.cassette("auto", directory=tmp_path) as session:
        assert session.mode is Mode.REPLAY
        assert ask() == first
    assert len(session.interactions) == 1
    assert files(tmp_path) == kept


def test_in_ci_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider) -> None:
    """Where the environment says CI a missing cassette is an error that says how to make it, and nothing is sent."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(CassetteNotFoundError, match="AGENTREPLAY_MODE=record"):
        agentreplay.cassette("none", directory=tmp_path).start()
    assert provider.count == 0
    assert files(tmp_path) == {}


@pytest.mark.parametrize(("code", "pinned"), [("replay", True), ("none", True), ("auto", False), (None, False)])
@pytest.mark.parametrize("variable", ["replay", None])
def test_an_error_offers_the_variable_only_where_it_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask, code: str | None, pinned: bool, variable: str | None
) -> None:
    """Where the code says `replay`, no variable makes the session record, and the code is what has to change."""
    monkeypatch.setenv("CI", "true")
    if variable is not None:
        monkeypatch.setenv("AGENTREPLAY_MODE", variable)
    session = agentreplay.cassette("hello", directory=tmp_path, mode=code)
    with pytest.raises(CassetteNotFoundError) as absent:
        session.start()
    assert absent.value.pinned is pinned
    assert ("AGENTREPLAY_MODE=record" in str(absent.value)) is not pinned
    monkeypatch.setenv("AGENTREPLAY_MODE", "record")
    if pinned:
        with pytest.raises(CassetteNotFoundError):
            session.start()
    else:
        with session:
            ask("Hello")
    with agentreplay.cassette("hello", directory=tmp_path, mode="record"):
        ask("Hello")
    monkeypatch.delenv("AGENTREPLAY_MODE")
    with pytest.raises(CassetteMismatchError) as miss, session:
        ask("Goodbye")
    assert miss.value.pinned is pinned
    assert ("the code says mode='replay'" in str(miss.value)) is pinned


def test_record_replaces_the_old_cassette_when_the_block_has_ended_well(tmp_path: Path, ask: Ask) -> None:
    """A second recording leaves one file, the new one; the old one stays while the block runs."""
    with agentreplay.cassette("again", directory=tmp_path, mode="record"):
        ask("first")
    old = files(tmp_path)
    with agentreplay.cassette("again", directory=tmp_path, mode="record") as session:
        ask("second")
        assert files(tmp_path) == old
    assert len(files(tmp_path)) == 1
    assert files(tmp_path) != old
    assert session.interactions[0].request.body["messages"][0]["content"] == "second"


@pytest.mark.parametrize("mode", ["record", "extend"])
def test_a_block_that_fails_leaves_the_old_cassette(tmp_path: Path, mode: str, ask: Ask) -> None:
    """An exception that leaves the block keeps every byte of what was there."""
    with agentreplay.cassette("fails", directory=tmp_path, mode="record"):
        ask("first")
    old = files(tmp_path)

    def fail() -> None:
        with agentreplay.cassette("fails", directory=tmp_path, mode=mode):
            ask("second")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert files(tmp_path) == old


def test_a_recording_without_a_call_writes_nothing_and_warns(tmp_path: Path) -> None:
    """Nothing is taken for a recording that is none."""
    with (
        pytest.warns(agentreplay.EmptyRecordingWarning, match="nothing was written"),
        agentreplay.cassette("empty", directory=tmp_path, mode="record"),
    ):
        pass
    assert files(tmp_path) == {}


def test_extend_replays_what_is_known_and_records_the_rest(tmp_path: Path, provider: Provider, ask: Ask) -> None:
    """Known calls are not sent again; new ones come after them in the file."""
    with agentreplay.cassette("grows", directory=tmp_path, mode="record"):
        known = ask("known")
    sent = provider.count
    with agentreplay.cassette("grows", directory=tmp_path, mode="extend") as session:
        assert ask("known") == known
        ask("new")
    assert provider.count == sent + 1
    asked = [item.request.body["messages"][0]["content"] for item in session.cassette.interactions]
    assert asked == ["known", "new"]
    assert (session.report().replayed, session.report().recorded) == (1, 1)
    assert len(files(tmp_path)) == 1


def test_extend_with_prune_drops_what_was_not_asked_for(tmp_path: Path, ask: Ask) -> None:
    """What still matches stays, what is new is added, what was not used goes, in one run."""
    with agentreplay.cassette("pruned", directory=tmp_path, mode="record"):
        ask("stays")
        ask("goes")
    with agentreplay.cassette("pruned", directory=tmp_path, mode="extend", prune=True) as session:
        ask("stays")
        ask("comes")
    asked = [item.request.body["messages"][0]["content"] for item in session.cassette.interactions]
    assert asked == ["stays", "comes"]


def test_extend_that_meets_nothing_new_changes_no_byte(tmp_path: Path, ask: Ask) -> None:
    """A file is not written again for nothing."""
    with agentreplay.cassette("same", directory=tmp_path, mode="record"):
        ask()
    old = files(tmp_path)
    with agentreplay.cassette("same", directory=tmp_path, mode="extend"):
        ask()
    assert files(tmp_path) == old


def test_live_goes_through_and_keeps_nothing(tmp_path: Path, provider: Provider, ask: Ask) -> None:
    """In mode `live` the call is counted, and that is all."""
    with agentreplay.cassette("live", directory=tmp_path, mode="live") as session:
        ask()
    assert provider.count == 1
    assert session.report().live == 1
    assert files(tmp_path) == {}


def test_verify_compares_and_leaves_the_file(tmp_path: Path, provider: Provider, ask: Ask) -> None:
    """Every call goes live; the report holds each answer against the recorded one; no byte changes."""
    with agentreplay.cassette("checked", directory=tmp_path, mode="record"):
        ask()
    old = files(tmp_path)
    sent = provider.count
    with agentreplay.cassette("checked", directory=tmp_path, mode="verify") as session:
        ask()
        ask("new")
    assert provider.count == sent + 2
    assert [entry.drifted for entry in session.drift.entries] == [False, True]
    assert files(tmp_path) == old


@pytest.mark.parametrize(("name", "mode"), [("none", Mode.REPLAY), ("all", Mode.RECORD), ("new_episodes", Mode.EXTEND)])
def test_the_names_of_vcr_are_understood(tmp_path: Path, name: str, mode: Mode, ask: Ask) -> None:
    """VCR's record modes mean what they meant."""
    with agentreplay.cassette("vcr", directory=tmp_path, mode="once"):
        ask()
    with agentreplay.cassette("vcr", directory=tmp_path, mode=name) as session:
        ask()
    assert session.mode is mode


def test_the_environment_makes_a_run_safer_never_less_safe(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider: Provider,
    ask: Ask,
) -> None:
    """`AGENTREPLAY_MODE=replay` cannot be turned live by code."""
    with agentreplay.cassette("safe", directory=tmp_path, mode="record"):
        ask()
    monkeypatch.setenv("AGENTREPLAY_MODE", "replay")
    with provider.stopped(), agentreplay.cassette("safe", directory=tmp_path, mode="record") as session:
        ask()
    assert session.mode is Mode.REPLAY


def test_a_miss_reaches_the_caller_unwrapped_and_at_once(tmp_path: Path, provider: Provider, ask: Ask) -> None:
    """No SDK wraps or retries it."""
    with agentreplay.cassette("miss", directory=tmp_path):
        ask()
    sent = provider.count
    with agentreplay.cassette("miss", directory=tmp_path, allow_unused=True) as session:
        with pytest.raises(CassetteMismatchError) as miss:
            ask("Other")
        assert type(miss.value) is CassetteMismatchError
        assert miss.value.__cause__ is None
        assert session.report().missed == 1
    assert provider.count == sent


def test_a_decorated_function_has_a_session_of_its_own_in_each_call(
    tmp_path: Path, provider: Provider, ask: Ask
) -> None:
    """The first call records, the second replays; functions and coroutine functions alike."""

    @agentreplay.cassette("decorated", directory=tmp_path)
    def plain() -> str:
        return str(ask("plain"))

    @agentreplay.cassette("decorated-async", directory=tmp_path)
    async def coroutine() -> str:
        await asyncio.sleep(0)
        return str(ask("coroutine"))

    first = plain(), asyncio.run(coroutine())
    with provider.stopped():
        assert (plain(), asyncio.run(coroutine())) == first


def test_start_and_stop_bound_a_session_without_a_block(tmp_path: Path, provider: Provider, ask: Ask) -> None:
    """As in a notebook: nothing is checked for use at the end."""
    session = agentreplay.cassette("cells", directory=tmp_path).start()
    first = ask("one")
    ask("two")
    session.stop()
    with provider.stopped():
        session = agentreplay.cassette("cells", directory=tmp_path).start()
        assert ask("one") == first
        session.stop()


def test_the_inner_of_two_sessions_wins(tmp_path: Path, ask: Ask) -> None:
    """A call belongs to the innermost block, and to the outer one again after that."""
    with agentreplay.cassette("outer", directory=tmp_path) as outer:
        ask("outer before")
        with agentreplay.cassette("inner", directory=tmp_path) as inner:
            ask("inner")
        ask("outer after")
    words = [[item.request.body["messages"][0]["content"] for item in s.interactions] for s in (outer, inner)]
    assert words == [["outer before", "outer after"], ["inner"]]


def test_a_session_that_is_open_is_not_entered_again(tmp_path: Path) -> None:
    """Entering twice, and leaving what is not open, are errors of their own."""
    session = agentreplay.cassette("twice", directory=tmp_path, mode="live")
    with session, pytest.raises(SessionError, match="open already"):
        session.start()
    with pytest.raises(SessionError, match="not open"):
        session.stop()


async def _async_block(folder: Path) -> str:
    async with agentreplay.cassette("async", directory=folder, mode="live") as session:
        return session.name


def test_a_session_is_an_async_context_manager(tmp_path: Path) -> None:
    """`async with` opens and closes it as `with` does."""
    assert asyncio.run(_async_block(tmp_path)) == "async"
