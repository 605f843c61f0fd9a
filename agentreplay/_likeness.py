"""Which events of a stream are alike but for a few texts and numbers, by a look at the lines of their text alone.

The text is laid out by pydantic with one member or item a line, as files are. A text in it holds no line end, since
that is escaped: so two that have the same lines but for the value behind the same name have the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import chain, takewhile
from operator import methodcaller
from typing import Final

_BEFORE_A_VALUE: Final = re.compile(rb' +(?:"(?:[^"\\]|\\.)*": )?')
_MARK: Final = re.compile(rb' +"\$')
"""How a line begins that says how a value is told by another one."""

_AT_ONCE: Final = 256
"""How many texts are looked at together."""


class Likeness:
    """What the texts of several events have in common: all but the values in the lines that are `numbers` of `lines`.

    Lines are counted from 0.
    """

    def __init__(self, lines: Sequence[bytes], numbers: Collection[int]) -> None:
        text = b"\n".join(lines)
        constants: list[bytes] = []
        reached = begin = 0
        for number, line in enumerate(lines):
            if number in numbers:
                constants.append(text[reached : begin + _value_start(line)])
                reached = begin + len(line.removesuffix(b","))
            begin += len(line) + 1
        self._first, *self._between = constants
        self._last = text[reached:]

    def columns(self, texts: Sequence[bytes]) -> list[list[bytes]]:
        """The values in which `texts` differ, list by list: of as many, from the first on, as are of this likeness."""
        begin_so = takewhile(methodcaller("startswith", self._first), texts)
        rests = [
            text[len(self._first) : len(text) - len(self._last)]
            for text in takewhile(methodcaller("endswith", self._last), begin_so)
        ]
        found: list[list[bytes]] = []
        for constant in self._between:
            parted = [rest.partition(constant) for rest in rests]
            found.append([value for value, _, _ in parted])
            rests = [rest for _, _, rest in parted]
        found.append(rests)
        if b"\n" in b"".join(chain.from_iterable(found)) or not all(rests):
            rows = zip(*found, strict=True)
            stop = next(number for number, row in enumerate(rows) if not row[-1] or b"\n" in b"".join(row))
            found = [column[:stop] for column in found]
        return found

    def text(self, values: Sequence[bytes]) -> bytes:
        """The text of this likeness that has these values."""
        parts = [self._first]
        for value, constant in zip(values, [*self._between, self._last], strict=True):
            parts += [value, constant]
        return b"".join(parts)


def alike_from(texts: Sequence[bytes], start: int, within: bytes) -> tuple[Likeness, list[list[bytes]]] | None:
    """What the text at `start` and those behind it have in common, as many as are alike, and the values of all of them.

    They may differ in lines that begin with `within` only. None where not even the next one is alike.
    """
    texts = texts[start : start + _AT_ONCE]
    lines = texts[0].split(b"\n")
    numbers: set[int] = set()
    found: tuple[Likeness, list[list[bytes]]] | None = None
    stop = 1
    while stop < len(texts):
        differing = _differing(lines, texts[stop].split(b"\n"), within)
        if differing is None or differing <= numbers:
            break
        # What was equal by chance so far.
        numbers |= differing
        likeness = Likeness(lines, numbers)
        found = likeness, likeness.columns(texts)
        stop = len(found[1][0])
    return found if stop > 1 else None


def _differing(lines: Sequence[bytes], others: Sequence[bytes], within: bytes) -> set[int] | None:
    """The numbers of the lines that have another value; None where they differ in more than that."""
    if len(lines) != len(others):
        return None
    found: set[int] = set()
    for number, (line, other) in enumerate(zip(lines, others, strict=True)):
        if line == other:
            continue
        start = _value_start(line)
        if not line.startswith(within) or line[:start] != other[:start] or _MARK.match(line):
            return None
        found.add(number)
    return found


def _value_start(line: bytes) -> int:
    found = _BEFORE_A_VALUE.match(line)
    return found.end() if found else 0
