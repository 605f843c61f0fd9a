"""Where in the program something was asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from agentreplay._errors.verdict import Caller

_OURS: Final = str(Path(__file__).parent) + os.sep
_STANDARD: Final = str(Path(os.__file__).parent) + os.sep
_INSTALLED: Final = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("site-packages", "dist-packages"))


def find_caller() -> Caller | None:
    """The nearest place on the stack that is neither ours, nor the standard library's, nor an installed package's.

    Where there is none, the nearest place in an installed package; None where there is only the standard library.
    """
    frame: FrameType | None = sys._getframe(1)
    installed: Caller | None = None
    while frame is not None:
        file = frame.f_code.co_filename
        if any(folder in file for folder in _INSTALLED):
            installed = installed or _place(frame)
        elif not file.startswith((_OURS, _STANDARD, "<frozen ")):
            return _place(frame)
        frame = frame.f_back
    return installed


def _place(frame: FrameType) -> Caller:
    return Caller(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
