"""Sessions over an in-memory server, and a lane that can be closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentreplay.integrations._stainless.express import ExpressLane
from tests.lane.vendors import Server


@pytest.fixture
def server() -> Server:
    """Answers what it is told to."""
    return Server()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods whose calls the lane answered, in order."""
    found: list[str] = []
    find = ExpressLane._find

    def noting(self: ExpressLane, *args: object) -> object:
        answer = find(self, *args)  # type: ignore[arg-type]
        if answer is not None:
            found.append(self._hot.method)
        return answer

    monkeypatch.setattr(ExpressLane, "_find", noting)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where cassettes go."""
    return tmp_path / "cassettes"
