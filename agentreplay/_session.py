"""One open cassette in a running program: composes files, decisions and patches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, cast

from agentreplay import _active, _install
from agentreplay._cassette import Cassette
from agentreplay._decorating import in_sessions
from agentreplay._editing import Edit, InteractionTest
from agentreplay._engine import CallEngine
from agentreplay._errors import ConfigurationError, SessionError
from agentreplay._errors.journal import ProductionError
from agentreplay._experiments import Experiment
from agentreplay._faults import FaultPlan
from agentreplay._freezing import freeze, start_values
from agentreplay._judging import judge_age, judge_faults, judge_use
from agentreplay._keeping import keep
from agentreplay._matching.strategy import Matchable, read_match, refuse_contradiction
from agentreplay._modes import Mode
from agentreplay._opening import Opening
from agentreplay._production import in_production
from agentreplay._provenance import Frozen, Parent
from agentreplay._redaction import RedactionRule, Redactor
from agentreplay._session_view import SessionView
from agentreplay._settings import Check, resolve_settings
from agentreplay._settings.mode_choice import is_pinned

P = ParamSpec("P")
R = TypeVar("R")

_ANSWERING: Final = frozenset({Mode.REPLAY, Mode.EXTEND, Mode.VERIFY})
_CHECKS: Final[Mapping[str, Check]] = {"match": read_match}
"""What the settings leave to a layer above them."""


class Session(SessionView):
    """One open cassette in a running program; made by `cassette()`.

    Threads, thread pools and tasks that are started inside the block belong to it. The innermost block wins.
    """

    def __init__(
        self,
        name: str,
        said: Mapping[str, object],
        *,
        redact: Sequence[RedactionRule] | RedactionRule = (),
        source: Cassette | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise ConfigurationError(f"name={name!r}: a cassette needs a name, a string that is not empty.")
        self._name = self._recorded_as = name
        self._wanted = dict(said)
        self._said = dict(said)
        self._experiment = Experiment.taken_from(self._said)
        self._source = source
        self._edits: list[Edit] = []
        self._redact = redact
        self._settings = resolve_settings(self._said, checks=_CHECKS)
        self._redactor()
        refuse_contradiction(cast("Matchable", self._settings.match), allow_repeats=self._settings.allow_repeats)
        self._path: Path | None = None
        self._engine: CallEngine | None = None
        self._scope: _active.Scope | None = None
        self._saved: Cassette | None = None
        self._faults: FaultPlan | None = None
        self._frozen: Frozen | None = None
        self._thaw = ExitStack()
        self._kept_as = name
        self._parent: Parent | None = None

    def edit(
        self,
        which: int | InteractionTest,
        *,
        text: str | None = None,
        body: Mapping[str, Any] | Callable[[Any], Any] | None = None,
    ) -> None:
        """Let one answer of the recording be another one in this session, whose file stays as it is.

        Say it before the session is open, or in the block before the call is made. The arguments are those of
        `agentreplay.edited`.

        Raises:
            ConfigurationError: there is no such interaction, or its answer cannot be changed so.
            SessionError: the session does not answer from a recording.
        """
        edit = Edit(which, text, body)
        if self._scope is not None and self._engine is not None:
            known = self._engine.known
            if known is None:
                raise SessionError(f"{self!r} answers nothing from a recording, so there is nothing to edit.")
            self._engine.revise(edit.apply(known))
        self._edits.append(edit)

    def start(self) -> Session:
        """Open the session until `stop()`, also for calls whose context belongs to no block (notebook cells)."""
        self._open(ambient=True)
        return self

    def stop(self) -> None:
        """Close a session that `start()` opened, and keep what it recorded."""
        self._close(failed=False)

    def __enter__(self) -> Session:
        self._open(ambient=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close(failed=error is not None)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Run each call of `function` in a session of its own.

        Raises:
            ConfigurationError: a class or a generator function, whose body a block around its call would not cover.
        """
        return in_sessions(function, self._again, name=self._name)

    def _again(self) -> Session:
        again = Session(self._name, self._wanted, redact=self._redact, source=self._source)
        again._edits = [*self._edits]
        return again

    def _redactor(self) -> Redactor:
        rules = self._redact
        if isinstance(rules, (str, re.Pattern)) or callable(rules):
            rules = [rules]
        return Redactor(extra=list(rules), personal=self._settings.redact_personal)

    def _open(self, *, ambient: bool, exclusive: bool = False) -> None:
        if self._scope is not None:
            raise SessionError(f"{self!r} is open already; a session is not entered twice.")
        self._saved = None
        # Anew, since the environment may have changed since a decorator was made.
        self._settings = resolve_settings(self._said, checks=_CHECKS)
        opening = Opening(self._name, self._settings, self._experiment, self._source, self._pinned)
        fork = self._experiment.fork_point(self._settings.mode)
        self._kept_as = opening.kept_as
        self._path = opening.find()
        mode = self._decided(opening)
        if mode in {Mode.REPLAY, Mode.EXTEND} and in_production():
            raise ProductionError.would_serve(self._name, mode.value)
        self._faults = self._experiment.fault_plan(mode)
        recorded = self._source
        if recorded is None and self._path is not None and mode in _ANSWERING:
            recorded = Cassette.load(self._path)
            judge_age(recorded, self._path, self._settings)
        known = opening.edited(recorded, self._edits) if recorded is not None and mode in _ANSWERING else None
        self._parent = fork.parent(recorded, self._name) if fork is not None and recorded is not None else None
        self._engine = CallEngine(
            mode,
            self._redactor(),
            known,
            match=cast("Matchable", self._settings.match),
            allow_repeats=self._settings.allow_repeats,
            path=self._path,
            max_age=self._settings.max_age,
            pinned=opening.pinned,
            fork=fork,
        )
        self._scope = _active.Scope(
            self._name, self._engine, ambient=ambient, exclusive=exclusive, allowed_hosts=opening.allowed_hosts(mode)
        )
        self._scope.faults, self._scope.speed = self._faults, self._settings.pace
        _install.acquire()
        _active.enter(self._scope)
        try:
            self._freeze(self._scope, known)
            for tell in watchers:
                tell(self)
        except BaseException:
            self._leave()
            raise

    def _freeze(self, scope: _active.Scope, known: Cassette | None) -> None:
        """Let stand still what is to, as it was recorded if there is a recording."""
        self._frozen = None
        names = self._settings.freeze
        if names and scope.mode is not Mode.LIVE:
            recorded = known.meta.frozen or Frozen() if known is not None else None
            self._frozen = start_values(names, recorded)
            self._thaw = freeze(names, self._frozen, scope)

    @property
    def _pinned(self) -> bool:
        """Whether the code says a mode that the environment cannot turn into recording."""
        said = self._said.get("mode")
        mode = Mode.parse(cast("Mode | str", said)) if said is not None else None
        return mode is self._settings.mode and is_pinned(mode)

    def _decided(self, opening: Opening) -> Mode:
        """What the session does, now that it is known whether there is a recording.

        Raises:
            CassetteNotFoundError: there is none, and none may be made.
        """
        return opening.decide(opening.settings.mode, self._path)

    def _leave(self) -> tuple[_active.Scope, CallEngine]:
        """End the session, and keep and judge nothing yet."""
        scope, engine = self._scope, self._engine
        if scope is None or engine is None:
            raise SessionError(f"{self!r} is not open.")
        self._scope = None
        try:
            scope.end_streams()
        finally:
            self._thaw.close()
            _active.leave(scope)
            _install.release()
        return scope, engine

    def _close(self, *, failed: bool) -> None:
        scope, engine = self._leave()
        if failed:
            return
        if self._faults is not None:
            judge_faults(self._faults)
        if engine.records:
            self._keep(engine)
        elif engine.mode is Mode.REPLAY and not scope.ambient and not self._settings.allow_unused and not self._faults:
            judge_use(engine)

    def _keep(self, engine: CallEngine) -> None:
        parent = self._parent
        if parent is not None and engine.fork is not None:
            parent.replayed = engine.fork.before
        kept = keep(
            engine,
            self._settings,
            name=self._kept_as,
            recorded_as=self._recorded_as if parent is None or self._recorded_as != self._name else self._kept_as,
            replaces=self._path if parent is None else None,
            frozen=self._frozen,
            parent=parent,
            stacklevel=5,
        )
        if kept is not None:
            self._saved, self._path = kept


watchers: Final[list[Callable[[Session], None]]] = []
"""Told of each session once it is open: a test run wants to know which cassettes were used."""
