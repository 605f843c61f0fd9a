"""What tests of pace share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.vendors import close_shared_clients


@pytest.fixture(scope="session", autouse=True)
def _shared_clients() -> Iterator[None]:
    yield
    close_shared_clients()
