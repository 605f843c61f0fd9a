"""A session held against its recording: is that too old, was it used, what became of the calls."""

from __future__ import annotations

import warnings
from pathlib import Path

from agentreplay._cassette import Cassette
from agentreplay._engine import CallEngine
from agentreplay._errors.session import CassetteAgeWarning, CassetteTooOldError
from agentreplay._errors.verdict import NothingInterceptedError, UnusedFaultsError
from agentreplay._faults import FaultPlan
from agentreplay._report import SessionReport, session_report, unused_error
from agentreplay._settings import Settings


def judge_age(known: Cassette, path: Path | None, settings: Settings) -> None:
    """Say that the recording at `path` is older than the settings allow.

    Raises:
        CassetteTooOldError: it is, and the settings make it an error.
    """
    limit, age = settings.max_age, known.meta.age()
    if limit is not None and path is not None and age is not None and age > limit:
        if settings.max_age_action == "fail":
            raise CassetteTooOldError(path, age, limit)
        warnings.warn(CassetteAgeWarning(path, age, limit), stacklevel=5)


def judge_use(engine: CallEngine) -> None:
    """Hold the calls of a replaying run against the recording.

    Raises:
        NothingInterceptedError: not one call was intercepted although there are recorded ones.
        UnusedInteractionsError: recorded interactions were not asked for.
    """
    recorded = len(engine.known.interactions) if engine.known else 0
    if recorded and not engine.started:
        raise NothingInterceptedError(recorded, engine.path)
    if engine.unused:
        among = engine.known.interactions if engine.known else ()
        raise unused_error(engine.unused, recorded=recorded, cassette_path=engine.path, among=among)


def judge_faults(faults: FaultPlan) -> None:
    """Hold what was to go wrong on purpose against what did.

    Raises:
        UnusedFaultsError: something never happened.
    """
    if faults.unused:
        raise UnusedFaultsError(faults.unused, calls=faults.calls)


def report_of(name: str, engine: CallEngine) -> SessionReport:
    """What became of the calls of the session `name`, so far or in all."""
    counts = engine.counts
    return session_report(
        name,
        engine.mode,
        engine.interactions,
        replayed=counts.replayed,
        recorded=counts.recorded,
        live=counts.live,
        missed=counts.missed,
        failed=counts.failed,
        unused=len(engine.unused),
    )
