"""What became of a test's calls, in a form that travels from pytest-xdist's workers and into the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

COUNTED: Final = ("replayed", "recorded", "live", "missed", "unused")
"""What calls and recorded interactions are counted by."""

MENDED_BY_RECORDING: Final = frozenset({"missed", "no cassette", "unused", "too old"})
"""Problems that a new recording takes away, if the test is right."""


class Tokens(NamedTuple):
    """Tokens of answers that were replayed and so were not paid for."""

    provider: str
    model: str
    prompt: int
    completion: int


@dataclass(frozen=True)
class Verdict:
    """What became of the calls of one test.

    Attributes:
        test: its node id.
        outcome: `passed`, `failed` or `skipped`, of the test as a whole.
        mode: what its session did with a call; empty where it had none and opened its cassettes itself.
        problem: what was wrong between test and cassette, in a word or two; empty where nothing was.
        cassettes: the files that it used or made, from the root folder.
        replayed: calls answered from the recording.
        recorded: calls that went live and were kept.
        live: calls that went live and were not kept.
        missed: calls that nothing recorded answered.
        unused: recorded interactions that were not asked for.
        pinned: whether its mark says a mode that no option turns into recording.
        kept: whether what was recorded replaced what was there.
        saved: tokens that replaying saved.
        saved_seconds: how long the replayed calls had taken when they were recorded.
        drift: in mode `verify`, a line for each answer that differs from the recorded one.
    """

    test: str
    outcome: str = "passed"
    mode: str = ""
    problem: str = ""
    cassettes: tuple[str, ...] = ()
    replayed: int = 0
    recorded: int = 0
    live: int = 0
    missed: int = 0
    unused: int = 0
    pinned: bool = False
    kept: bool = False
    saved: tuple[Tokens, ...] = field(default=())
    saved_seconds: float = 0.0
    drift: tuple[str, ...] = ()

    def as_values(self) -> dict[str, Any]:
        """The verdict as plain values."""
        values = asdict(self)
        values["cassettes"] = list(self.cassettes)
        values["saved"] = [list(tokens) for tokens in self.saved]
        values["drift"] = list(self.drift)
        return values

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> Verdict:
        """The verdict that `as_values` gave these."""
        known: dict[str, Any] = dict(values)
        known["cassettes"] = tuple(values["cassettes"])
        known["saved"] = tuple(Tokens(*tokens) for tokens in values["saved"])
        known["drift"] = tuple(values["drift"])
        return cls(**known)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, in the order in which they are told; none that are zero."""
        return {name: count for name in COUNTED if (count := getattr(self, name))}

    def __str__(self) -> str:
        told = ", ".join(f"{name} {count}" for name, count in self.counts.items()) or "no call"
        if self.problem and self.problem not in self.counts:
            told += f" ({self.problem})"
        if self.recorded and not self.kept:
            told += ", not kept"
        return told


def summed(saved: Iterable[Tokens]) -> list[Tokens]:
    """One entry for each model, by name."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for each in saved:
        prompt, completion = sums.get((each.provider, each.model), (0, 0))
        sums[each.provider, each.model] = (prompt + each.prompt, completion + each.completion)
    return [Tokens(*key, *sums[key]) for key in sorted(sums)]
