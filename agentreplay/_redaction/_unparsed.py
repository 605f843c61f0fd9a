"""Whether a JSON text holds nothing that would be taken out of it, told without parsing it.

It is told for certain, or not at all: whoever is not told so parses the text and redacts what it says. Where there is
a doubt (a secret's name, a placeholder, an odd escape, a rule that is a function) nothing is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from agentreplay._redaction._lexing import is_structure, parts_of, plain, structure_of
from agentreplay._redaction._names import secret_name
from agentreplay._redaction._spans import BARRIER, PLACEHOLDER_START
from agentreplay._redaction._taking_out import SHORTEST_FOUND, TakingOut

_LONGEST: Final = 1 << 18
"""Longer strings are mostly images and files, which are known by what stands beside them."""

_REMEMBERED: Final = 1 << 20
"""How many characters of clean strings are remembered."""

_DOUBTFUL: Final = "logprob"
"""A key that makes the strings beside it pieces of one text."""


class Unparsed:
    """Tells it of the texts of one session, by the rules of `taking_out`.

    Strings in which nothing was found are remembered, so that a conversation's history and the keys of an API are
    searched once; they are forgotten when more becomes known.
    """

    def __init__(self, taking_out: TakingOut) -> None:
        self._taking_out = taking_out
        self._shortest = 1 if taking_out.personal or taking_out.user.patterns else SHORTEST_FOUND
        self._clean: dict[str, None] = {}
        self._size = 0

    def forget(self) -> None:
        """Take no string for clean any more. A search that has begun before adds to what is forgotten."""
        self._clean = {}
        self._size = 0

    def bodies_are_clean(self, bodies: Iterable[str], beside: Iterable[str]) -> bool:
        """Whether nothing would be taken out of the values that these JSON texts say, nor of strings `beside` them."""
        strings = set(beside)
        if any("\\" in string or "\x01" in string or "\x02" in string for string in strings):
            return False
        for body in bodies:
            parts = parts_of(body)
            if parts is None or not is_structure(structure_of(parts)):
                return False
            strings.update(parts[1::2])
        return self.strings_are_clean(strings)

    def strings_are_clean(self, strings: Collection[str]) -> bool:
        """Whether nothing would be taken out of any of these strings, which are parts of a text, keys and values."""
        clean = self._clean
        fresh = [string for string in strings if string not in clean]
        try:
            texts = [plain(string) for string in fresh]
        except ValueError:
            return False
        if _DOUBTFUL in texts or any(map(secret_name, texts)) or not self.texts_are_clean(texts):
            return False
        self._remember(clean, fresh)
        return True

    def texts_are_clean(self, texts: Collection[str]) -> bool:
        """Whether nothing would be taken out of any of these texts, whatever they stand under."""
        user = self._taking_out.user
        if user.functions:
            return False
        searched = [text for text in texts if len(text) >= self._shortest and not _is_media(text)]
        if any(len(text) > _LONGEST for text in searched):
            return False
        if user.patterns and any(next(iter(user.find(text)), None) for text in searched):
            return False
        joined = BARRIER.join(searched)
        if joined.isascii():
            return self._is_clean(joined)
        # Text that is all ASCII is searched several times faster, so it is not mixed with other text.
        return all(
            self._is_clean(BARRIER.join([text for text in searched if text.isascii() is ascii_only]))
            for ascii_only in (True, False)
        )

    def _is_clean(self, joined: str) -> bool:
        if not joined:
            return True
        return PLACEHOLDER_START not in joined and next(iter(self._taking_out.find(joined)), None) is None

    def _remember(self, clean: dict[str, None], strings: Iterable[str]) -> None:
        for string in strings:
            clean[string] = None
            self._size += len(string)
        if self._size > _REMEMBERED:
            for oldest in list(clean)[: len(clean) // 2 + 1]:
                del clean[oldest]
            self._size = sum(map(len, clean))


def _is_media(text: str) -> bool:
    return text.startswith("data:") and ";base64," in text[:200]
