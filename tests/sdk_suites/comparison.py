"""What the three passes say together: the table, and every test that agentreplay changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .outcomes import Outcome

RESOURCES = "tests/api_resources/"
"""Where the generated tests of every operation lie: those talk to a server, the others mostly to a mocked transport."""


@dataclass(frozen=True)
class Difference:
    """A test that passed plain and failed in a session."""

    test: str
    wrapped: str
    """`recording` or `replaying`."""
    reason: str


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    part: str
    tests: int
    plain: int
    recording: int
    calling: int
    """Of those, the tests that recorded a call: only they have anything to replay."""
    replaying: int

    def __str__(self) -> str:
        numbers = (self.tests, self.plain, self.recording, self.calling, self.replaying)
        return f"{self.part:<24}" + "".join(f"{number:>12,}" for number in numbers)


HEADING = f"{'':<24}" + "".join(
    f"{title:>12}" for title in ("tests", "0 plain", "1 recording", "with calls", "2 replaying")
)


@dataclass(frozen=True)
class Comparison:
    """The outcomes of all passes by test id; a pass that left a test out has no entry for it."""

    plain: Mapping[str, Outcome]
    recording: Mapping[str, Outcome]
    replaying: Mapping[str, Outcome]

    def rows(self) -> list[Row]:
        """The generated tests, the others, and all."""
        resources = {test for test in self.plain if test.startswith(RESOURCES)}
        others = set(self.plain) - resources
        parts = [("api_resources", resources), ("all other tests", others), ("all", resources | others)]
        return [self._row(part, tests) for part, tests in parts if tests]

    def differences(self) -> list[Difference]:
        """Every test that passed plain and did not in a later pass that it took part in, in the order of their ids."""
        return sorted(self._differences(), key=lambda one: (one.test, one.wrapped))

    def _differences(self) -> Iterator[Difference]:
        for wrapped, outcomes in (("recording", self.recording), ("replaying", self.replaying)):
            for test, outcome in outcomes.items():
                if self.plain[test].result == "passed" != outcome.result:
                    yield Difference(test, wrapped, outcome.reason or outcome.result)

    def _row(self, part: str, tests: set[str]) -> Row:
        return Row(
            part,
            tests=len(tests),
            plain=_passed(self.plain, tests),
            recording=_passed(self.recording, tests),
            calling=len(tests.intersection(calling(self.recording))),
            replaying=_passed(self.replaying, tests),
        )


def passed(outcomes: Mapping[str, Outcome]) -> list[str]:
    """The ids of the tests that passed."""
    return [test for test, outcome in outcomes.items() if outcome.result == "passed"]


def calling(outcomes: Mapping[str, Outcome]) -> list[str]:
    """The ids of the tests that passed and saw a call."""
    return [test for test in passed(outcomes) if outcomes[test].calls]


def _passed(outcomes: Mapping[str, Outcome], tests: set[str]) -> int:
    return sum(1 for test in tests if test in outcomes and outcomes[test].result == "passed")
