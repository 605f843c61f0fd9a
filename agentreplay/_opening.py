"""What a session begins with: which recording answers, what it does with a call, and what is changed on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentreplay._cassette import Cassette
from agentreplay._editing import Edit, made_consistent
from agentreplay._errors import CassetteNotFoundError
from agentreplay._experiments import Experiment
from agentreplay._modes import Mode, running_in_ci
from agentreplay._naming import safe_path
from agentreplay._settings import Settings
from agentreplay._storage import find_recording


@dataclass(frozen=True)
class Opening:
    """A session that is about to open, as it was asked to.

    `name` is that of its recording, `source` a recording in memory, which takes the place of the file. `pinned` says
    that the mode stands in the code.
    """

    name: str
    settings: Settings
    experiment: Experiment
    source: Cassette | None
    pinned: bool

    @property
    def kept_as(self) -> str:
        """The name of what is recorded."""
        forks = self.experiment.forks(self.settings.mode)
        return self.experiment.fork_of(self.name) if forks else self.name

    def found_as(self, mode: Mode) -> str:
        """The name of what answers."""
        return self.experiment.fork_of(self.name) if self.experiment.replays_fork(mode) else self.name

    def find(self) -> Path | None:
        """The file that answers, or that is replaced; None where there is none."""
        mode = self.settings.mode
        # Where everything is live, nobody asks what is there: recording replaces it, be it one file or several.
        asks = mode not in {Mode.LIVE, Mode.RECORD} or self.experiment.forks(mode)
        if self.source is not None or not asks:
            return None
        return find_recording(self.settings.directory, self.found_as(mode))

    def decide(self, mode: Mode, path: Path | None) -> Mode:
        """What the session does, now that it is known whether there is a recording.

        Raises:
            CassetteNotFoundError: there is none, and none may be made.
        """
        if self.experiment.forks(mode):
            if path is None and self.source is None:
                raise self._missing(mode, "replay_until needs a recording to be a fork of.")
            return Mode.EXTEND
        if self.source is not None and mode is not Mode.LIVE:
            return Mode.REPLAY
        if mode is not Mode.AUTO:
            if mode in {Mode.REPLAY, Mode.VERIFY} and path is None:
                raise self._missing(mode, f"mode={mode.value!r} never records.")
            return mode
        if path is not None:
            return Mode.REPLAY
        if running_in_ci():
            raise self._missing(mode, "The environment says CI, where nothing is recorded.")
        return Mode.RECORD

    def allowed_hosts(self, mode: Mode) -> tuple[str, ...] | None:
        """The hosts that may be connected to while the session is open; None for all."""
        blocked = self.settings.block_network
        if blocked is None:
            blocked = mode is Mode.REPLAY
        return tuple(self.settings.allowed_hosts) if blocked else None

    def edited(self, recorded: Cassette, edits: Sequence[Edit]) -> Cassette:
        """The recording with the changes that the session makes to it.

        Raises:
            ConfigurationError: one of them cannot be made.
        """
        if not edits and self.source is None:
            return recorded
        known = made_consistent(recorded)
        for edit in edits:
            known = edit.apply(known)
        return known

    def _missing(self, mode: Mode, why: str) -> CassetteNotFoundError:
        name = self.found_as(mode)
        return CassetteNotFoundError(name, self.settings.directory / safe_path(name), why, pinned=self.pinned)
