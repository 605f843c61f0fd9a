"""What a run does otherwise than its recording, on purpose: faults, and a fork."""

from __future__ import annotations

from dataclasses import dataclass

from agentreplay._errors import ConfigurationError
from agentreplay._faults import Fault, FaultPlan, RequestTest, read_faults
from agentreplay._modes import Mode


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
        if until is not None and not callable(until):
            if not isinstance(until, int) or isinstance(until, bool) or until < 0:
                why = "give the number of calls to replay, or a function that is given a request"
                raise ConfigurationError.not_usable("replay_until", until, why)
        if fork is not None:
            if not isinstance(fork, str) or not fork:
                raise ConfigurationError.not_usable("fork", fork, "it is the name of a cassette")
            if until is None:
                raise ConfigurationError.not_usable("fork", fork, "it belongs to replay_until=…, which is missing")
        return cls(faults, until, fork)

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
