"""How a failure of ours is shown: what it says, after the user's own code."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import pytest

from agentreplay._errors import (
    AgentReplayError,
    CassetteError,
    CassetteNotFoundError,
    ConfigurationError,
    SessionError,
    StandInKeyError,
)
from agentreplay._errors.mismatch import CassetteMismatchError
from agentreplay._errors.session import CassetteTooOldError
from agentreplay._errors.verdict import NothingInterceptedError, UnusedInteractionsError
from agentreplay._pytest.errors import DriftError, NoCallError

_LIBRARIES: Final = tuple(
    f"{folder}{os.sep}"
    for folder in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(Path(__file__).parent.parent)}
)
"""The standard library, and agentreplay itself."""
_PACKAGED: Final = frozenset({"site-packages", "dist-packages"})

_PROBLEMS: Final[dict[type[AgentReplayError], str]] = {
    CassetteMismatchError: "missed",
    CassetteNotFoundError: "no cassette",
    CassetteTooOldError: "too old",
    UnusedInteractionsError: "unused",
    NothingInterceptedError: "unused",
    NoCallError: "no call",
    DriftError: "drifted",
    StandInKeyError: "no key",
    SessionError: "refused",
    ConfigurationError: "wrong setting",
    CassetteError: "bad file",
}
"""By kind of error; the first that fits."""


def problem_of(error: BaseException) -> str:
    """What was wrong between test and cassette, if this is the error of a failure; empty if nothing of ours."""
    for each in _ours_in(error):
        for kind, problem in _PROBLEMS.items():
            if isinstance(each, kind):
                return problem
    return ""


def shorten(error: BaseException) -> None:
    """Take from the tracebacks of our errors what lies below the user's code: frames of SDKs and of our own."""
    for each in _ours_in(error):
        _cut(each.__traceback__)


def bare_report(excinfo: pytest.ExceptionInfo[BaseException]) -> object | None:
    """The report of an error of ours that no code of the user's stands behind: its text alone. None for others."""
    if not isinstance(excinfo.value, AgentReplayError) or any(map(_is_users, _frames(excinfo.value.__traceback__))):
        return None
    return excinfo.getrepr(style="value")


def _ours_in(error: BaseException) -> Iterator[AgentReplayError]:
    """The errors of ours in a chain of causes, and in groups."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, AgentReplayError):
            yield each
        inner: tuple[BaseException, ...] = getattr(each, "exceptions", ())
        waiting += [cause for cause in (*inner, each.__cause__, each.__context__) if isinstance(cause, BaseException)]


def _cut(traceback: TracebackType | None) -> None:
    users = [each for each in _frames(traceback) if _is_users(each)]
    if users:
        users[-1].tb_next = None


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _is_users(entry: TracebackType) -> bool:
    file = entry.tb_frame.f_code.co_filename
    return not file.startswith(("<", *_LIBRARIES)) and _PACKAGED.isdisjoint(Path(file).parts)
