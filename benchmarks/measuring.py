"""CPU times of several contenders, taken in turn.

pyperf and pytest-benchmark time one benchmark after the other, in wall time or in a process of its own each; on a
machine that others use too, and whose clock rate changes, the ratio of two such times says little. Here each round
makes some calls of every contender, so that what disturbs one disturbs all, and what is compared is the median. What
pyperf is good at is left to it: the results are written in its format, for its `stats` and `compare_to`.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from benchmarks.contenders import Contender, Session
from benchmarks.workloads import Workload


@dataclass
class Measured:
    """The times of one contender: microseconds of CPU for one call; or why there are none."""

    times_us: list[float] = field(default_factory=list[float])
    why_not: str | None = None

    @property
    def median_us(self) -> float:
        """The median of all calls."""
        return median(self.times_us)

    @property
    def spread_us(self) -> tuple[float, float]:
        """The quartiles."""
        if len(self.times_us) < 2:
            return self.times_us[0], self.times_us[0]
        first, _, third = quantiles(self.times_us, n=4)
        return first, third


def measure(workload: Workload, contenders: Mapping[str, Contender], rounds: int, calls: int) -> dict[str, Measured]:
    """The times of each contender, by name: so many rounds, in each of which every one makes so many calls in turn.

    Each opens a replay of its own in each round, so that none stands in another's way, and makes one call more at its
    beginning that does not count. A contender that cannot be made ready, or whose first call fails, has no times.
    """
    found = {name: Measured() for name in contenders}
    sessions: dict[str, Session] = {}
    with tempfile.TemporaryDirectory() as folder:
        for place, (name, contender) in enumerate(contenders.items()):
            own = Path(folder) / str(place)
            own.mkdir()
            try:
                sessions[name] = contender(workload, calls + 1, own)
                _timed(sessions[name], workload, 0)
            except Exception as error:  # noqa: BLE001 (whatever keeps a tool from working is what the table says of it)
                sessions.pop(name, None)
                found[name].why_not = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:100]}"
        for _ in range(rounds):
            for name, session in sessions.items():
                found[name].times_us += _timed(session, workload, calls)
    return found


def _timed(session: Session, workload: Workload, calls: int) -> list[float]:
    times: list[float] = []
    with session() as call:
        call(0)
        # Not in the middle of somebody's call.
        gc.collect()
        for number in range(1, calls + 1):
            started = time.process_time_ns()
            call(number)
            times.append((time.process_time_ns() - started) / 1000 / workload.units)
    return times
