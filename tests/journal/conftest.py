"""An app that is being recorded, and what it left on the disk."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

import agentreplay
from tests.journal.programs import LoadedProcess
from tests.journal.recordings import Recordings


@pytest.fixture(scope="session")
def loaded_process() -> Generator[LoadedProcess, None, None]:
    """A process in which programs run without importing the SDK first."""
    process = LoadedProcess()
    yield process
    process.end()


@pytest.fixture
def recordings(tmp_path: Path) -> Generator[Recordings, None, None]:
    """A folder that is recorded to; what is installed in the test is gone after it."""
    yield Recordings(tmp_path / "recordings")
    agentreplay.uninstall()
