"""How settings are written: ages, lists, choices; and how their values are shown."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, cast

from pydantic import BeforeValidator

from agentreplay._errors import ConfigurationError
from agentreplay._modes import Mode

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE: Final = re.compile(r"(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>[smhdw]?)")
_WITH_PORT: Final = re.compile(r"[^:]+:\d+|\[.*\]:\d+")
FREEZABLE: Final = ("time", "clock", "uuid", "random")
_SPEEDS: Final = {"recorded": 1.0, "instant": math.inf}
_OFF: Final = frozenset({"off", "none", "never"})


def age(value: object) -> timedelta | None:
    """The time that `value` stands for: a `timedelta`, seconds, or text (`30d`, units s, m, h, d, w); `off` gives None.

    Raises:
        ValueError: it stands for no time, or for none above zero.
    """
    found = _age(value)
    if found is not None and found <= timedelta(0):
        raise ValueError("an age must be more than zero; 'off' sets no limit")
    return found


def _age(value: object) -> timedelta | None:
    if value is None or isinstance(value, timedelta):
        return value
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return timedelta(seconds=value)
        if isinstance(value, str):
            text = value.strip().lower()
            if text in _OFF:
                return None
            if written := _AGE.fullmatch(text):
                return timedelta(**{_UNITS[written["unit"] or "s"]: float(written["amount"])})
    except OverflowError:
        raise ValueError("that is longer than a time span can be") from None
    raise ValueError("write an age as '30d' (units s, m, h, d, w), in seconds, as a timedelta, or 'off'")


def items(value: object) -> tuple[object, ...]:
    """The items of a list: any iterable of them, or text that separates them by commas.

    Raises:
        ValueError: `value` is neither.
    """
    if isinstance(value, str):
        return tuple(item for part in value.split(",") if (item := part.strip()))
    if isinstance(value, Iterable) and not isinstance(value, (bytes, dict)):
        return tuple(cast("Iterable[object]", value))
    raise ValueError("write a list of names, or one text with commas between them")


def hosts(value: object) -> tuple[object, ...]:
    """The items of a list of hosts: names, addresses, or patterns with `*`.

    Raises:
        ValueError: `value` is no list, or an item is more than a host.
    """
    found = items(value)
    for item in found:
        if isinstance(item, str) and ("/" in item or _WITH_PORT.fullmatch(item)):
            raise ValueError(f"{item!r} is more than a host; write it without scheme, port and path")
    return found


def choice(name: str, *choices: str) -> BeforeValidator:
    """Takes these words only for the setting `name`, in any case."""

    def read(value: object) -> object:
        word = value.strip().lower() if isinstance(value, str) else value
        if word not in choices:
            raise ConfigurationError.unknown_choice(name, value, choices)
        return word

    return BeforeValidator(read)


def freezable(value: object) -> tuple[object, ...]:
    """The items of a list of what is to stand still: `time` (or `clock`, which runs), `uuid`, `random`.

    Raises:
        ValueError: `value` is no list, or names both clocks.
        ConfigurationError: an item is none of them.
    """
    found = items(value)
    for item in found:
        if item not in FREEZABLE:
            raise ConfigurationError.unknown_choice("freeze", item, FREEZABLE)
    if {"time", "clock"} <= {*found}:
        raise ValueError("'time' stands still and 'clock' runs on; choose one")
    return found


def speed(value: object) -> float:
    """How much faster than recorded streams are played: `recorded` is 1.0, `instant` infinitely fast.

    Raises:
        ValueError: it is neither of these words nor a number above zero.
    """
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, str) and word in _SPEEDS:
        return _SPEEDS[word]
    try:
        number = float(cast("float", word)) if isinstance(word, (str, int, float)) else math.nan
    except ValueError:
        number = math.nan
    if isinstance(word, bool) or not number > 0:
        raise ValueError("write 'recorded', 'instant', or how many times as fast as recorded (2 is twice as fast)")
    return number


def match_value(value: object) -> object:
    """The value of `match` as it stands; text that begins with a brace is a JSON object (for the environment).

    Raises:
        ValueError: such text is no JSON.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"this is no JSON object: {error}") from None
    return value


def shown(value: object) -> str:
    """The value of a setting, as a person would write it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mode):
        return value.value
    if isinstance(value, tuple):
        return ", ".join(cast("tuple[str, ...]", value)) or "-"
    if isinstance(value, timedelta):
        return _shown_age(value)
    if isinstance(value, float):
        return next((word for word, number in _SPEEDS.items() if number == value), f"{value:g}")
    return str(value)


def _shown_age(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, name in reversed(_UNITS.items()):
        amount = value / timedelta(**{name: 1})
        if amount.is_integer():
            return f"{amount:.0f}{unit}"
    return f"{seconds:g}s"
