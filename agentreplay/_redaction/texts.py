"""Calls as the texts that they consist of, and whether anything would be taken out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentreplay._redaction._redactor import Redactor


@dataclass(frozen=True)
class Texts:
    """What a call consists of: `strings`, JSON texts that are whole `bodies`, and those of the `events` of a stream."""

    strings: Sequence[str]
    bodies: Sequence[str]
    events: Sequence[str]


def clean_ones(calls: Sequence[Texts | None], redactor: Redactor) -> list[bool]:
    """For each of these calls whether it can be told at a glance that nothing would be taken out of it.

    It is told of all together, if that can be, and otherwise of each; of None nothing is told.
    """
    told = [texts for texts in calls if texts is not None]
    together = _are_clean(told, redactor)
    alone = len(told) == 1
    return [texts is not None and (together or (not alone and _are_clean([texts], redactor))) for texts in calls]


def _are_clean(calls: Sequence[Texts], redactor: Redactor) -> bool:
    bodies = [body for call in calls for body in call.bodies]
    strings = [string for call in calls for string in call.strings]
    return redactor.bodies_are_clean(bodies, strings) and all(
        redactor.events_are_clean(call.events) for call in calls if call.events
    )
