"""How a test ended, as the plugins write it and the harness reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

CALLS: Final = "agentreplay_calls"
"""The name under which a test's report says how many calls its session saw."""


@dataclass(frozen=True)
class Outcome:
    """One test of one pass; `result` is pytest's word: passed, failed or skipped."""

    test: str
    result: str
    reason: str = ""
    calls: int = 0
    """How many calls the test's session recorded or replayed; 0 in the plain pass."""

    def to_line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def read_outcomes(path: Path) -> dict[str, Outcome]:
    """All outcomes of a pass by test id.

    Raises:
        OSError: the file cannot be read (the pass broke down before its first test).
    """
    with path.open(encoding="utf-8") as lines:
        return {outcome.test: outcome for outcome in (Outcome(**json.loads(line)) for line in lines)}
