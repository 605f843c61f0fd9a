"""A decision that was taken before the SDK was called, on its way through the SDK to the funnel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from agentreplay._decisions import Replay

_decided: ContextVar[Replay | None] = ContextVar("agentreplay_decided", default=None)


@contextmanager
def handed_over(decision: Replay) -> Iterator[None]:
    """Let the call that is made in the block be answered so: the session has counted it already."""
    before = _decided.get()
    _decided.set(decision)
    try:
        yield
    finally:
        _decided.set(before)


def taken_over() -> Replay | None:
    """What was decided for the call that is made here; the next call is not meant."""
    decision = _decided.get()
    if decision is not None:
        _decided.set(None)
    return decision
