"""Any call, put to the session in force: answered from the recording, or made, watched and kept.

Integrations describe their calls as a `Question`; which session decides, what counts as inside what, durations and
what becomes of failures is alike for all of them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Protocol, TypeVar

from agentreplay._active import Scope, current, inside
from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse
from agentreplay._drift import drift_report
from agentreplay._engine import Live, Replay
from agentreplay._modes import Mode
from agentreplay._outside import calls_refused, refuse
from agentreplay._verdict_errors import ToolDriftWarning

T = TypeVar("T")


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

    def elapsed_ms(self) -> float:
        """The milliseconds since the call began."""
        return round((time.perf_counter() - self.started) * 1000, 3)


class Question(Protocol[T]):
    """A call, as the session needs to know it."""

    def request(self) -> RecordedRequest:
        """What is asked: it is matched and written."""
        ...

    def recorded(self, result: T) -> RecordedResponse:
        """What to write of the result. An exception from here is raised to the caller, and nothing is kept."""
        ...

    def failed(self, error: Exception) -> RecordedResponse | None:
        """What to write where the call raised `error`; None if nothing is to be kept of it."""
        ...

    def restored(self, response: RecordedResponse) -> T:
        """The result that was recorded. Raises what the call raised, if that was recorded."""
        ...


def ask(scope: Scope, question: Question[T], make: Callable[[], T], *, rerun: bool = False) -> T:
    """The answer to `question` in the session `scope`: the recorded one, or what `make()` gives, which is kept.

    With `rerun` the call is always made, and compared with the recording where that would have answered.

    Raises:
        CassetteMismatchError: the session replays, and nothing recorded answers.
    """
    decision = scope.begin(question.request(), rerun=rerun)
    if isinstance(decision, Replay):
        return question.restored(decision.interaction.response)
    with LiveCall(scope, decision) as live:
        try:
            result = make()
        except Exception as error:
            _keep_failure(live, question, error)
            raise
        live.keep(question.recorded(result))
        return result


async def ask_async(scope: Scope, question: Question[T], make: Callable[[], Awaitable[T]], *, rerun: bool = False) -> T:
    """As `ask`, where the result of the call is awaited."""
    decision = scope.begin(question.request(), rerun=rerun)
    if isinstance(decision, Replay):
        return question.restored(decision.interaction.response)
    with LiveCall(scope, decision) as live:
        try:
            result = await make()
        except Exception as error:
            _keep_failure(live, question, error)
            raise
        live.keep(question.recorded(result))
        return result


def _keep_failure(live: LiveCall, question: Question[Any], error: Exception) -> None:
    response = question.failed(error)
    if response is not None:
        live.keep(response)
