"""Which stretches of two sequences differ, in bounded time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

_MOST_PAIRS: Final = 60_000
"""Pairs of equal items up to which two sequences are aligned: the time goes by them, and not by the length alone."""


class Span(NamedTuple):
    """A stretch of one sequence that stands where a stretch of the other stood; one of the two may be empty."""

    start: int
    end: int
    new_start: int
    new_end: int


def changed_spans(ours: Sequence[str], theirs: Sequence[str]) -> list[Span] | None:
    """The stretches that differ, in order; None where so many items are alike that it would take too long."""
    start = common_start(ours, theirs)
    end = common_start(ours[start:][::-1], theirs[start:][::-1])
    middle, new_middle = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    counts = Counter(new_middle)
    if sum(counts[item] for item in middle) > _MOST_PAIRS:
        return None
    codes = SequenceMatcher(None, middle, new_middle, autojunk=False).get_opcodes()
    return [Span(*(place + start for place in places)) for tag, *places in codes if tag != "equal"]


def common_start(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many items the two have in common from their beginning on."""
    length = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        length += 1
    return length
