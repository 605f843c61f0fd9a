"""What rules find in a text, and the placeholders that take its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

BARRIER: Final = "\0"
"""Stands between texts that are searched in one go: no rule matches across it."""

PLACEHOLDER_START: Final = "[REDACTED:"
PLACEHOLDER: Final = re.compile(r"\[REDACTED:([a-z0-9]+(?:-[a-z0-9]+)*):([1-9][0-9]{0,17})\]")
"""A placeholder: its label, and the ordinal that tells one value from another."""


_FREQUENT: Final = b"abcdefghijklmnopqrstuvwxyz ,"


def rare_in(text: str) -> bytes:
    """What is left of `text` without the most frequent characters: what is not in that cannot be in the text either.

    Most texts are words in small letters, of which little is left.
    """
    return text.encode("utf-8", "surrogatepass").translate(None, _FREQUENT)


class Span(NamedTuple):
    """A place in a text to be redacted.

    `secret` is the value that the place stands for where the text holds another form of it (base64, escaped);
    None where it is the text itself.
    """

    start: int
    end: int
    label: str
    secret: str | None = None


def settled(spans: Iterable[Span], text: str) -> list[Span]:
    """`spans` in order, with none overlapping another and none inside a placeholder that `text` holds already.

    Spans that overlap become one, which bears the label of the longest of them.
    """
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not joined or span.start >= joined[-1].end:
            joined.append(span)
        elif span.end > joined[-1].end:
            joined[-1] = _union(joined[-1], span)
    if not joined or PLACEHOLDER_START not in text:
        return joined
    return _outside(joined, [match.span() for match in PLACEHOLDER.finditer(text)], text)


def _union(first: Span, second: Span) -> Span:
    longest = max(first, second, key=lambda span: span.end - span.start)
    return Span(first.start, second.end, longest.label)


def _outside(spans: list[Span], placeholders: list[tuple[int, int]], text: str) -> list[Span]:
    kept: list[Span] = []
    ends_of_placeholders = [end for _, end in placeholders]
    for span in spans:
        start = span.start
        number = bisect_right(ends_of_placeholders, start)
        while number < len(placeholders) and placeholders[number][0] < span.end:
            kept += _rest(span, start, placeholders[number][0], text)
            start = placeholders[number][1]
            number += 1
        kept += [span] if start == span.start else _rest(span, start, span.end, text)
    return kept


def _rest(span: Span, start: int, end: int, text: str) -> list[Span]:
    # What is only punctuation is what stood around the value, not the value.
    return [Span(start, end, span.label)] if any(char.isalnum() for char in text[start:end]) else []


def replaced(pieces: Sequence[str], spans: Sequence[tuple[int, int, str]]) -> list[str]:
    """`pieces` with each `(start, end, text)` of their joined text replaced.

    The new text goes into the piece in which its span begins; the following pieces lose what the span covered.
    """
    result: list[str] = []
    offset = 0
    remaining = iter([*spans, (_FAR, _FAR, "")])
    start, end, text = next(remaining)
    for piece in pieces:
        limit = offset + len(piece)
        position = offset
        kept: list[str] = []
        while start < limit:
            if start >= position:
                kept.append(piece[position - offset : start - offset])
                kept.append(text)
            position = min(end, limit)
            if end > limit:
                break
            start, end, text = next(remaining)
        kept.append(piece[position - offset :])
        result.append("".join(kept) if len(kept) > 1 else kept[0])
        offset = limit
    return result


_FAR: Final = 1 << 62
