"""Which tests are to be recorded again, from one run to the next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pytest

from agentreplay._pytest.verdict import MENDED_BY_RECORDING, Verdict

_MISSED: Final = "agentreplay/missed"


def missed_last_time(config: pytest.Config) -> frozenset[str]:
    """The tests whose recordings did not fit when they ran last."""
    cache = _cache(config)
    return frozenset(cache.get(_MISSED, [])) if cache is not None else frozenset()


def remember_missed(config: pytest.Config, verdicts: Iterable[Verdict]) -> None:
    """Note how the tests of this run went; what is known of others stays."""
    cache = _cache(config)
    if cache is None:
        return
    verdicts = list(verdicts)
    before = missed_last_time(config)
    missed = {verdict.test for verdict in verdicts if verdict.problem in MENDED_BY_RECORDING}
    now = (before - {verdict.test for verdict in verdicts}) | missed
    if now != before:
        cache.set(_MISSED, sorted(now))


def has_cache(config: pytest.Config) -> bool:
    """Whether pytest's cache is there to ask."""
    return _cache(config) is not None


def _cache(config: pytest.Config) -> Any:
    return getattr(config, "cache", None)
