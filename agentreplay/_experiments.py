"""What a run does otherwise than its recording, on purpose: faults, and a fork."""

from __future__ import annotations

from dataclasses import dataclass

from agentreplay._errors import ConfigurationError
from agentreplay._faults import Fault, FaultPlan, RequestTest, read_faults
from agentreplay._forking import ForkPoint
from agentreplay._modes import Mode, running_in_ci


@dataclass(frozen=True)
class Experiment:
    """The arguments of `cassette()` that are no settings, since they belong to one run.

    `replay_until` is the number of calls to replay before the rest goes live, or a test of the first request that does;
    `fork` the name that what comes of it is saved under.
    """

    faults: tuple[Fault, ...] = ()
    replay_until: int | RequestTest | None = None
    fork: str | None = None

    @classmethod
    def taken_from(cls, said: dict[str, object]) -> Experiment:
        """What `said` has of it, which is taken out.

        Raises:
            ConfigurationError: something in it cannot be meant.
        """
        faults = read_faults(said.pop("faults", None))
        until, fork = said.pop("replay_until", None), said.pop("fork", None)
        if not (until is None or callable(until) or (type(until) is int and until >= 0)):
            why = "give the number of calls to replay, or a function that is given a request"
            raise ConfigurationError.not_usable("replay_until", until, why)
        if fork is not None:
            if not isinstance(fork, str) or not fork:
                raise ConfigurationError.not_usable("fork", fork, "it is the name of a cassette")
            if until is None:
                raise ConfigurationError.not_usable("fork", fork, "it belongs to replay_until=…, which is missing")
        return cls(faults, until, fork)

    def forks(self, mode: Mode) -> bool:
        """Whether a session that is asked to be in this mode replays up to a point and goes live from there.

        In mode `replay`, and in `auto` where nothing is recorded, it replays the fork itself.

        Raises:
            ConfigurationError: there is a point, and this mode has nothing to do with it.
        """
        if self.replay_until is None or mode is Mode.LIVE:
            return False
        if mode is Mode.VERIFY:
            why = f"it replays up to a point and goes live from there, which mode={mode.value!r} does not"
            raise ConfigurationError.not_usable("replay_until", self.replay_until, why)
        return not self.replays_fork(mode)

    def replays_fork(self, mode: Mode) -> bool:
        """Whether a session that is asked to be in this mode replays a fork that was made before."""
        return self.replay_until is not None and (mode is Mode.REPLAY or (mode is Mode.AUTO and running_in_ci()))

    def fork_point(self, mode: Mode) -> ForkPoint | None:
        """Where a session that is asked to be in this mode goes live; None where it does not."""
        return ForkPoint(self.replay_until) if self.replay_until is not None and self.forks(mode) else None

    def fork_of(self, name: str) -> str:
        """What a fork of the recording `name` is called.

        Raises:
            ConfigurationError: it would take the place of the recording.
        """
        if self.fork == name:
            raise ConfigurationError.not_usable("fork", name, "the recording itself has this name, and stays as it is")
        return self.fork or f"{name}-fork"

    def fault_plan(self, mode: Mode) -> FaultPlan | None:
        """The faults of a session in this mode, none of which has happened; None where there are none.

        Raises:
            ConfigurationError: the session does not answer from a recording.
        """
        if not self.faults:
            return None
        if mode not in {Mode.REPLAY, Mode.EXTEND}:
            raise ConfigurationError.not_usable(
                "faults",
                [str(fault) for fault in self.faults],
                f"faults happen to answers of a recording, and this session is in mode {mode.value!r}; record it first "
                "without them",
            )
        return FaultPlan(self.faults)
