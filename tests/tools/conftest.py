"""What every test of tools is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.ways import Twice


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    """Record and replay in a folder of this test's own."""
    return Twice(tmp_path)
