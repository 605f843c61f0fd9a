"""Hooks that a project may implement in its conftest.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from agentreplay._matching.strategy import Matchable
    from agentreplay._redaction import RedactionRule


@pytest.hookspec(firstresult=True)
def pytest_agentreplay_match(item: pytest.Item) -> Matchable | None:
    """Say how the calls of this test are matched, as `match=` of `agentreplay.cassette` does; None says nothing.

    The first answer counts. A mark of the test and the fixture `agentreplay_settings` go before it.
    """


@pytest.hookspec
def pytest_agentreplay_redact(item: pytest.Item) -> Sequence[RedactionRule] | RedactionRule | None:
    """Give patterns and functions that take out what must not reach the cassette of this test.

    All answers count, and those of its mark and of the fixture `agentreplay_settings` beside them.
    """
