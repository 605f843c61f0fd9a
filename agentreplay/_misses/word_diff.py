"""Where two texts differ, word by word, with a little of what stands around."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from agentreplay._misses.alignment import Span, changed_spans, common_start
from agentreplay._misses.excerpts import told_apart
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


def _spans(ours: list[str], theirs: list[str]) -> list[Span]:
    spans = changed_spans(ours, theirs)
    if spans is not None:
        return spans
    # First which sentences differ, then which words of those.
    old, new = _sentences(ours), _sentences(theirs)
    rough = changed_spans(
        *(["".join(words[i:j]) for i, j in pairwise(ends)] for words, ends in ((ours, old), (theirs, new)))
    )
    result: list[Span] = []
    for span in rough or [Span(0, len(old) - 1, 0, len(new) - 1)]:
        i1, i2, j1, j2 = old[span.start], old[span.end], new[span.new_start], new[span.new_end]
        fine = changed_spans(ours[i1:i2], theirs[j1:j2]) or [Span(0, i2 - i1, 0, j2 - j1)]
        result += [Span(i1 + f.start, i1 + f.end, j1 + f.new_start, j1 + f.new_end) for f in fine]
    return result


def _sentences(words: list[str]) -> list[int]:
    """Where the sentences and lines of a text begin, by the places of its words, and where the last one ends."""
    inner = [place + 1 for place, word in enumerate(words) if word.startswith((".", "!", "?", "。")) or "\n" in word]
    return sorted({0, *inner, len(words)})


def _joined(spans: list[Span], ours: list[str]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and _length(ours[joined[-1].end : span.start]) <= _JOINED_UP_TO:
            joined[-1] = Span(joined[-1].start, span.end, joined[-1].new_start, span.new_end)
        else:
            joined.append(span)
    return joined


def _grouped(spans: list[Span], ours: list[str]) -> list[list[Span]]:
    groups: list[list[Span]] = []
    for span in spans:
        near = groups and _length(ours[groups[-1][-1].end : span.start]) <= _BETWEEN
        if near and _length(ours[groups[-1][0].start : groups[-1][-1].end]) < _PASSAGE:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _passage(group: list[Span], spans: list[Span], ours: list[str], theirs: list[str]) -> Passage:
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
        start = common_start(old, new)
        end = common_start(old[start:][::-1], new[start:][::-1])
    else:
        start = 0
        end = common_start(_space_at_end(old)[::-1], _space_at_end(new)[::-1])
    lead, tail = old[:start], old[len(old) - end :]
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    begin = max(0, common_start(old, new) - _KEPT_IN_COMMON)
    changed = told_apart(_clipped(old, begin), _clipped(new, begin))
    return [Piece(printable(lead)), Piece("", *changed), Piece(printable(tail))]


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
