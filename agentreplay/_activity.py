"""Whether anything goes on here at all that a call might be part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentreplay._active import open_sessions, suspended_sessions
from agentreplay._modes import MODE_SAID
from agentreplay._outside import rules_laid
from agentreplay._recording_here import places_recording

__all__ = ["ANYTHING_ACTIVE"]

ANYTHING_ACTIVE: Final[Sequence[object]] = (
    open_sessions,
    suspended_sessions,
    places_recording,
    rules_laid,
    MODE_SAID,
)
"""While none of these is true, calls go on as if we were not there: no session is open, nothing is being recorded, and
nobody refuses calls."""
