"""Threads, and the work of thread pools, belong to the session that they were started in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from agentreplay._active import adopt, belonging_here
from agentreplay._patching import Patches

_submitting: Final = threading.local()


def follow_threads(patches: Patches) -> None:
    """Let threads and the work of thread pools belong to the session they were started in."""
    patches.wrap(threading.Thread, "start", _start_thread)
    patches.wrap(ThreadPoolExecutor, "submit", _submit)


def _start_thread(wrapped: Any, thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    # A pool's worker outlives the session that happened to start it; its work is placed by `_submit`.
    if not getattr(_submitting, "now", False):
        adopt(thread)
    return wrapped(*args, **kwargs)


def _submit(wrapped: Any, _pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not args:
        return wrapped(*args, **kwargs)
    function, *rest = args
    _submitting.now = True
    try:
        return wrapped(belonging_here(function), *rest, **kwargs)
    finally:
        _submitting.now = False
