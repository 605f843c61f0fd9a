"""Where two texts differ, word by word, with a little of what stands around."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple, TypeAlias

from agentreplay._excerpts import told_apart
from agentreplay._printable import printable

_TOKEN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]\s*|\w+\s*|[^\w\s]\s*|\s+")
_CONTEXT: Final = 32
"""Characters shown before the first change of a passage and after its last."""
_CHANGED: Final = 50
"""Characters shown of what was there, and of what is there now."""
_BETWEEN: Final = 24
"""Characters between two changes up to which they stand in one passage."""
_PASSAGE: Final = 30
"""Characters of recorded text from which on a passage takes no further change."""
_JOINED_UP_TO: Final = 2
"""Characters between two changes up to which they are shown as one."""
_KEPT_IN_COMMON: Final = 12
"""Characters shown of what two long texts have in common where they begin to differ."""
_COMPARED_IN_FULL: Final = 3_000
"""Words, of both texts together and without their common ends, up to which all changes are looked for."""


class Piece(NamedTuple):
    """A stretch of a passage: text that both have (`recorded` and `actual` are None), or one change."""

    both: str
    recorded: str | None = None
    actual: str | None = None


Passage: TypeAlias = list[Piece]
"""Changes that stand close together, and the text before, between and after them."""


class WordDiff(NamedTuple):
    """All changes between two texts. `changed` is the share of the recorded text that they make up, from 0 to 1."""

    passages: list[Passage]
    changes: int
    changed: float
    only_space: bool


class _Span(NamedTuple):
    """One change, by the places of its words in both texts."""

    start: int
    end: int
    new_start: int
    new_end: int


def word_diff(recorded: str, actual: str) -> WordDiff:
    """How `actual` differs from `recorded`."""
    ours, theirs = _TOKEN.findall(recorded), _TOKEN.findall(actual)
    spans = _joined(_spans(ours, theirs), ours)
    changed = sum(_length(ours[span.start : span.end]) for span in spans)
    return WordDiff(
        [_passage(group, spans, ours, theirs) for group in _grouped(spans, ours)],
        len(spans),
        changed / len(recorded) if recorded else 1.0,
        only_space=recorded.split() == actual.split(),
    )


def _spans(ours: list[str], theirs: list[str]) -> list[_Span]:
    start = _common_start(ours, theirs)
    end = _common_start(ours[start:][::-1], theirs[start:][::-1])
    middle, new_middle = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if len(middle) + len(new_middle) > _COMPARED_IN_FULL:
        return [_Span(start, len(ours) - end, start, len(theirs) - end)]
    codes = SequenceMatcher(None, middle, new_middle, autojunk=False).get_opcodes()
    return [_Span(*(place + start for place in places)) for tag, *places in codes if tag != "equal"]


def _joined(spans: list[_Span], ours: list[str]) -> list[_Span]:
    joined: list[_Span] = []
    for span in spans:
        if joined and _length(ours[joined[-1].end : span.start]) <= _JOINED_UP_TO:
            joined[-1] = _Span(joined[-1].start, span.end, joined[-1].new_start, span.new_end)
        else:
            joined.append(span)
    return joined


def _grouped(spans: list[_Span], ours: list[str]) -> list[list[_Span]]:
    groups: list[list[_Span]] = []
    for span in spans:
        near = groups and _length(ours[groups[-1][-1].end : span.start]) <= _BETWEEN
        if near and _length(ours[groups[-1][0].start : groups[-1][-1].end]) < _PASSAGE:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _passage(group: list[_Span], spans: list[_Span], ours: list[str], theirs: list[str]) -> Passage:
    first, last = spans.index(group[0]), spans.index(group[-1])
    # What stands around goes no further than to the next change, which would else be shown as if it were none.
    begin = spans[first - 1].end if first else 0
    end = spans[last + 1].start if last + 1 < len(spans) else len(ours)
    before = "".join(ours[max(begin, group[0].start - _CONTEXT) : group[0].start])
    after = "".join(ours[group[-1].end : min(end, group[-1].end + _CONTEXT)])
    pieces = [Piece(_cut_before(before, more=group[0].start - _CONTEXT > 0 or begin > 0))]
    for number, span in enumerate(group):
        if number:
            pieces.append(Piece(printable("".join(ours[group[number - 1].end : span.start]))))
        pieces += _change("".join(ours[span.start : span.end]), "".join(theirs[span.new_start : span.new_end]))
    more = group[-1].end + _CONTEXT < len(ours) or end < len(ours)
    return [piece for piece in [*pieces, Piece(_cut_after(after, more=more))] if any(piece)]


def _change(old: str, new: str) -> list[Piece]:
    if old.split() == new.split():
        # Of words that only stand further apart, the space alone is the change.
        start = _common_start(old, new)
        end = _common_start(old[start:][::-1], new[start:][::-1])
    else:
        start = 0
        end = _common_start(_space_at_end(old)[::-1], _space_at_end(new)[::-1])
    lead, tail = old[:start], old[len(old) - end :]
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    begin = max(0, _common_start(old, new) - _KEPT_IN_COMMON)
    changed = told_apart(_clipped(old, begin), _clipped(new, begin))
    return [Piece(printable(lead)), Piece("", *changed), Piece(printable(tail))]


def _common_start(ours: Sequence[str], theirs: Sequence[str]) -> int:
    length = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        length += 1
    return length


def _space_at_end(text: str) -> str:
    return text[len(text.rstrip()) :]


def _length(words: list[str]) -> int:
    return sum(map(len, words))


def _cut_before(text: str, *, more: bool) -> str:
    return ("…" if more or len(text) > _CONTEXT else "") + printable(text[-_CONTEXT:])


def _cut_after(text: str, *, more: bool) -> str:
    return printable(text[:_CONTEXT]) + ("…" if more or len(text) > _CONTEXT else "")


def _clipped(text: str, begin: int) -> str:
    """`text` from `begin` on where it is too long, so that two long texts are seen where they part."""
    if len(text) <= _CHANGED:
        return text
    cut = text[begin : begin + _CHANGED]
    return ("…" if begin else "") + cut + ("…" if begin + _CHANGED < len(text) else "")
