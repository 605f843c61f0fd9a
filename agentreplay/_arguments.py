"""The front door: `cassette()`, and what may be said to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

from agentreplay._cassette import Cassette
from agentreplay._faults import Fault, RequestTest
from agentreplay._matching.strategy import Matchable
from agentreplay._modes import Mode
from agentreplay._redaction import RedactionRule
from agentreplay._session import Session


def cassette(
    name: str | Cassette,
    *,
    mode: Mode | str | None = None,
    directory: str | Path | None = None,
    match: Matchable | None = None,
    allow_repeats: bool | None = None,
    allow_unused: bool | None = None,
    block_network: bool | None = None,
    allowed_hosts: Sequence[str] | None = None,
    max_age: timedelta | str | float | None = None,
    max_age_action: Literal["warn", "fail"] | None = None,
    prune: bool | None = None,
    compress: bool | None = None,
    freeze: Sequence[str] | str | None = None,
    pace: Literal["recorded", "instant"] | float | None = None,
    faults: Sequence[Fault] | Fault = (),
    replay_until: int | RequestTest | None = None,
    fork: str | None = None,
    redact: Sequence[RedactionRule] | RedactionRule = (),
    redact_personal: Sequence[str] | None = None,
) -> Session:
    """Record the calls made inside, or replay them if they were recorded before.

    Use it as a context manager (`with` or `async with`), as a decorator of a function or coroutine function, or by
    `start()` and `stop()`. Recordings of `name` lie in one folder under `directory`.

    An argument that is left out is what the environment (`AGENTREPLAY_…`), `[tool.agentreplay]` in `pyproject.toml` or
    the default says; see `Settings` for what each means. By default: `mode="auto"`, `directory="cassettes"`,
    `match="exact"`. `redact` adds patterns and functions that take out what must not reach the file.

    A `Cassette` in place of the name is replayed as it stands in memory. `faults` lets answers of the recording fail on
    purpose. `replay_until` answers from the recording up to a point, a number of calls or the first request of which a
    function says so, and goes live from there; what comes of it is kept as a recording of its own, under the name
    `fork` (by default the name with `-fork` behind it), and mode `replay` replays that.

    Raises:
        ConfigurationError: an argument that cannot be meant.
    """
    said = {argument: value for argument, value in locals().items() if argument not in {"name", "redact"}}
    if isinstance(name, Cassette):
        return Session(name.meta.test_id or "a cassette in memory", said, redact=redact, source=name)
    return Session(name, said, redact=redact)
