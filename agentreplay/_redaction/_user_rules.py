"""Rules that a user adds to the built-in ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from agentreplay._errors import ConfigurationError
from agentreplay._redaction._spans import Span, replaced

RedactionRule = str | re.Pattern[str] | Callable[[str], str]
"""A regular expression, or a function that gives back its text with the secrets taken out."""


class UserRules:
    """The user's patterns and functions.

    Raises:
        ConfigurationError: a rule that is no valid pattern and no function. The rule is not quoted: it may well spell
            out a secret.
    """

    def __init__(self, rules: RedactionRule | Sequence[RedactionRule]) -> None:
        self.patterns: list[re.Pattern[str]] = []
        self.functions: list[Callable[[str], str]] = []
        alone = isinstance(rules, (str, re.Pattern)) or callable(rules)
        for position, rule in enumerate(cast("Sequence[RedactionRule]", [rules] if alone else rules)):
            if isinstance(rule, str):
                self.patterns.append(_compiled(position, rule))
            elif isinstance(rule, re.Pattern) and _is_text(rule.pattern):
                self.patterns.append(rule)
            elif callable(rule):
                self.functions.append(rule)
            else:
                raise ConfigurationError(
                    f"redact[{position}] is a {type(rule).__name__}. Give a regular expression for text, or a function "
                    "from text to text."
                )

    def find(self, text: str) -> Iterator[Span]:
        """What the patterns match in `text`."""
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                if match[0]:
                    yield Span(*match.span(), "custom")

    def without(self, pieces: Sequence[str]) -> list[str]:
        """As many pieces, whose joined text is what the functions make of that of `pieces`.

        Raises:
            ConfigurationError: a function gives back something else than text.
        """
        kept = list(pieces)
        for function in self.functions:
            old = "".join(kept)
            new = function(old)
            if not _is_text(new):
                raise ConfigurationError(f"a function in redact gave back a {type(new).__name__}, not text.")
            if new != old:
                start = _common_start(old, new)
                same_end = _common_start(old[start:][::-1], new[start:][::-1])
                kept = replaced(kept, [(start, len(old) - same_end, new[start : len(new) - same_end])])
        return kept


def _is_text(value: object) -> bool:
    """Whether what a type checker takes for text is text."""
    return isinstance(value, str)


def _compiled(position: int, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigurationError(f"redact[{position}] is no valid regular expression: {error}.") from None


def _common_start(first: str, second: str) -> int:
    """How many characters `first` and `second` have in common at their start."""
    for count, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return count
    return min(len(first), len(second))
