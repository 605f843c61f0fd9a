"""Colour, where a terminal shows it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final, TextIO

_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_ANY_CODE: Final = re.compile("\x1b\\[[0-9;]*m")


def styled(text: str, style: str) -> str:
    """`text` between the codes that switch a style (`bold`, `dim`, or a colour) on and off."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else ""


def without_style(text: str) -> str:
    """`text` with no code of `styled` in it."""
    return _ANY_CODE.sub("", text)


def shows_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is written to `stream` may hold colour.

    `NO_COLOR` (set, and not empty) forbids it, `FORCE_COLOR` allows it; else it needs a terminal other than `dumb`.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    if os.name == "nt" and not {"WT_SESSION", "ANSICON", "TERM"} & environ.keys():
        return False
    return stream.isatty() and environ.get("TERM") != "dumb"
