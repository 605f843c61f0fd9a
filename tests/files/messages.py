"""What holds for every message about a file."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from agentreplay._errors import CassetteError


def assert_fit_to_print(error: CassetteError, path: Path) -> None:
    """The message has no control character but its line ends, and none of its parts is longer than it may be."""
    text = str(error)
    assert error.path == path
    assert error.next_step
    assert not [char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char != "\n"]
    assert len(text) < 500 + 3 * len(str(path))
    assert len(error.where or "") <= 80
