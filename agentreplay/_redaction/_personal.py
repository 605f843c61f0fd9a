"""Personal data, searched for only where the user asks for it by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from agentreplay._redaction._spans import Span

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_CARD: Final = re.compile(r"(?<![\w.-])[2-6](?:[ -]?[0-9]){12,18}(?![\w-])")
_PHONE: Final = re.compile(
    r"(?<![\w+.-])(?:\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}|\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4})(?![\w-])"
)


def _find_emails(text: str) -> Iterator[Span]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield Span(*match.span(), "email")


def _find_cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = [int(char) for char in match[0] if char.isdigit()]
        if _luhn(digits):
            yield Span(*match.span(), "card", "".join(map(str, digits)))


def _luhn(digits: list[int]) -> bool:
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _find_phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        yield Span(*match.span(), "phone")


PERSONAL: Final[Mapping[str, Callable[[str], Iterator[Span]]]] = {
    "email": _find_emails,
    "card": _find_cards,
    "phone": _find_phones,
}
"""The rules by the names that the user gives: mail addresses; card numbers that pass Luhn's check; phone numbers."""
