"""The session of one test."""

from __future__ import annotations

from typing import Final

from agentreplay._active import Scope
from agentreplay._cassette import Interaction
from agentreplay._drift import drift_report
from agentreplay._engine import CallEngine
from agentreplay._errors import CassetteNotFoundError
from agentreplay._errors.verdict import NothingInterceptedError
from agentreplay._judging import judge_faults
from agentreplay._modes import Mode
from agentreplay._opening import Opening
from agentreplay._pytest.errors import DriftError
from agentreplay._report import unused_error
from agentreplay._session import Session
from agentreplay._storage import find_recording

_PHASE: Final = "phase"
_TEARDOWN: Final = "teardown"


class SessionOfTest(Session):
    """A session that is opened before the test's fixtures, judged after its body and kept once nothing has failed.

    Want of a cassette, where none may be made, is an error of the first call and not of the opening: a test that makes
    no call needs none, and one that does fails where it does.
    """

    _absent: CassetteNotFoundError | None = None
    _in_code: bool = False

    def begin(self, recorded_as: str, *, in_code: bool) -> None:
        """Open the session. `recorded_as` stands in the cassette as the test that it was recorded for.

        `in_code` says that the mode stands in the project's code, not in an option or in the ini file.
        """
        self._recorded_as = recorded_as
        self._in_code = in_code
        self._open(ambient=True, exclusive=True)
        self.engine.absent = self._absent

    @property
    def engine(self) -> CallEngine:
        """What decides about the calls."""
        assert self._engine is not None, "the session is open, or was"
        return self._engine

    @property
    def _pinned(self) -> bool:
        return self._in_code and super()._pinned

    @property
    def is_pinned(self) -> bool:
        """Whether the code says a mode that the environment cannot turn into recording."""
        return self._pinned

    @property
    def scope(self) -> Scope | None:
        """What calls see of the session while it is open."""
        return self._scope

    def _decided(self, opening: Opening) -> Mode:
        try:
            return super()._decided(opening)
        except CassetteNotFoundError as error:
            self._absent = error
            return Mode.REPLAY

    def body_ended(self) -> None:
        """Judge the calls, now that the test's body has ended well.

        Interactions that were recorded in the teardown of a fixture are still to come.

        Raises:
            AgentReplayError: a call missed and the program went on, recorded interactions were not asked for, or (in
                mode `verify`) answers are no longer what was recorded.
        """
        engine = self.engine
        engine.notes = {_PHASE: _TEARDOWN}
        if engine.first_miss is not None:
            raise engine.first_miss
        self._judge([each for each in engine.unused if each.metadata.get(_PHASE) != _TEARDOWN])

    def test_ended(self) -> None:
        """Judge the rest once the test's fixtures are gone, and keep what was recorded.

        Raises:
            AgentReplayError: as in `body_ended`.
        """
        engine = self.engine
        if engine.first_miss is not None:
            raise engine.first_miss
        self._judge(engine.unused)
        if engine.records and engine.started:
            self._keep(engine)

    def test_left(self) -> None:
        """Keep what a test recorded that skipped itself, or failed as expected, if it had no recording before.

        Without any it would go live in every run, and miss where nothing is recorded.
        """
        engine = self.engine
        if engine.records and engine.counts.recorded and find_recording(self._settings.directory, self._name) is None:
            self._keep(engine)

    def end(self) -> None:
        """Take calls no longer."""
        if self._scope is not None:
            self._leave()

    @property
    def made_calls(self) -> bool:
        """Whether a call was intercepted."""
        return self.engine.started > 0 or self.report().calls > 0

    @property
    def may_be_idle(self) -> bool:
        """Whether a run without any call is right."""
        return self._settings.allow_unused

    def _judge(self, unused: list[Interaction]) -> None:
        engine = self.engine
        if engine.mode is Mode.VERIFY:
            drift = drift_report(engine.verified, unused)
            if drift.drifted:
                raise DriftError(str(drift))
        if self._faults is not None:
            judge_faults(self._faults)
            return
        if engine.mode is not Mode.REPLAY or self._settings.allow_unused or engine.known is None:
            return
        recorded = len(engine.known.interactions)
        if recorded and not engine.started:
            raise NothingInterceptedError(recorded, self._path)
        if unused:
            among = engine.known.interactions
            raise unused_error(unused, recorded=recorded, cassette_path=self._path, among=among)
