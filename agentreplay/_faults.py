"""Faults on purpose: which calls of a replaying session fail, and how."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeAlias, cast

from agentreplay._cassette import RecordedRequest, RecordedResponse
from agentreplay._errors import ConfigurationError
from agentreplay._rewriting import cut_stream, cut_tool_arguments

RequestTest: TypeAlias = Callable[[RecordedRequest], object]
FaultKind: TypeAlias = Literal[
    "rate_limit",
    "server_error",
    "overloaded",
    "timeout",
    "connection_error",
    "cut_stream",
    "malformed_tool_arguments",
    "slow",
]

_CHANGING: Final = frozenset({"cut_stream", "malformed_tool_arguments"})
_MAY_COME: Final = "a fault comes from Fault.rate_limit(…), Fault.timeout(…) and its like"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong while a session replays; made by the methods, not by its class.

    All of them take the same three arguments, which say where. `at` is the number of a call, counting the SDK calls of
    the session from 1 (an agent's own retry is a new call, the SDK's retries are not); or a function that is given the
    `RecordedRequest` and says whether it is meant. `method` is the name of a method (`chat.completions.create`), in
    which `*` stands for any part. Where neither is given, every call is meant. `times` is how often it happens in all,
    and None stands for every time: a call whose client retries twice makes three attempts, and each counts.

    Attributes:
        kind: what goes wrong.
        at: which call is meant.
        method: the method that is meant.
        times: how often it happens.
        status: the HTTP status of an error.
        message: the words of an error, instead of the provider's usual ones.
        retry_after: what a rate limit tells the client to wait, in seconds; no test waits for it.
        after_events: so many events of a stream arrive.
        ms: by how many milliseconds an answer is late.
    """

    kind: FaultKind
    at: int | RequestTest | None = None
    method: str | None = None
    times: int | None = 1
    status: int | None = None
    message: str | None = None
    retry_after: float | None = None
    after_events: int = 0
    ms: float = 0.0

    def __post_init__(self) -> None:
        if self.at is not None and not callable(self.at):
            _require("at", self.at, _is_count(self.at, 1), "calls are counted from 1")
        if self.times is not None:
            _require("times", self.times, _is_count(self.times, 1), "it happens once or more; None is every time")
        if self.status is not None:
            _require("status", self.status, _is_count(self.status, 500) and self.status < 600, "it is 500 to 599")
        _require("after_events", self.after_events, _is_count(self.after_events, 0), "events are counted")
        _require("ms", self.ms, self.ms >= 0, "nothing is early")

    def __str__(self) -> str:
        said: dict[str, object] = {"after_events": self.after_events} if self.kind == "cut_stream" else {}
        if self.kind == "slow":
            said["ms"] = self.ms
        said.update({name: value for name, value in (("at", self.at), ("method", self.method)) if value is not None})
        if self.times != (None if self.kind == "slow" else 1):
            said["times"] = self.times
        return f"Fault.{self.kind}({', '.join(f'{name}={value!r}' for name, value in said.items())})"

    @classmethod
    def rate_limit(
        cls,
        at: int | RequestTest | None = None,
        *,
        times: int | None = 1,
        method: str | None = None,
        retry_after: float | None = 20,
        message: str | None = None,
    ) -> Fault:
        """The provider says that there were too many requests (HTTP 429)."""
        return cls("rate_limit", at, method, times, message=message, retry_after=retry_after)

    @classmethod
    def server_error(
        cls,
        at: int | RequestTest | None = None,
        *,
        times: int | None = 1,
        method: str | None = None,
        status: int = 500,
        message: str | None = None,
    ) -> Fault:
        """The provider breaks down (HTTP 500, or another `status` from 500 to 599)."""
        return cls("server_error", at, method, times, status=status, message=message)

    @classmethod
    def overloaded(
        cls,
        at: int | RequestTest | None = None,
        *,
        times: int | None = 1,
        method: str | None = None,
        message: str | None = None,
    ) -> Fault:
        """The provider has too much to do, whatever you asked (HTTP 529 of Anthropic, 503 of OpenAI)."""
        return cls("overloaded", at, method, times, message=message)

    @classmethod
    def timeout(cls, at: int | RequestTest | None = None, *, times: int | None = 1, method: str | None = None) -> Fault:
        """No answer comes in time. Nothing waits for that."""
        return cls("timeout", at, method, times)

    @classmethod
    def connection_error(
        cls, at: int | RequestTest | None = None, *, times: int | None = 1, method: str | None = None
    ) -> Fault:
        """The provider cannot be reached."""
        return cls("connection_error", at, method, times)

    @classmethod
    def cut_stream(
        cls,
        after_events: int,
        *,
        at: int | RequestTest | None = None,
        times: int | None = 1,
        method: str | None = None,
    ) -> Fault:
        """A streamed answer breaks off after so many events; it does not happen to answers with no more than these."""
        return cls("cut_stream", at, method, times, after_events=after_events)

    @classmethod
    def malformed_tool_arguments(
        cls, at: int | RequestTest | None = None, *, times: int | None = 1, method: str | None = None
    ) -> Fault:
        """A model's calls of tools come with arguments that break off, so that they are no JSON.

        Where the format has them as data and not as text, they are the text that breaks off. It does not happen to
        answers that call no tool.
        """
        return cls("malformed_tool_arguments", at, method, times)

    @classmethod
    def slow(
        cls,
        ms: float,
        *,
        at: int | RequestTest | None = None,
        times: int | None = None,
        method: str | None = None,
    ) -> Fault:
        """The answer is late by so many milliseconds, which really pass; later than the client waits is a timeout."""
        return cls("slow", at, method, times, ms=ms)

    def means(self, number: int, request: RecordedRequest) -> bool:
        """Whether this call is meant, which is the one with this number."""
        if self.method is not None and not fnmatchcase(request.method, self.method):
            return False
        if callable(self.at):
            return bool(self.at(request))
        return self.at is None or self.at == number

    def changed(self, answer: RecordedResponse) -> RecordedResponse | None:
        """What is left of an answer; None where this cannot happen to it."""
        if self.kind == "cut_stream":
            return cut_stream(answer, self.after_events)
        return cut_tool_arguments(answer) if self.kind == "malformed_tool_arguments" else None


@dataclass(frozen=True)
class Attempt:
    """What becomes of one attempt: it is late by `delay_ms`, and meets a `failure`, or else gets the `answer`."""

    delay_ms: float
    failure: Fault | None
    answer: RecordedResponse
    changed_by: tuple[str, ...] = ()


class FaultyCall:
    """A call that may meet some of the faults of its session."""

    def __init__(self, plan: FaultPlan, meant: Sequence[Fault]) -> None:
        self._plan = plan
        self._meant = meant

    def meets_any(self, answer: RecordedResponse) -> bool:
        """Whether anything will go wrong with this call, whose recorded answer is `answer`."""
        return any(self._plan.is_left(fault) and _may_happen(fault, answer) for fault in self._meant)

    def attempt(self, answer: RecordedResponse) -> Attempt:
        """What becomes of the next attempt to get `answer`."""
        delay = sum(fault.ms for fault in self._meant if fault.kind == "slow" and self._plan.spend(fault))
        for fault in self._meant:
            if fault.kind not in _CHANGING and fault.kind != "slow" and self._plan.spend(fault):
                return Attempt(delay, fault, answer)
        changed_by: list[str] = []
        for fault in self._meant:
            changed = fault.changed(answer) if fault.kind in _CHANGING else None
            if changed is not None and self._plan.spend(fault):
                answer = changed
                changed_by.append(fault.kind)
        return Attempt(delay, None, answer, tuple(changed_by))


class FaultPlan:
    """The faults of one session, and how often each has happened; safe to use from several threads."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = tuple(faults)
        self._happened = [0] * len(self._faults)
        self._lock = threading.Lock()
        self._calls = 0

    def call(self, request: RecordedRequest) -> FaultyCall:
        """The next call of the session. What tests of `at` raise is raised here."""
        with self._lock:
            self._calls += 1
            number = self._calls
        return FaultyCall(self, [fault for fault in self._faults if fault.means(number, request)])

    def is_left(self, fault: Fault) -> bool:
        """Whether it may happen once more."""
        return fault.times is None or self._happened[self._place(fault)] < fault.times

    def spend(self, fault: Fault) -> bool:
        """Let it happen once, if it may."""
        with self._lock:
            if not self.is_left(fault):
                return False
            self._happened[self._place(fault)] += 1
            return True

    @property
    def calls(self) -> int:
        """How many calls there were so far."""
        return self._calls

    @property
    def unused(self) -> list[Fault]:
        """The faults that never happened."""
        return [fault for fault, count in zip(self._faults, self._happened, strict=True) if not count]

    def _place(self, fault: Fault) -> int:
        # By identity: two faults may be equal, and each is to happen.
        return next(place for place, each in enumerate(self._faults) if each is fault)


def read_faults(value: object) -> tuple[Fault, ...]:
    """The faults that `faults=` was given: a list of them, or a single one.

    Raises:
        ConfigurationError: it is something else.
    """
    if value is None:
        return ()
    if isinstance(value, Fault):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        found: list[Fault] = []
        for item in cast("Iterable[object]", value):
            if not isinstance(item, Fault):
                raise ConfigurationError.not_usable("faults", item, _MAY_COME)
            # Each on its own, also where one object stands twice.
            found.append(item if all(item is not other for other in found) else Fault(**vars(item)))
        return tuple(found)
    raise ConfigurationError.not_usable("faults", value, _MAY_COME)


def _may_happen(fault: Fault, answer: RecordedResponse) -> bool:
    return fault.kind not in _CHANGING or fault.changed(answer) is not None


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _require(name: str, value: object, holds: bool, why: str) -> None:
    if not holds:
        raise ConfigurationError.not_usable(name, value, why)
