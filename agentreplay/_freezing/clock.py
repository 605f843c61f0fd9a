"""The clock of the process, held or set by sessions with `freeze=`.

The wall clock only: `time.monotonic`, `time.perf_counter`, sleeping and the timeouts of event loops stay real. It is
done by the optional package `time-machine`, which reaches functions that were imported long before.
"""

from __future__ import annotations

import importlib
import os
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from agentreplay._errors import ConfigurationError

_ZONE_NAME: Final = re.compile(r"[A-Za-z0-9+-]{3,}")
_UTC: Final = "UTC0"
_NO_ZONE: Final = timezone(timedelta(hours=1))
"""One that time-machine takes for none: with another it would set the local time zone, which is ours to set."""


@dataclass(eq=False)
class HeldClock:
    """What the wall clock shows: `start`, and from then on the time that passes if it `runs`.

    `zone` is the local time zone in POSIX notation.
    """

    start: datetime
    zone: str
    runs: bool
    _since: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """What it shows now."""
        passed = timedelta(seconds=time.monotonic() - self._since if self.runs else 0.0)
        return (self.start + passed).astimezone(_NO_ZONE)


def read_clock() -> str:
    """The time as it is written down: ISO 8601 in UTC, with microseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds")


def local_zone() -> str:
    """The local time zone as it is now, in POSIX notation."""
    now = time.localtime()
    minutes = now.tm_gmtoff // 60
    hours = f"{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    # There, what is west of Greenwich counts as positive.
    offset = f"{'-' if minutes > 0 else '+'}{hours}"
    if not minutes and now.tm_zone in {"UTC", "GMT"}:
        return _UTC
    name = now.tm_zone if _ZONE_NAME.fullmatch(now.tm_zone) else f"UTC{'+' if minutes >= 0 else '-'}{hours[:2]}"
    return f"<{name}>{offset}"


class _Clock:
    """The clocks that are held, the innermost last; that one is shown."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: list[HeldClock] = []
        self._travel: Any = None
        self._zone_before: str | None = None
        self._zone_is_set = False

    def hold(self, clock: HeldClock) -> None:
        with self._lock:
            self._show_real()
            self._held.append(clock)
            try:
                self._show_last()
            except BaseException:
                self._held.remove(clock)
                self._show_last()
                raise

    def release(self, clock: HeldClock) -> None:
        with self._lock:
            self._show_real()
            # Blocks need not end in the order of nesting, so not simply the last.
            self._held.remove(clock)
            self._show_last()

    def _show_last(self) -> None:
        if not self._held:
            return
        clock = self._held[-1]
        travel = _time_machine().travel(clock.now(), tick=clock.runs)
        try:
            travel.start()
        except RuntimeError as error:
            raise ConfigurationError.not_usable("freeze", "time", str(error).rstrip(".")) from error
        self._travel = travel
        if hasattr(time, "tzset") and clock.zone != local_zone():
            self._zone_before, self._zone_is_set = os.environ.get("TZ"), True
            os.environ["TZ"] = clock.zone
            time.tzset()

    def _show_real(self) -> None:
        if self._travel is None:
            return
        travel, self._travel = self._travel, None
        travel.stop()
        if self._zone_is_set:
            self._zone_is_set = False
            if self._zone_before is None:
                os.environ.pop("TZ", None)
            else:
                os.environ["TZ"] = self._zone_before
            time.tzset()


def _time_machine() -> Any:
    try:
        return importlib.import_module("time_machine")
    except ImportError as error:
        raise ConfigurationError(
            'freeze="time" needs the package time-machine, which is not installed: pip install "agentreplay[freeze]"'
        ) from error


_clock: Final = _Clock()


def hold(clock: HeldClock) -> None:
    """Let the wall clock of the process show `clock` until `release`.

    Raises:
        ConfigurationError: `time-machine` is not installed, or cannot work here.
    """
    _clock.hold(clock)


def release(clock: HeldClock) -> None:
    """End what `hold` began: the clock held around it is shown again, or the real one."""
    _clock.release(clock)
