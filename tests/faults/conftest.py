"""Every test that asks for `scene` runs with each SDK, by its sync and by its async client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.vendors import VENDORS, close_shared_clients
from tests.faults.scene import Scene


@pytest.fixture(params=VENDORS, ids=[vendor.name for vendor in VENDORS])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    return Scene(request.param, tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _shared_clients() -> Iterator[None]:
    yield
    close_shared_clients()
