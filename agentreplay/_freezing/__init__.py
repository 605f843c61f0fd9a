"""What stands still in a session with `freeze=`: begun with it, undone with it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Final

from agentreplay._active import Scope
from agentreplay._errors import ConfigurationError, SessionError
from agentreplay._freezing.chance import Draws, acquire_uuids, release_uuids, restore_random, seed_random
from agentreplay._freezing.clock import HeldClock, hold, local_zone, read_clock, release
from agentreplay._provenance import Frozen

_WHOLE_PROCESS: Final = frozenset({"time", "clock", "random"})
_SEED_BITS: Final = 48
_lock: Final = threading.Lock()
_holders: Final[list[tuple[Scope, frozenset[str]]]] = []


def start_values(names: Sequence[str], recorded: Frozen | None) -> Frozen:
    """What a session starts from that freezes `names`: what was `recorded`, else what is now.

    Raises:
        ConfigurationError: something that was recorded lacks one of `names`.
    """
    if recorded is None:
        timed = "time" in names or "clock" in names
        zone = local_zone() if timed else None
        chance = "uuid" in names or "random" in names
        return Frozen(time=read_clock() if timed else None, zone=zone, seed=_new_seed() if chance else None)
    for name in names:
        if (recorded.seed if name in {"uuid", "random"} else recorded.time) is None:
            raise ConfigurationError(
                f"freeze={name!r}: this cassette was recorded without it, so there is nothing to give back. Record it "
                "again (AGENTREPLAY_MODE=record, or mode='record'), or leave it out."
            )
    return recorded


def freeze(names: Sequence[str], values: Frozen, scope: Scope) -> ExitStack:
    """Freeze `names` for the session `scope`, which is open, from `values` on. Closing what is returned undoes it.

    Raises:
        SessionError: a session that is not around this one holds what the process has only once.
        ConfigurationError: a value is none, or the package that it needs is missing.
    """
    undo = ExitStack()
    with undo:
        _claim(frozenset(names), scope, undo)
        if "uuid" in names:
            scope.draws = Draws(values.seed or 0)
            acquire_uuids()
            undo.callback(release_uuids)
        if "random" in names:
            undo.callback(restore_random, seed_random(values.seed or 0))
        if "time" in names or "clock" in names:
            clock = HeldClock(_moment(values.time or ""), values.zone or "UTC0", runs="clock" in names)
            hold(clock)
            undo.callback(release, clock)
        return undo.pop_all()
    raise AssertionError("an exit stack swallows nothing here")


def _new_seed() -> int:
    return secrets.randbits(_SEED_BITS)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError.not_usable("meta.frozen.time", text, "it is no ISO 8601 time") from None


def _claim(names: frozenset[str], scope: Scope, undo: ExitStack) -> None:
    wanted = names & _WHOLE_PROCESS
    if not wanted:
        return
    with _lock:
        for holder, held in _holders:
            if held & wanted or {*held, *wanted} >= {"time", "clock"}:
                _require_around(scope, holder, sorted(wanted))
        entry = (scope, wanted)
        _holders.append(entry)
    undo.callback(_give_back, entry)


def _give_back(entry: tuple[Scope, frozenset[str]]) -> None:
    with _lock:
        _holders.remove(entry)


def _require_around(scope: Scope, holder: Scope, wanted: Sequence[str]) -> None:
    around = scope.outer
    while around is not None and around is not holder:
        around = around.outer
    if around is None:
        what = " and ".join(wanted)
        raise SessionError(
            f"cassette({scope.name!r}) is to freeze {what}, which the process has only once, and "
            f"cassette({holder.name!r}), which is open beside it, does so already. Run them one after the other, nest "
            "one in the other, or leave it out of freeze= in one of them."
        )
