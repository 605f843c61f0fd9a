"""What type checkers know of the public names. mypy and pyright check what is asserted; run, it has to hold as well."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import assert_type

import agentreplay
from agentreplay import Fault, MatchStrategy, Mode, RecordedRequest, Session, tool


@pytest.fixture
def recorded() -> agentreplay.Cassette:
    """A recording of two calls, one below the other."""
    recorder = agentreplay.CassetteRecorder("types")
    recorder.record_llm_call("chat.completions.create", {"model": "m"}, {"choices": [{"message": {"content": "Hi."}}]})
    recorder.record_tool_call("search", {"query": "a"}, ["b"])
    return recorder.finalize()


def test_every_public_name_has_a_docstring_or_is_a_plain_value() -> None:
    """Classes and functions say what holds; an editor shows it."""
    plain = {"CASSETTE_SCHEMA_VERSION", "__version__", "RedactionRule", "ToolPolicy"}
    names = set(agentreplay.__all__) - plain
    assert [name for name in names if not inspect.getdoc(getattr(agentreplay, name))] == []
    assert set(agentreplay.__all__) <= set(dir(agentreplay))


def test_errors_and_warnings_have_one_base_each() -> None:
    """`except AgentReplayError` catches all that agentreplay raises; one filter silences all that it warns of."""
    found = [value for name in agentreplay.__all__ if inspect.isclass(value := getattr(agentreplay, name))]
    errors = [cls for cls in found if issubclass(cls, Exception) and not issubclass(cls, Warning)]
    assert all(issubclass(cls, agentreplay.AgentReplayError) for cls in errors)
    assert all(issubclass(cls, agentreplay.AgentReplayWarning) for cls in found if issubclass(cls, Warning))


def test_a_session_is_typed(tmp_path: Path) -> None:
    """As a context manager, as a decorator, and in what it tells."""

    @agentreplay.cassette("types", directory=tmp_path, mode="live")
    def plain(number: int) -> str:
        return str(number)

    @agentreplay.cassette("types", directory=tmp_path, mode=Mode.LIVE)
    async def coroutine(number: int) -> str:
        return str(number)

    as_declared: Callable[[int], str] = plain
    as_declared_too: Callable[[int], Coroutine[Any, Any, str]] = coroutine
    assert as_declared(1) == "1"
    as_declared_too(1).close()
    with agentreplay.cassette("types", directory=tmp_path, mode="live", match=MatchStrategy.SUBSET) as session:
        assert_type(session, Session)
        assert_type(session.mode, Mode)
        assert_type(session.path, Path | None)
        assert_type(session.interactions, list[agentreplay.Interaction])
        assert_type(session.trajectory, agentreplay.Trajectory)
        assert_type(session.report(), agentreplay.SessionReport)
        assert_type(session.drift, agentreplay.DriftReport)


def test_recordings_are_typed(recorded: agentreplay.Cassette, tmp_path: Path) -> None:
    """Models, engine, files and edits."""
    assert_type(recorded.meta, agentreplay.CassetteMeta)
    (first, _) = recorded.interactions
    assert_type(first.request, agentreplay.RecordedRequest)
    assert_type(first.response, agentreplay.RecordedResponse)
    assert_type(first.response.events, list[agentreplay.StreamEvent] | None)
    assert_type(first.response.error, agentreplay.RecordedError | None)
    assert_type(recorded.save(tmp_path / "one.json"), Path)
    assert_type(agentreplay.Cassette.load(tmp_path / "one.json"), agentreplay.Cassette)
    assert_type(agentreplay.edited(recorded, 0, text="Bye."), agentreplay.Cassette)
    assert_type(agentreplay.with_answer_text(first.response, "Bye."), agentreplay.RecordedResponse)
    engine = agentreplay.ReplayEngine(recorded, agentreplay.Matcher(ignore="metadata"), block_unmatched=False)
    assert_type(engine.match(first.request), agentreplay.RecordedResponse | None)


def test_a_miss_is_typed(recorded: agentreplay.Cassette) -> None:
    """What the message is built of stands on the exception."""
    with pytest.raises(agentreplay.CassetteMismatchError) as caught:
        agentreplay.ReplayEngine(recorded).match(RecordedRequest(kind="llm", method="chat.completions.create"))
    miss = caught.value
    assert_type(miss.nearest, agentreplay.Nearest | None)
    assert_type(miss.reason, agentreplay.MissReason)
    for difference in miss.differences:
        assert_type(difference, agentreplay.Difference)
        assert_type(difference.change, agentreplay.Change)


def test_experiments_and_settings_are_typed() -> None:
    """Faults, settings, redaction, and the state of recording an app."""
    faults: list[Fault] = [Fault.rate_limit(at=2), Fault.timeout(), Fault.cut_stream(after_events=5), Fault.slow(ms=1)]
    assert len(faults) == 4
    assert_type(agentreplay.settings(), agentreplay.Settings)
    assert_type(agentreplay.status(), agentreplay.RecordingStatus)
    rule: agentreplay.RedactionRule = r"customer-\d+"
    assert isinstance(agentreplay.Redactor(extra=[rule]), agentreplay.Redactor)
    limits = agentreplay.DriftLimits(text_similarity=0.5)
    assert_type(agentreplay.DriftReport(limits=limits).entries, tuple[agentreplay.DriftEntry, ...])


def test_a_tool_keeps_its_signature() -> None:
    """What decorates a function does not change its type."""

    @tool
    def search(query: str, limit: int = 1) -> list[str]:
        return [query] * limit

    assert_type(search("a"), list[str])
