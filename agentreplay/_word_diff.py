"""Where two texts differ, word by word, with a little of what stands around."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from agentreplay._excerpts import told_apart
from agentreplay._printable import printable

_TOKEN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]\s*|\w+\s*|[^\w\s]\s*|\s+")
_CONTEXT: Final = 40
"""Characters shown on either side of a change."""
_CHANGED: Final = 70
"""Characters shown of what was there, and of what is there now."""
_JOINED_UP_TO: Final = 12
"""Characters between two changes up to which they are shown as one."""
_COMPARED_IN_FULL: Final = 3_000
"""Words, of both texts together and without their common ends, up to which all changes are looked for."""


class Hunk(NamedTuple):
    """One change: what stands before it, what was recorded, what is there now, and what stands after it."""

    before: str
    recorded: str
    actual: str
    after: str


class WordDiff(NamedTuple):
    """All changes between two texts. `changed` is the share of the recorded text that they make up, from 0 to 1."""

    hunks: list[Hunk]
    changed: float
    only_space: bool


def word_diff(recorded: str, actual: str) -> WordDiff:
    """How `actual` differs from `recorded`."""
    ours, theirs = _TOKEN.findall(recorded), _TOKEN.findall(actual)
    start = _common_start(ours, theirs)
    end = _common_start(ours[start:][::-1], theirs[start:][::-1])
    middle, new_middle = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if len(middle) + len(new_middle) <= _COMPARED_IN_FULL:
        codes = SequenceMatcher(None, middle, new_middle, autojunk=False).get_opcodes()
        spans = [(i1 + start, i2 + start, j1 + start, j2 + start) for tag, i1, i2, j1, j2 in codes if tag != "equal"]
    else:
        spans = [(start, len(ours) - end, start, len(theirs) - end)]
    spans = _joined(spans, ours)
    changed = sum(len("".join(ours[i1:i2])) for i1, i2, _, _ in spans)
    return WordDiff(
        [_hunk(ours, theirs, span) for span in spans],
        changed / len(recorded) if recorded else 1.0,
        only_space=recorded.split() == actual.split(),
    )


def _common_start(ours: Sequence[str], theirs: Sequence[str]) -> int:
    length = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        length += 1
    return length


def _joined(spans: list[tuple[int, int, int, int]], ours: list[str]) -> list[tuple[int, int, int, int]]:
    joined: list[tuple[int, int, int, int]] = []
    for span in spans:
        if joined and len("".join(ours[joined[-1][1] : span[0]])) <= _JOINED_UP_TO:
            joined[-1] = (joined[-1][0], span[1], joined[-1][2], span[3])
        else:
            joined.append(span)
    return joined


def _hunk(ours: list[str], theirs: list[str], span: tuple[int, int, int, int]) -> Hunk:
    i1, i2, j1, j2 = span
    old, new = "".join(ours[i1:i2]), "".join(theirs[j1:j2])
    # Space at the end that both share belongs to what follows.
    shared = ""
    while old and new and old[-1] == new[-1] and old[-1].isspace():
        shared, old, new = old[-1] + shared, old[:-1], new[:-1]
    before, after = "".join(ours[max(0, i1 - 30) : i1]), shared + "".join(ours[i2 : i2 + 30])
    cut_before = len(before) > _CONTEXT or i1 > 30
    cut_after = len(after) > _CONTEXT or i2 + 30 < len(ours)
    begin = max(0, _common_start(old, new) - _JOINED_UP_TO)
    old, new = told_apart(_clipped(old, begin), _clipped(new, begin))
    return Hunk(
        ("…" if cut_before else "") + printable(before[-_CONTEXT:]),
        old,
        new,
        printable(after[:_CONTEXT]) + ("…" if cut_after else ""),
    )


def _clipped(text: str, begin: int) -> str:
    """`text` from `begin` on where it is too long, so that two long texts are seen where they part."""
    if len(text) <= _CHANGED:
        return text
    cut = text[begin : begin + _CHANGED]
    return ("…" if begin else "") + cut + ("…" if begin + _CHANGED < len(text) else "")
