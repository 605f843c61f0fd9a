"""What a cassette says of how it came about: what stood still meanwhile, and which recording it was forked from."""

from __future__ import annotations

from agentreplay._recorded import Record


class Frozen(Record):
    """What a session with `freeze=` held fast while it was recorded.

    `time` is its start, an ISO 8601 time in UTC with microseconds; `zone` the local time zone then, in POSIX notation
    (`<CET>-01:00`), left out for UTC; `seed` is what `uuid` and `random` were started with.
    """

    time: str | None = None
    zone: str | None = None
    seed: int | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"time", "zone", "seed"})


class Parent(Record):
    """The recording that a fork was made of: its test and content hash, and how many of its answers were replayed."""

    test_id: str = ""
    content_hash: str = ""
    replayed: int = 0
