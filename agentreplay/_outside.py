"""What holds for clients and calls outside every session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from agentreplay._errors import SessionError
from agentreplay._modes import Mode, mode_from_environment


class Outside:
    """A rule that a whole run lays down for what happens outside every session.

    Attributes:
        keyless: clients that cannot be built for lack of a key get a stand-in, which sends nothing.
        refusal: makes the error with which a live call is refused, given its method; None lets calls through.
        refused: the errors of the calls that were refused, also of those whose error somebody swallowed.
    """

    def __init__(self, *, keyless: bool = False, refusal: Callable[[str], SessionError] | None = None) -> None:
        self.keyless = keyless
        self.refusal = refusal
        self.refused: list[SessionError] = []


_rules: Final[list[Outside]] = []
rules_laid: Final[Sequence[Outside]] = _rules
"""The rules that are in force, always this same list."""


def lay(rule: Outside) -> None:
    """Put `rule` in force until `lift`, beside those that are in force already."""
    _rules.append(rule)


def lift(rule: Outside) -> None:
    """End what `lay` began."""
    _rules.remove(rule)


def keyless() -> bool:
    """Whether a client may be built without a key here, outside every session."""
    return mode_from_environment() is Mode.REPLAY or any(rule.keyless for rule in _rules)


def calls_refused() -> bool:
    """Whether a live call outside every session is refused here."""
    return mode_from_environment() is Mode.REPLAY or (bool(_rules) and any(rule.refusal for rule in _rules))


def refuse(method: str) -> SessionError:
    """The error to raise for a call of `method` where `calls_refused()`."""
    for rule in reversed(_rules):
        if rule.refusal is not None:
            error = rule.refusal(method)
            rule.refused.append(error)
            return error
    return SessionError.outside(method)
