"""What is said when a run is not what its cassette says, or wants what its session forbids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from agentreplay._errors import AgentReplayError, AgentReplayWarning

if TYPE_CHECKING:
    from agentreplay._cassette import Interaction
    from agentreplay._drift_report import DriftEntry
    from agentreplay._faults import Fault

_LISTED: Final = 10
"""So many interactions are named one by one."""

_CAUSES: Final = (
    "the calls are made in another process (a subprocess, a pool of processes, a server): open the cassette there",
    "the calls go through an SDK or a client of its own that agentreplay does not wrap",
    "the SDK is mocked or patched, so that no call reaches it",
    "the block ends before the call: a condition, an early return, a coroutine that is never awaited",
    "a cache answers instead: one of the framework's, or one around your own function",
)


class UnusedInteractionsError(AgentReplayError):
    """A replaying block ended well although recorded interactions were not asked for.

    Attributes:
        unused: these interactions, in recorded order.
        recorded: how many the cassette holds.
        cassette_path: its file, or None for a cassette in memory.
    """

    def __init__(
        self,
        unused: Sequence[Interaction],
        described: Sequence[str],
        recorded: int,
        cassette_path: Path | None,
        hints: Sequence[str] = (),
    ) -> None:
        self.unused = list(unused)
        self.recorded = recorded
        self.cassette_path = cassette_path
        lines = [f"  {line}" for line in described[:_LISTED]]
        if len(described) > _LISTED:
            lines.append(f"  … and {len(described) - _LISTED} more")
        were = "interaction was" if recorded == 1 else "interactions were"
        super().__init__(
            f"{len(self.unused)} of {recorded} recorded {were} not asked for:\n" + "\n".join(lines) + f"\n"
            f"in {cassette_path or 'the cassette'}. The program took another way than when it was recorded, or ended "
            "early. If that is right, record again (AGENTREPLAY_MODE=record, or mode='record'); if interactions may "
            "stay unused, allow_unused=True." + "".join(f"\n{hint}" for hint in hints)
        )


class UnusedFaultsError(AgentReplayError):
    """A block ended well in which something was to go wrong on purpose, and did not.

    Attributes:
        unused: the faults that never happened.
        calls: how many calls of SDKs there were.
    """

    def __init__(self, unused: Sequence[Fault], *, calls: int) -> None:
        self.unused = list(unused)
        self.calls = calls
        listed = "\n".join(f"  {fault}" for fault in self.unused)
        made = "no call" if not calls else "one call" if calls == 1 else f"{calls} calls"
        super().__init__(
            f"{len(self.unused)} of the faults never happened, so nothing was tested with them:\n{listed}\n"
            f"{made} of SDKs reached this session. Look at `at` and `method`; cut_stream wants a streamed answer with "
            "more events than it lets through, malformed_tool_arguments an answer that calls a tool."
        )


class NothingInterceptedError(AgentReplayError):
    """A replaying block ended well, and not one call was intercepted although the cassette holds some.

    Attributes:
        recorded: how many interactions the cassette holds.
        cassette_path: its file, or None for a cassette in memory.
    """

    def __init__(self, recorded: int, cassette_path: Path | None) -> None:
        self.recorded = recorded
        self.cassette_path = cassette_path
        causes = "\n".join(f"  - {cause};" for cause in _CAUSES)
        super().__init__(
            f"not one call was intercepted in this block, but {cassette_path or 'its cassette'} holds {recorded}. "
            f"So nothing was tested. Likely causes:\n{causes}\n"
            "If a run without any call is right, allow_unused=True."
        )


class ToolDriftWarning(AgentReplayWarning):
    """A tool that runs for real in replay gave something else than was recorded.

    Attributes:
        name: the session's name.
        entry: what differs, as in `session.drift`.
    """

    def __init__(self, name: str, entry: DriftEntry) -> None:
        self.name = name
        self.entry = entry
        super().__init__(
            f"in cassette({name!r}) a tool that runs for real (policy='live') did not do what was recorded:\n{entry}\n"
            "If this is right, record again (AGENTREPLAY_MODE=record, or mode='record')."
        )


class TrajectoryError(AgentReplayError, AssertionError):
    """A run went another way than a test expected.

    Attributes:
        what: what of the run was looked at.
        expected: what the test expects.
        actual: what the run shows.
    """

    def __init__(self, what: str, expected: str, actual: str, hint: str = "") -> None:
        self.what = what
        self.expected = expected
        self.actual = actual
        rows = [f"{what} of this run:", _block("expected", expected), _block("actual", actual)]
        super().__init__("\n".join([*rows, *([hint] if hint else [])]))


def _block(label: str, text: str) -> str:
    lines = text.splitlines() or [""]
    return "\n".join(f"  {label if not number else '':<8}  {line}".rstrip() for number, line in enumerate(lines))


class Caller(NamedTuple):
    """A place in a program."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}, in {self.function}"


class NetworkBlockedError(AgentReplayError):
    """A connection was about to be opened from inside a session that blocks the network.

    Attributes:
        host: the host, by name or address.
        port: the port; None where only the name was looked up.
        caller: where in the program, as far as the stack tells.
    """

    def __init__(self, host: str, port: int | None, caller: Caller | None) -> None:
        self.host = host
        self.port = port
        self.caller = caller
        wanted = f"a connection to {host}:{port}" if port is not None else f"looking up the host {host!r}"
        place = f"Wanted by {caller}." if caller else "The stack does not tell which part of the program wanted it."
        super().__init__(
            f"{wanted} was refused: this session blocks the network, as sessions do that replay.\n{place}\n"
            f"A call that is replayed opens no connection, so this one is not recorded here. If it may be made, "
            f"allowed_hosts=[{host!r}] lets this host through and block_network=False all hosts; else record it or "
            "replace it in the test."
        )
