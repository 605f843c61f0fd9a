"""What recording in a running app says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RecordingStatus:
    """Counters of this process since recording began in it; a forked child counts from 0.

    Attributes:
        recording: whether calls are being recorded.
        directory: where to.
        calls: calls that were seen outside of every session.
        sampled_out: those of them that `sample` left out.
        written: those that are on the disk.
        unsaved: those that have their answer and wait for the disk.
        dropped: those that were lost: no room in memory, or refused by the disk for good.
        unsaved_bytes: what calls hold in memory now, those still under way included.
        faults: how often something of agentreplay failed.
        last_fault: what failed last: sort and place, never the content of a call.
    """

    recording: bool = False
    directory: Path | None = None
    calls: int = 0
    sampled_out: int = 0
    written: int = 0
    unsaved: int = 0
    dropped: int = 0
    unsaved_bytes: int = 0
    faults: int = 0
    last_fault: str | None = None
