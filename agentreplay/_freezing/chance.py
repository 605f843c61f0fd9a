"""Chance, made repeatable in sessions with `freeze=`: the module `random`, and what `uuid` draws.

The generator behind the functions of `random` is one for the process, and its state is put back exactly. What `uuid`
draws is told apart by session, since `uuid4` takes its bytes from the system: the module is given another `os`.
"""

from __future__ import annotations

import inspect
import os
import random
import threading
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from agentreplay._active import current
from agentreplay._errors import SessionError

_IMPORTING: Final = "<frozen importlib._bootstrap>"


class Draws:
    """Random bytes that are the same ones for the same seed, in any process; safe to draw from several threads."""

    def __init__(self, seed: int) -> None:
        # A text, and not the number: `random` itself may be started with that.
        self._generator = random.Random(f"uuid {seed}")  # noqa: S311 (they are to be foreseen)
        self._imports = _imports_running()
        self._lock = threading.Lock()

    @property
    def are_for_an_import(self) -> bool:
        """Whether the caller's module is just being imported, which happens once in a process and not in every run."""
        return _imports_running() > self._imports

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        with self._lock:
            return self._generator.getrandbits(8 * size).to_bytes(size, "big") if size else b""


@dataclass(eq=False)
class _Seeding:
    """A stretch in which `random` runs from a seed; `before` is the state that is to be put back after it."""

    before: Any


class _RandomState:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seeded: list[_Seeding] = []

    def seed(self, seed: int) -> _Seeding:
        with self._lock:
            seeding = _Seeding(random.getstate())
            random.seed(seed)
            self._seeded.append(seeding)
            return seeding

    def restore(self, seeding: _Seeding) -> None:
        with self._lock:
            place = self._seeded.index(seeding)
            del self._seeded[place]
            if place == len(self._seeded):
                random.setstate(seeding.before)
            else:
                # The one inside goes on, and then leaves what was there before both.
                self._seeded[place].before = seeding.before

    @property
    def is_seeded(self) -> bool:
        return bool(self._seeded)


class _SystemOfUuid(ModuleType):
    """The module `os` as `uuid` sees it while sessions freeze what it draws."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    @staticmethod
    def urandom(size: int) -> bytes:
        """Random bytes: those of the session that the caller belongs to, or the system's."""
        draws = None if _sdk_at_work.get() else _draws_here()
        return os.urandom(size) if draws is None or draws.are_for_an_import else draws.take(size)


class _Uuids:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._ours = _SystemOfUuid("os")

    def acquire(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                setattr(uuid, "os", self._ours)  # noqa: B010 (it is not among the module's declared names)

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and vars(uuid)["os"] is self._ours:
                setattr(uuid, "os", os)  # noqa: B010


_random: Final = _RandomState()
_uuids: Final = _Uuids()
_sdk_at_work: ContextVar[bool] = ContextVar("agentreplay_sdk_at_work", default=False)

seed_random: Final = _random.seed
restore_random: Final = _random.restore
acquire_uuids: Final = _uuids.acquire
release_uuids: Final = _uuids.release


class DrawnBySDK:
    """A block in which what is drawn for ids is drawn from the system: an SDK draws when it sends, so not in replay."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = _sdk_at_work.get()
        _sdk_at_work.set(True)

    def __exit__(self, *_: object) -> None:
        # A coroutine may be closed in another context than it ran in, which is not to be changed.
        if _sdk_at_work.get():
            _sdk_at_work.set(self._before)


def without_drawing(wrapped: Any, _owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps a function of an SDK that draws from `random`: where that is seeded, its state is left as it was."""
    if not _random.is_seeded:
        return wrapped(*args, **kwargs)
    state = random.getstate()
    try:
        return wrapped(*args, **kwargs)
    finally:
        random.setstate(state)


def _imports_running() -> int:
    """How many imports the calling code is run by."""
    count = 0
    frame = inspect.currentframe()
    while frame is not None:
        count += frame.f_code.co_filename == _IMPORTING
        frame = frame.f_back
    return count


def _draws_here() -> Draws | None:
    """What ids are drawn from in the innermost session around the caller that freezes them."""
    try:
        scope = current()
    except SessionError:
        return None
    while scope is not None:
        if scope.draws is not None and not scope.closed:
            return scope.draws
        scope = scope.outer
    return None
