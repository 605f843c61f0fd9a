"""Assertions on what happened in a run, for tests of agents.

Each takes a session, a `Cassette`, or anything else that has `interactions`; the three wire formats (chat completions,
responses, messages) read alike, plain and streamed:

    with agentreplay.cassette("weather") as session:
        answer = agent.run("What is the weather in Paris?")
    assert_tool_calls(session, [("get_weather", {"city": "Paris"})])
    assert_final_text(session, contains="18 °C")

What differs is said as a `TrajectoryError`, which is an `AssertionError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol, TypeAlias

from agentreplay._cassette import Interaction
from agentreplay._errors import ConfigurationError
from agentreplay._errors.verdict import TrajectoryError
from agentreplay._trajectory import Trajectory
from agentreplay._trajectory.answers import Answer, ToolCall
from agentreplay._trajectory.steps import ModelTurn, Step, ToolRun

__all__ = [
    "Answer",
    "ExpectedCall",
    "HasInteractions",
    "ModelTurn",
    "Step",
    "ToolCall",
    "ToolRun",
    "Trajectory",
    "TrajectoryError",
    "assert_final_text",
    "assert_methods",
    "assert_models",
    "assert_tokens",
    "assert_tool_calls",
    "trajectory",
]

ExpectedCall: TypeAlias = "str | tuple[str, Any] | ToolCall"
"""A tool's name; its name and arguments; or a `ToolCall`, whose id then counts if it has one."""

_ANY_ARGUMENTS: Final = object()


class HasInteractions(Protocol):
    """A session, a `Cassette`, or anything else that holds interactions in order."""

    @property
    def interactions(self) -> Sequence[Interaction]:
        """The interactions, in order."""
        ...


def trajectory(source: HasInteractions) -> Trajectory:
    """What happened, in order: turns of models, runs of tools, other calls. Printing it shows the conversation."""
    return Trajectory.of(source.interactions)


def assert_methods(source: HasInteractions, expected: Iterable[str]) -> None:
    """All calls were made with these methods, in this order (`chat.completions.create`; for a recorded tool its name).

    Raises:
        TrajectoryError: they were others, or in another order.
    """
    _assert_same("methods", list(expected), [step.method for step in trajectory(source)])


def assert_models(source: HasInteractions, expected: Iterable[str]) -> None:
    """The models' answers came from these models, in this order; what counts is the name that was asked for.

    Raises:
        TrajectoryError: they came from others, or in another order.
    """
    _assert_same("models", list(expected), [turn.model for turn in trajectory(source).turns])


def assert_tool_calls(
    source: HasInteractions,
    expected: Iterable[ExpectedCall],
    *,
    in_any_order: bool = False,
    allow_others: bool = False,
) -> None:
    """The models asked for these tool calls, over the whole run.

    A name alone stands for any arguments. Arguments are compared with `==`, so that `unittest.mock.ANY` and
    `pytest.approx` may stand inside them. With `in_any_order` the order does not count; with `allow_others` there may
    be further calls before, between and after.

    Raises:
        TrajectoryError: they asked for others.
    """
    wanted = list(expected)
    calls = trajectory(source).tool_calls
    if not _is_met(wanted, list(calls), in_any_order=in_any_order, allow_others=allow_others):
        rules = ["in any order"] * in_any_order + ["others allowed"] * allow_others
        raise TrajectoryError(", ".join(["tool calls", *rules]), _listed(map(_shown, wanted)), _listed(map(str, calls)))


def assert_final_text(
    source: HasInteractions,
    expected: str | None = None,
    *,
    contains: str | Iterable[str] = (),
    matches: str | re.Pattern[str] | None = None,
) -> None:
    """The last answer's text is `expected`, contains all of `contains`, and has a place that `matches` finds.

    Raises:
        TrajectoryError: one of these does not hold.
        ConfigurationError: none of them was given.
    """
    parts = [contains] if isinstance(contains, str) else list(contains)
    if expected is None and not parts and matches is None:
        raise ConfigurationError("assert_final_text needs a text, contains=... or matches=...")
    text = trajectory(source).final_text
    if expected is not None and text != expected:
        raise TrajectoryError("the final text", expected, text)
    for part in parts:
        if part not in text:
            raise TrajectoryError("the final text", f"contains {part!r}", text)
    if matches is not None and not re.search(matches, text):
        pattern = matches if isinstance(matches, str) else matches.pattern
        raise TrajectoryError("the final text", f"matches {pattern!r}", text)


def assert_tokens(
    source: HasInteractions,
    *,
    prompt: int | None = None,
    completion: int | None = None,
    total: int | None = None,
    at_most: int | None = None,
) -> None:
    """The run took exactly so many tokens in its requests, in its answers, or in both; or `at_most` so many in both.

    Raises:
        TrajectoryError: it took another number, or no call of it counts tokens.
        ConfigurationError: no number was given.
    """
    run = trajectory(source)
    sums = {"prompt": run.prompt_tokens, "completion": run.completion_tokens}
    sums["total"] = sums["prompt"] + sums["completion"]
    wanted = {"prompt": prompt, "completion": completion, "total": total}
    given = {name: count for name, count in wanted.items() if count is not None}
    if not given and at_most is None:
        raise ConfigurationError("assert_tokens needs prompt=, completion=, total= or at_most=.")
    actual = ", ".join(f"{name} {count}" for name, count in sums.items())
    if all(step.prompt_tokens is None and step.completion_tokens is None for step in run):
        actual = "no call of this run says how many tokens it took"
        met = False
    else:
        met = all(sums[name] == count for name, count in given.items())
        met = met and (at_most is None or sums["total"] <= at_most)
    if not met:
        limits = [f"{name} {count}" for name, count in given.items()]
        limits += [f"total at most {at_most}"] * (at_most is not None)
        raise TrajectoryError("tokens", ", ".join(limits), actual)


def _assert_same(what: str, expected: Sequence[Any], actual: Sequence[Any]) -> None:
    if expected != actual:
        raise TrajectoryError(what, _listed(map(str, expected)), _listed(map(str, actual)))


def _is_met(wanted: list[ExpectedCall], calls: list[ToolCall], *, in_any_order: bool, allow_others: bool) -> bool:
    if not allow_others and len(wanted) != len(calls):
        return False
    if in_any_order:
        return _can_assign(wanted, calls)
    # Each wanted call takes the first that fits after the one before; taking a later one never helps.
    remaining = iter(calls)
    if allow_others:
        return all(any(_fits(want, call) for call in remaining) for want in wanted)
    return all(_fits(want, call) for want, call in zip(wanted, calls, strict=True))


def _can_assign(wanted: list[ExpectedCall], calls: list[ToolCall]) -> bool:
    """Whether each wanted call can have a call of its own; wide ones (a name alone) must not take the narrow ones'."""
    taken_by: dict[int, int] = {}

    def assign(want: int, seen: set[int]) -> bool:
        for place, call in enumerate(calls):
            if place not in seen and _fits(wanted[want], call):
                seen.add(place)
                if place not in taken_by or assign(taken_by[place], seen):
                    taken_by[place] = want
                    return True
        return False

    return all(assign(want, set()) for want in range(len(wanted)))


def _fits(want: ExpectedCall, call: ToolCall) -> bool:
    name, arguments, id_ = _parts(want)
    return (
        name == call.name
        and (arguments is _ANY_ARGUMENTS or bool(call.arguments == arguments))
        and (id_ is None or id_ == call.id)
    )


def _parts(want: ExpectedCall) -> tuple[str, Any, str | None]:
    if isinstance(want, ToolCall):
        return want.name, want.arguments, want.id
    return (want, _ANY_ARGUMENTS, None) if isinstance(want, str) else (*want, None)


def _shown(want: ExpectedCall) -> str:
    name, arguments, _ = _parts(want)
    return f"{name}(…)" if arguments is _ANY_ARGUMENTS else str(ToolCall(name, arguments))


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(lines) or "(none)"
