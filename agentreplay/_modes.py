"""What a session does with a call, and where that is said."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Final

from agentreplay._errors import ConfigurationError

MODE_VARIABLE: Final = "AGENTREPLAY_MODE"


class Mode(str, Enum):
    """What a session does with a call.

    - `AUTO`: replay if a cassette exists, else record; where the environment says `CI`, a missing cassette is an error.
    - `REPLAY`: answer from the cassette, never live.
    - `RECORD`: everything live; the new cassette replaces the old one once the block has ended well.
    - `EXTEND`: replay what is known, record the rest.
    - `LIVE`: straight through, nothing kept.
    - `VERIFY`: everything live; each answer is compared with the recorded one, and the cassette stays as it is.
    """

    AUTO = "auto"
    REPLAY = "replay"
    RECORD = "record"
    EXTEND = "extend"
    LIVE = "live"
    VERIFY = "verify"

    @classmethod
    def parse(cls, value: Mode | str) -> Mode:
        """The mode that `value` names, a name of VCR's included.

        Raises:
            ConfigurationError: no mode has this name.
        """
        if isinstance(value, Mode):
            return value
        name = value.strip().lower() if isinstance(value, str) else value
        try:
            return cls(_ALIASES.get(name, name))
        except ValueError:
            raise ConfigurationError.unknown_choice("mode", value, [*(m.value for m in cls), *_ALIASES]) from None


_ALIASES: Final[Mapping[str, str]] = {"once": "auto", "none": "replay", "all": "record", "new_episodes": "extend"}
"""VCR's names for the same things."""


_ENVIRONMENT: Final = os.environ
_VARIABLES: Final[Mapping[object, object]] = getattr(_ENVIRONMENT, "_data", {MODE_VARIABLE: None})
_KEY: Final[object] = getattr(_ENVIRONMENT, "encodekey", str)(MODE_VARIABLE)
"""Where the variables stand as the system has them: to look there is many times faster, and each call asks."""


class _ModeSaid:
    """True while the environment has the variable, whatever it says. To ask runs no Python code."""

    __bool__: Callable[[], bool] = staticmethod(partial(_VARIABLES.__contains__, _KEY))


MODE_SAID: Final = _ModeSaid()


def mode_from_environment() -> Mode | None:
    """The mode that `AGENTREPLAY_MODE` names, or None where it is unset or empty.

    Raises:
        ConfigurationError: the variable names no mode.
    """
    if _KEY not in _VARIABLES and os.environ is _ENVIRONMENT:
        return None
    value = os.environ.get(MODE_VARIABLE, "")
    return Mode.parse(value) if value.strip() else None


def running_in_ci() -> bool:
    """Whether the environment says `CI` (set, and not to an empty, `0`, `false`, `no` or `off`)."""
    return os.environ.get("CI", "").strip().lower() not in {"", "0", "false", "no", "off"}
