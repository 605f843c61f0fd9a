"""What a session tells of itself: its recording, its calls, what became of them."""

from __future__ import annotations

from pathlib import Path

from agentreplay._cassette import Cassette, Interaction
from agentreplay._drift import drift_report
from agentreplay._drift_report import DriftReport
from agentreplay._engine import CallEngine
from agentreplay._judging import report_of
from agentreplay._modes import Mode
from agentreplay._naming import safe_path
from agentreplay._report import SessionReport, session_report
from agentreplay._settings import Settings
from agentreplay._trajectory import Trajectory


class SessionView:
    """One session, to be looked at: before it is open, while it is, and afterwards."""

    _name: str
    _settings: Settings
    _path: Path | None
    _engine: CallEngine | None
    _saved: Cassette | None

    @property
    def name(self) -> str:
        """The name that the recording is found by."""
        return self._name

    @property
    def mode(self) -> Mode:
        """What the session does with a call; before it is open, what it was asked to do."""
        return self._engine.mode if self._engine else self._settings.mode

    @property
    def folder(self) -> Path:
        """Where recordings of this name lie."""
        return self._settings.directory / safe_path(self._name)

    @property
    def path(self) -> Path | None:
        """The cassette's file; None while there is none."""
        return self._path

    @property
    def cassette(self) -> Cassette:
        """The recording: the one that answers, or the one that is being made."""
        if self._saved is not None:
            return self._saved
        if self._engine is None:
            return Cassette()
        if self._engine.mode is Mode.REPLAY and self._engine.known is not None:
            return self._engine.known
        return self._engine.recording()

    @property
    def interactions(self) -> list[Interaction]:
        """The calls made in this session that have their answer, in the order of their start.

        Below a call that the recording answered stand those that were recorded inside it, which are part of its answer.
        """
        return self._engine.timeline if self._engine else []

    @property
    def trajectory(self) -> Trajectory:
        """The calls made in this session as steps of a run; printing it shows the conversation."""
        return Trajectory.of(self.interactions)

    @property
    def drift(self) -> DriftReport:
        """How answers of this run differ from the recorded ones: all in mode `verify`, else those of live tools."""
        engine = self._engine
        if engine is None:
            return DriftReport()
        return drift_report(engine.verified, engine.unused if engine.mode is Mode.VERIFY else ())

    def report(self) -> SessionReport:
        """What became of the calls of this session, so far or in all."""
        return report_of(self._name, self._engine) if self._engine else session_report(self._name, self.mode, [])

    def __repr__(self) -> str:
        return f"<agentreplay session {self._name!r} mode={self.mode.value} path={str(self._path)!r}>"
