"""The short name of the fixture, for runs in which no other plugin has a fixture of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agentreplay._session import Session


@pytest.fixture
def cassette(agentreplay_cassette: Session) -> Session:
    """The session of this test: short for `agentreplay_cassette`."""
    return agentreplay_cassette
