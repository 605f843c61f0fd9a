"""One test on its way through setup, call and teardown."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentreplay._active import within
from agentreplay._cassette import Interaction
from agentreplay._outside import Outside
from agentreplay._pytest.errors import NoCallError
from agentreplay._pytest.failures import problem_of
from agentreplay._pytest.place import has_mode, test_id, test_name
from agentreplay._pytest.session import SessionOfTest
from agentreplay._pytest.verdict import Tokens, Verdict, summed
from agentreplay._session import Session


class RunningTest:
    """One run of one test: its session, if it has one, and what came of it.

    `must_call` says that a session without any call is a mistake, `outside` what holds for calls outside every session.
    """

    def __init__(self, item: pytest.Item, *, must_call: bool, outside: Outside | None) -> None:
        self.item = item
        self.session: SessionOfTest | None = None
        self.by_hand: list[Session] = []
        self._must_call = must_call
        self._outside = outside
        self._refused_before = len(outside.refused) if outside else 0
        self._outcomes: dict[str, str] = {}
        self._problem = ""

    def open(self, said: Mapping[str, Any], *, in_code: bool) -> SessionOfTest:
        """Open the test's session; `in_code` tells where its mode is said.

        Raises:
            AgentReplayError: an argument that cannot be meant, or a cassette that cannot be used.
        """
        arguments = dict(said)
        name, redact = arguments.pop("name"), arguments.pop("redact", ())
        session = SessionOfTest(name, arguments, redact=redact)
        session.begin(f"{self.item.path.name}::{test_name(self.item)}", in_code=in_code)
        self.session = session
        return session

    @contextmanager
    def body(self) -> Generator[None, None, None]:
        """The time in which the test's body runs, which is judged if it ends well.

        Raises:
            AgentReplayError: the test made no call, or made some that nobody answered, or not those that are recorded.
        """
        with self._coroutine_in_session():
            yield
        if self._outside and len(self._outside.refused) > self._refused_before:
            # Somebody swallowed it.
            raise self._outside.refused[self._refused_before]
        if self.session is not None:
            self.session.body_ended()
            if self._must_call and not self.session.made_calls and not self.session.may_be_idle:
                raise NoCallError([each.name for each in self.by_hand if each.report().calls])

    @contextmanager
    def _coroutine_in_session(self) -> Generator[None, None, None]:
        """Put the session in force inside the test's coroutine: it may run in a task that is older than the session."""
        item, scope = self.item, self.session.scope if self.session else None
        if scope is None or not isinstance(item, pytest.Function) or not inspect.iscoroutinefunction(item.obj):
            yield
            return
        body = item.obj

        @functools.wraps(body)
        async def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with within(scope):
                return await body(*args, **kwargs)

        item.obj = run
        try:
            yield
        finally:
            item.obj = body

    def ended(self) -> None:
        """Keep what was recorded if nothing failed, now that the test's fixtures are gone.

        A test that skipped itself or failed as expected never replaces its recording, and makes one if it has none.

        Raises:
            AgentReplayError: it cannot be kept, or calls of the fixtures' teardown were not those that are recorded.
        """
        outcomes = self._outcomes
        if self.session is None or "failed" in outcomes.values():
            return
        if outcomes.get("call") == "passed":
            self.session.test_ended()
        elif outcomes.get("call") == "skipped":
            self.session.test_left()

    def saw(self, report: pytest.TestReport, error: BaseException | None) -> None:
        """Take note of how a phase of the test went."""
        # A subtest has a report of its own, of the same phase.
        if self._outcomes.get(report.when) != "failed":
            self._outcomes[report.when] = report.outcome
        if error is not None and not self._problem:
            self._problem = problem_of(error)

    def verdict(self) -> Verdict | None:
        """What became of the test's calls; None where it has nothing to do with agentreplay."""
        sessions: list[Session] = [*([self.session] if self.session else []), *self.by_hand]
        if not sessions and not self._problem:
            return None
        reports = [session.report() for session in sessions]
        engines = [session._engine for session in sessions if session._engine]
        replayed = [each for engine in engines for each in engine.replayed]
        files = [_shown(session.path, self.item.config.rootpath) for session in sessions if session.path]
        outcomes = self._outcomes.values()
        missed = sum(report.missed for report in reports)
        return Verdict(
            test=test_id(self.item),
            outcome=next((each for each in ("failed", "skipped") if each in outcomes), "passed"),
            mode=self.session.mode.value if self.session else "",
            problem=self._problem or ("missed" if missed else ""),
            cassettes=tuple(dict.fromkeys(files)),
            replayed=sum(report.replayed for report in reports),
            recorded=sum(report.recorded for report in reports),
            live=sum(report.live for report in reports),
            missed=missed,
            unused=sum(report.unused for report in reports),
            pinned=self.session is not None and self.session.is_pinned and has_mode(self.item),
            kept=any(session._saved is not None for session in sessions),
            saved=tuple(summed(map(_tokens, replayed))),
            saved_seconds=sum(each.response.duration_ms or 0 for each in replayed) / 1000,
            drift=tuple(str(entry) for session in sessions for entry in session.drift.entries if entry.drifted),
        )


def _shown(path: Path, root: Path) -> str:
    try:
        return path.absolute().relative_to(root).as_posix()
    except ValueError:
        return Path(os.path.relpath(path, root)).as_posix()


def _tokens(interaction: Interaction) -> Tokens:
    response = interaction.response
    vendor = str(interaction.metadata.get("vendor", ""))
    return Tokens(vendor, interaction.request.model or "", response.prompt_tokens or 0, response.completion_tokens or 0)
