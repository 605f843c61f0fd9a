"""Any call, put to the session in force: which session decides, and what becomes of one that goes live."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from agentreplay._active import Scope, current
from agentreplay._call_around import inside
from agentreplay._cassette import Interaction, RecordedResponse
from agentreplay._decisions import Live
from agentreplay._drift import drift_report
from agentreplay._errors import AgentReplayError
from agentreplay._errors.verdict import ToolDriftWarning
from agentreplay._modes import Mode
from agentreplay._outside import calls_refused, refuse


def deciding_session(method: Callable[[], str] | None = None) -> Scope | None:
    """The session that decides about a call made here; None where it goes on as if we were not there.

    `method` names the call where one outside every session is refused if the run forbids that; None where it never is.

    Raises:
        SessionError: nothing tells which of the open sessions it belongs to; or there is none, and it is refused.
    """
    scope = current()
    if scope is None:
        if method is not None and calls_refused():
            raise refuse(method())
        return None
    if scope.mode is Mode.LIVE:
        scope.engine.pass_through()
        return None
    return scope


class LiveCall:
    """A live call on its way, to be kept. As a context manager, what is called in the block is called inside it.

    A block that ends with nothing kept (it was left by an error, or cancelled) leaves no trace in the recording, unless
    `outlives_block`: then `keep` or `abandon` says later what became of it. `kept` is the interaction, once there
    is one.
    """

    def __init__(self, scope: Scope, decision: Live, *, outlives_block: bool = False) -> None:
        self.scope = scope
        self.decision = decision
        self.started = time.perf_counter()
        self.kept: Interaction | None = None
        self._outlives_block = outlives_block
        self._over = False
        self._inside: AbstractContextManager[None] | None = None

    def inside(self) -> AbstractContextManager[None]:
        """A block in which what is called is called inside this call; it keeps and abandons nothing."""
        return inside(self.scope, self.decision.position)

    def __enter__(self) -> LiveCall:
        self._inside = self.inside()
        self._inside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._inside is not None
        self._inside.__exit__(kind, error, traceback)
        if error is not None or not self._outlives_block:
            self.abandon()

    def keep(self, response: RecordedResponse, metadata: dict[str, Any] | None = None) -> None:
        """Keep the answer; its duration is the time since the beginning, if it names none. Only the first counts."""
        if self._over:
            return
        self._over = True
        if response.duration_ms is None:
            response.duration_ms = self.elapsed_ms()
        interaction = self.kept = self.scope.engine.finish(self.decision, response, metadata)
        if self.decision.rerun:
            (entry,) = drift_report([(self.decision.expected, interaction)]).entries
            if entry.drifted:
                warnings.warn(ToolDriftWarning(self.scope.name, entry), stacklevel=4)

    def abandon(self) -> None:
        """Keep nothing of it, unless it is kept already."""
        if not self._over:
            self._over = True
            self.scope.engine.abandon(self.decision)

    def refused(self, error: Exception) -> None:
        """Keep nothing of it, since it cannot be recorded: `error` is raised, also for a program that goes on."""
        self.abandon()
        if isinstance(error, AgentReplayError):
            self.scope.engine.refuse(error)

    def elapsed_ms(self) -> float:
        """The milliseconds since the call began."""
        return round((time.perf_counter() - self.started) * 1000, 3)
