"""One pass of redaction over many texts: they are searched together, and until nothing more is found."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from agentreplay._redaction._names import SecretName, secret_part
from agentreplay._redaction._placeholders import Placeholders
from agentreplay._redaction._spans import BARRIER, Span, replaced, settled
from agentreplay._redaction._user_rules import UserRules

SHORTEST_FOUND: Final = 8
"""No built-in rule but those for personal data finds anything in a shorter text that stands under no secret's name."""


_LONG: Final = 256
"""Shorter texts are searched as fast as they are looked up."""

_REMEMBERED: Final = 4096


@dataclass
class Texts:
    """What is redacted in one go.

    `channels` are lists of positions in `texts` whose strings are pieces of one text, `singles` the positions of
    strings that are judged alone. `named` has the secrets' names that single strings stand under. The user's rules
    are for the first `values` strings; behind them stand keys of objects.
    """

    texts: list[str]
    channels: list[list[int]]
    singles: Sequence[int]
    named: Mapping[int, SecretName]
    values: int

    def joined(self, unit: Sequence[int]) -> str:
        """The text that the strings at these positions are pieces of."""
        return "".join([self.texts[leaf] for leaf in unit]) if len(unit) > 1 else self.texts[unit[0]]

    def put(self, unit: Sequence[int], pieces: Iterable[str]) -> set[int]:
        """Set the strings at these positions, and say which of them changed."""
        changed: set[int] = set()
        for leaf, piece in zip(unit, pieces, strict=True):
            if self.texts[leaf] != piece:
                self.texts[leaf] = piece
                changed.add(leaf)
        return changed


class Clean:
    """Long texts in which nothing was found, by their digest, so that a conversation's history is searched once.

    They are forgotten when more becomes known. The newest few thousand are remembered, in 16 bytes each.
    """

    def __init__(self) -> None:
        self.digests: dict[bytes, None] = {}

    def forget(self) -> None:
        """Take nothing for clean any more. A search that has begun before adds to what is forgotten."""
        self.digests = {}

    @staticmethod
    def digest(text: str) -> bytes:
        """What stands for `text`."""
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    @staticmethod
    def add(digests: dict[bytes, None], digest: bytes) -> None:
        """Remember one more, in the `digests` that held when the search began."""
        digests[digest] = None
        if len(digests) > _REMEMBERED:
            for oldest in list(digests)[: _REMEMBERED // 2]:
                digests.pop(oldest, None)


@dataclass(frozen=True)
class TakingOut:
    """Takes secrets out of texts: what `find` finds, what the `user` adds, and what stands under a secret's name.

    `personal` says whether `find` looks for personal data, which may be short.
    """

    find: Callable[[str], Iterator[Span]]
    personal: bool
    user: UserRules
    placeholders: Placeholders
    clean: Clean = field(default_factory=Clean)

    def run(self, work: Texts) -> None:
        """Put placeholders for all secrets into the texts.

        To take one secret out may lay another one bare, so this goes on until nothing more is found: doing it once
        more changes nothing.
        """
        self.placeholders.reserve("\n".join(work.texts))
        if self.user.functions:
            self._call_functions(work)
        shortest = 1 if self.personal or self.user.patterns else SHORTEST_FOUND
        channels = work.channels
        singles = [leaf for leaf in work.singles if len(work.texts[leaf]) >= shortest or leaf in work.named]
        clean = self.clean.digests
        long = {
            leaf: self.clean.digest(work.texts[leaf])
            for leaf in singles
            if len(work.texts[leaf]) >= _LONG and leaf < work.values and leaf not in work.named
        }
        singles = [leaf for leaf in singles if long.get(leaf) not in clean]
        while channels or singles:
            changed = self._take_out(work, channels, {})
            changed |= self._take_out_alike(work, singles)
            for leaf in long.keys() - changed:
                self.clean.add(clean, long[leaf])
            # Those that changed were not clean, and what has become of them is another text.
            long.clear()
            channels = [channel for channel in channels if not changed.isdisjoint(channel)]
            singles = [leaf for leaf in singles if leaf in changed]

    def finds_nothing(self, work: Texts) -> bool:
        """Whether it can be told at a glance that `run` would change nothing."""
        if work.channels or self.user.functions or self.user.patterns:
            return False
        if any(secret_part(work.texts[leaf], name) for leaf, name in work.named.items()):
            return False
        return next(iter(self.find(BARRIER.join(work.texts))), None) is None

    def _call_functions(self, work: Texts) -> None:
        in_channels = {leaf for channel in work.channels for leaf in channel}
        alone = ([leaf] for leaf in work.singles if leaf < work.values and leaf not in in_channels)
        for unit in [*work.channels, *alone]:
            work.put(unit, self.user.without([work.texts[leaf] for leaf in unit]))

    def _take_out_alike(self, work: Texts, singles: Sequence[int]) -> set[int]:
        """Take the secrets out of single texts, and say which changed. Equal ones are searched once."""
        alike: dict[tuple[str, object], list[int]] = {}
        for leaf in singles:
            sort = work.named.get(leaf) or leaf < work.values
            alike.setdefault((work.texts[leaf], sort), []).append(leaf)
        changed = self._take_out(work, [[leaves[0]] for leaves in alike.values()], work.named)
        if changed:
            for first, *others in alike.values():
                if first in changed:
                    changed |= work.put(others, [work.texts[first]] * len(others))
        return changed

    def _take_out(self, work: Texts, units: list[list[int]], named: Mapping[int, SecretName]) -> set[int]:
        """Take the secrets out of the joined text of each unit, and say which texts changed."""
        joined = [work.joined(unit) for unit in units]
        found: list[tuple[int, Span]] = []
        # Text that is all ASCII is searched several times faster, so it is not mixed with other text.
        for ascii_only in (True, False):
            numbers = [number for number, text in enumerate(joined) if text.isascii() is ascii_only]
            if numbers:
                names = {number: named[units[number][0]] for number in numbers if units[number][0] in named}
                users = {number for number in numbers if self.user.patterns and units[number][0] < work.values}
                found += self._find_together({number: joined[number] for number in numbers}, names, users)
        replacements: dict[int, list[tuple[int, int, str]]] = {}
        for number, (start, end, label, secret) in sorted(found, key=lambda each: (each[0], each[1].start)):
            placeholder = self.placeholders.given_to(secret or joined[number][start:end], label)
            replacements.setdefault(number, []).append((start, end, placeholder))
        changed: set[int] = set()
        for number, spans in replacements.items():
            unit = units[number]
            changed |= work.put(unit, replaced([work.texts[leaf] for leaf in unit], spans))
        return changed

    def _find_together(
        self, texts: Mapping[int, str], names: Mapping[int, SecretName], users: set[int]
    ) -> Iterator[tuple[int, Span]]:
        """What is to be replaced in which of `texts`.

        `names` has the secrets' names that some of them stand under as a whole, `users` are those that the user's
        patterns are for.
        """
        text = BARRIER.join(texts.values())
        starts = [0, *accumulate(len(each) + 1 for each in texts.values())]
        offsets = dict(zip(texts, starts, strict=False))
        spans = list(self.find(text))
        for number, name in names.items():
            part = secret_part(texts[number], name)
            if part:
                spans.append(Span(offsets[number] + part[0], offsets[number] + part[1], name.label))
        for number in users:
            spans += [_moved(span, offsets[number]) for span in self.user.find(texts[number])]
        numbers = list(texts)
        for span in settled(spans, text):
            number = numbers[bisect_right(starts, span.start) - 1]
            yield number, _moved(span, -offsets[number])


def _moved(span: Span, distance: int) -> Span:
    return span._replace(start=span.start + distance, end=span.end + distance)
