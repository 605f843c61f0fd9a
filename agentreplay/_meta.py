"""What a cassette's file says of itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final

from pydantic import Field

from agentreplay._provenance import Frozen, Parent
from agentreplay._recorded import Record, SortedTexts, in_order

CASSETTE_SCHEMA_VERSION: Final = 2
"""The schema that this release writes."""


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class CassetteMeta(Record):
    """What a file says of itself.

    `recorded_at` is an ISO 8601 time in UTC; `content_hash` the SHA-256 of the interactions (64 digits, empty before
    `Cassette.finalize()`); `sdks` maps each SDK that was recorded to its version. `frozen` says what stood still,
    `parent` which recording this is a fork of.
    """

    schema_version: int = CASSETTE_SCHEMA_VERSION
    agentreplay_version: str = ""
    recorded_at: str = Field(default_factory=_now)
    content_hash: str = ""
    test_id: str = ""
    sdks: SortedTexts | None = None
    frozen: Frozen | None = None
    parent: Parent | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"sdks", "frozen", "parent"})

    def _plain(self) -> dict[str, Any]:
        """The fields as they stand in a file."""
        found = super()._plain()
        if self.sdks is not None:
            found["sdks"] = in_order(self.sdks)
        return found

    def age(self) -> timedelta | None:
        """How long ago it was recorded; None where `recorded_at` is no time."""
        try:
            recorded_at = datetime.fromisoformat(self.recorded_at.replace("Z", "+00:00"))
        except ValueError:
            return None
        if recorded_at.tzinfo is None:
            recorded_at = recorded_at.replace(tzinfo=timezone.utc)
        return datetime.now(timezone.utc) - recorded_at
