"""How a recorded interaction is chosen for a request: what `match=` takes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeAlias

from agentreplay._errors import ConfigurationError
from agentreplay._matching.matcher import Matcher, RequestTransform


class MatchStrategy(str, Enum):
    """How a recorded interaction is chosen for a request.

    - `EXACT`: same kind, method, model, body, path and query; among equal ones, in recorded order.
    - `SUBSET`: same kind and method; the recorded model, body, path and query are in the request with equal values
      (objects may hold more members than recorded; arrays are as long as recorded).
    - `SEQUENCE`: by position; kind and method must agree.
    """

    EXACT = "exact"
    SUBSET = "subset"
    SEQUENCE = "sequence"

    @classmethod
    def parse(cls, value: MatchStrategy | str) -> MatchStrategy:
        """The strategy that `value` names.

        Raises:
            ConfigurationError: no strategy has this name.
        """
        try:
            return cls(value.strip().lower() if type(value) is str else value)
        except ValueError:
            raise ConfigurationError.unknown_choice("match", value, [s.value for s in cls]) from None


Match: TypeAlias = MatchStrategy | Matcher
Matchable: TypeAlias = "MatchStrategy | str | Matcher | RequestTransform | Mapping[str, Any]"
"""What `match=` takes: a strategy or its name, a matcher or its options, a function that makes requests comparable."""


def read_match(value: Matchable) -> Match:
    """The strategy or matcher that `value` stands for.

    Raises:
        ConfigurationError: it stands for none.
    """
    if isinstance(value, (MatchStrategy, Matcher)):
        return value
    if isinstance(value, str):
        return MatchStrategy.parse(value)
    if callable(value):
        return Matcher(transform=value)
    if isinstance(value, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] # it may come from a file
        for name in value:
            if name not in _OPTIONS:
                raise ConfigurationError.unknown_choice("match", name, _OPTIONS)
        return Matcher(**value)
    why = "expected a MatchStrategy or its name, a Matcher or its options, or a function"
    raise ConfigurationError.not_usable("match", value, why)


def refuse_contradiction(match: Matchable, *, allow_repeats: bool) -> None:
    """Raise a ConfigurationError where the two cannot be meant together."""
    if allow_repeats and read_match(match) is MatchStrategy.SEQUENCE:
        why = "contradicts match='sequence', where every call has its place"
        raise ConfigurationError.not_usable("allow_repeats", allow_repeats, why)


_OPTIONS = ("ignore", "only", "volatile", "ignore_whitespace", "ignore_tool_order")
"""A matcher's options that can be written in a file."""
