"""Values that change from run to run without meaning, and the rules that make them comparable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

from agentreplay._json.values import with_leaves
from agentreplay._matching.id_places import IdPlace, swap_ids


class Volatile(str, Enum):
    """A sort of value that changes from run to run without meaning. Each is a rule to switch on by itself.

    - `UUIDS`: UUIDs with hyphens, and random ones (version 4 and 7) without. They are numbered as they come, so that
      the same one twice is still told from two different ones.
    - `TIMESTAMPS`: ISO 8601 times (`2026-03-01T09:30:00Z`, also with a space, a fraction or an offset) and bare times
      of the day with seconds.
    - `DATES`: `2026-03-01`, `2026/03/01`, `01/03/2026`, `1.3.2026`, and English ones (`Sunday, March 1, 2026`).
    - `EPOCHS`: seconds or milliseconds since 1970, from 2001 to 2100, as numbers or as digits in a text.
    - `TOOL_CALL_IDS`: what names a tool call and its result, numbered as it comes. Ids that the provider itself handed
      out earlier in the session need no rule.
    - `TEMP_PATHS`: the random part of paths below a temporary folder; what stands after it still counts.
    """

    UUIDS = "uuids"
    TIMESTAMPS = "timestamps"
    DATES = "dates"
    EPOCHS = "epochs"
    TOOL_CALL_IDS = "tool_call_ids"
    TEMP_PATHS = "temp_paths"


_MONTH: Final = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)"
_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_TH: Final = "(?:st|nd|rd|th)"
_YEAR: Final = r"(?:19|20)\d\d"
_CLOCK: Final = r"(?:[01]\d|2[0-4]):[0-5]\d"

_PATTERNS: Final[Mapping[Volatile, re.Pattern[str]]] = {
    # The order is that of use: a path may hold an id or a date, a time holds a date.
    Volatile.TEMP_PATHS: re.compile(
        r"(?<![\w.-])(?:/private)?(?:/tmp|/var/tmp|/var/folders/[^/\s]+/[^/\s]+/T)/(?:pytest-of-[^/\s]+/pytest-\w+|[^/\s\"'`<>)\]},;]+)"
        r"|[A-Za-z]:(?:\\\\?|/)[^\"'<>|:*?\r\n]{1,80}?(?:\\\\?|/)Temp(?:\\\\?|/)"
        r"(?:pytest-of-[^\\/\s]+(?:\\\\?|/)pytest-\w+|[^\\/\s\"'`<>)\]},;]+)"
    ),
    Volatile.UUIDS: re.compile(
        r"(?<![0-9a-zA-Z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12}[47][0-9a-f]{3}[89ab][0-9a-f]{15})(?![0-9a-zA-Z])",
        re.IGNORECASE,
    ),
    Volatile.TIMESTAMPS: re.compile(
        rf"(?<![\w-]){_YEAR}-\d\d-\d\d[T ]{_CLOCK}(?::[0-6]\d(?:[.,]\d+)?)?(?:\s?(?:Z|UTC)\b|[+-]\d\d:?\d\d)?(?!\w)"
        rf"|(?<![\w-]){_YEAR}\d{{4}}T\d{{6}}(?:\.\d+)?Z?(?!\w)"
        rf"|(?<![\w:.]){_CLOCK}:[0-6]\d(?:\.\d+)?(?![\w:])"
    ),
    Volatile.DATES: re.compile(
        rf"(?<![\w/.-]){_WEEKDAY}?(?:{_YEAR}-\d\d-{_DAY}|{_YEAR}/\d\d?/{_DAY}|\d\d?/\d\d?/{_YEAR}"
        rf"|\d\d?\.\s?\d\d?\.\s?{_YEAR}|{_MONTH}\.?\s+{_DAY}{_TH}?,?\s+{_YEAR}"
        rf"|{_DAY}{_TH}?\.?\s+(?:of\s+)?{_MONTH}\.?,?\s+{_YEAR})(?!\w|[/-]\w)",
        re.IGNORECASE,
    ),
    Volatile.EPOCHS: re.compile(r"(?<![\w.-])(?:[1-3]\d{9}|40\d{8})(?:\d{3})?(?:\.\d+)?(?![\w-]|\.\d)"),
}
_SIGNS: Final[Mapping[Volatile, re.Pattern[str]]] = {
    # What a text must hold for the rule to find anything in it. They are simple, and so the faster.
    Volatile.TEMP_PATHS: re.compile("tmp/|/T/|Temp"),
    Volatile.UUIDS: re.compile(r"[-\d]"),
    Volatile.TIMESTAMPS: re.compile(r"\d:[0-5]\d|\dT\d"),
    Volatile.DATES: re.compile(r"(?:19|20)\d\d"),
    Volatile.EPOCHS: re.compile(r"\d{10}"),
}
_SHORTEST: Final = 6
"""No value of any sort is shorter."""
_PLACEHOLDER: Final[Mapping[Volatile, str]] = {
    Volatile.TEMP_PATHS: "<temp path>",
    Volatile.TIMESTAMPS: "<timestamp>",
    Volatile.DATES: "<date>",
    Volatile.EPOCHS: "<epoch>",
}
_EARLIEST_EPOCH: Final = 1_000_000_000
_LATEST_EPOCH: Final = 4_102_444_800


def without_volatile(body: dict[str, Any], rules: Iterable[Volatile]) -> dict[str, Any]:
    """A copy of `body` in which every value of these sorts has given way to a placeholder.

    The name of the model is left as it is, although it may hold a date.
    """
    wanted = frozenset(rules)
    if Volatile.TOOL_CALL_IDS in wanted:
        body = swap_ids(body, _numbered_calls())
    swaps = [_swap(rule) for rule in _PATTERNS if rule in wanted]
    if not swaps:
        return body

    def replaced(value: Any) -> Any:
        if isinstance(value, str):
            if len(value) >= _SHORTEST:
                for swap in swaps:
                    value = swap(value)
        elif Volatile.EPOCHS in wanted and _is_epoch(value):
            return _PLACEHOLDER[Volatile.EPOCHS]
        return value

    rest = with_leaves({name: body[name] for name in body if name != "model"}, replaced)
    return {**rest, "model": body["model"]} if "model" in body else dict(rest)


def _is_epoch(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return _EARLIEST_EPOCH <= value < _LATEST_EPOCH or _EARLIEST_EPOCH <= value / 1000 < _LATEST_EPOCH


def _swap(rule: Volatile) -> Callable[[str], str]:
    """Replaces all values of this sort in a text."""
    sign, pattern = _SIGNS[rule], _PATTERNS[rule]
    seen: dict[str, str] = {}

    def placeholder(found: re.Match[str]) -> str:
        if rule is Volatile.UUIDS:
            return _numbered(seen, found[0].replace("-", "").lower(), "uuid")
        return _PLACEHOLDER[rule]

    return lambda text: pattern.sub(placeholder, text) if sign.search(text) else text


def _numbered_calls() -> Callable[[str, IdPlace, str], str]:
    seen: dict[str, str] = {}
    return lambda value, place, _name: _numbered(seen, value, "tool call") if place is IdPlace.CALL else value


def _numbered(seen: dict[str, str], value: str, word: str) -> str:
    return seen.setdefault(value, f"<{word} {len(seen) + 1}>")
