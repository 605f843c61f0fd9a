"""Faults on purpose: at every place of ours that a call passes, in the app's threads and in the writer's."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import agentreplay

OURS: Final = str(Path(agentreplay.__file__).parent)

GUARDS: Final = {("_guard.py", ""), ("_guarded_streams.py", ""), ("express.py", "__get__")}
"""What stands between the app and our faults, and cannot be guarded itself: whole files, and one function."""

Place = tuple[CodeType, int]
"""A line of ours, by its function; line 0 for the call of the function."""


class Fault(Exception):
    """Something of ours has failed."""


def _is_ours(code: CodeType) -> bool:
    file = Path(code.co_filename)
    if code.co_name in {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}:
        # That is a line of the function around it.
        return False
    is_guard = not GUARDS.isdisjoint({(file.name, ""), (file.name, code.co_name)})
    return code.co_filename.startswith(OURS) and not is_guard


@contextmanager
def tracing(trace: Callable[[FrameType, str, Any], Any], *, new_threads_only: bool = False) -> Generator[None]:
    """Trace this thread and those that are started meanwhile, or only those."""
    before, before_in_threads = sys.gettrace(), threading.gettrace()
    threading.settrace(trace)
    sys.settrace(before if new_threads_only else trace)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before_in_threads)


@contextmanager
def noting(places: dict[Place, set[str]]) -> Generator[None]:
    """Note which places of ours are passed, in order, and the names of the threads that pass them."""

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not _is_ours(frame.f_code):
            return None
        place = frame.f_code, 0 if event == "call" else frame.f_lineno
        places.setdefault(place, set()).add(threading.current_thread().name)
        return trace

    with tracing(trace):
        yield


@contextmanager
def failing_at(place: Place, happened: list[Place], *, new_threads_only: bool = False) -> Generator[None]:
    """Raise a `Fault` each time `place` is passed, as if what stands there had raised it.

    With `new_threads_only`, this thread is not watched, and runs the faster.
    """
    code, line = place

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code is not code:
            return None
        if (event == "call" and line == 0) or (event == "line" and frame.f_lineno == line):
            happened.append(place)
            # The interpreter takes back a trace function that raises, in this thread only.
            threading.current_thread()
            raise Fault
        return trace

    with tracing(trace, new_threads_only=new_threads_only):
        yield
