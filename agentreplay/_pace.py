"""How fast what is recorded is played: waiting that blocks a thread, or only the task that waits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


def clock() -> float:
    """Seconds that really pass, whatever the wall clock is set to."""
    return time.perf_counter()


def sleep(seconds: float) -> None:
    """Wait, and let the thread wait with it."""
    time.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Wait, and let other tasks go on meanwhile; on asyncio and on trio."""
    # Both SDKs bring it; without one of them nothing is played.
    import anyio

    await anyio.sleep(seconds)


@dataclass(frozen=True)
class Pace:
    """A call's time as it passes in replay: what was recorded at some millisecond is due `speed` times as soon.

    It counts from `started`, seconds on `clock()`.
    """

    speed: float
    started: float

    @classmethod
    def from_now(cls, speed: float) -> Pace:
        """The time of a call that begins now."""
        return cls(speed, clock())

    def until(self, recorded_ms: float) -> float:
        """How many seconds are left until something that was recorded at `recorded_ms` is due; zero if it is."""
        return max(0.0, self.started + recorded_ms / 1000 / self.speed - clock())

    def waits(self, recorded_ms: Iterable[float]) -> Iterator[float]:
        """How many seconds are left until each of these is due, asked when it is next; then zero without end."""
        for time_ms in recorded_ms:
            yield self.until(time_ms)
        while True:
            yield 0.0
