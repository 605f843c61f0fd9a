"""One function of the program that is recorded: how a call of it is asked, answered, kept."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, Literal, TypeAlias, cast

from agentreplay._active import Scope, current
from agentreplay._calls import LiveCall, deciding_session
from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse
from agentreplay._decisions import Replay
from agentreplay._errors import AgentReplayError, ConfigurationError
from agentreplay._errors.tools import RecordedToolError, ToolForbiddenError, ToolResultError
from agentreplay._tools.annotations import return_annotation
from agentreplay._tools.arguments import ToolArguments
from agentreplay._tools.classes import awaited, item_of_stream
from agentreplay._tools.failures import Failures
from agentreplay._tools.names import Place, use_name
from agentreplay._tools.objects import JsonFunction
from agentreplay._tools.results import ResultForm
from agentreplay._tools.streams import StreamForm, Taken, recorded, recorded_async, replayed, replayed_async

ToolPolicy: TypeAlias = Literal["replay", "live", "forbid"]
"""What a session does with a call of a tool.

- `replay`: as with any other call: the mode of the session says it.
- `live`: it is run for real also where the session replays, and what it gives is compared with the recording.
- `forbid`: it is an error.
"""

POLICIES: Final = ("replay", "live", "forbid")

_RETURNED: Final = "returned"
"""The name in the metadata that says what a function gives that is not declared to give it."""


@dataclass(frozen=True)
class ToolOptions:
    """What a tool is told about itself; see `tool()`.

    Raises:
        ConfigurationError: an option that cannot be meant.
    """

    kind: str = "tool"
    policy: ToolPolicy = "replay"
    ignore: tuple[str, ...] = ()
    encode: JsonFunction | None = None
    decode: JsonFunction | None = None
    raises: tuple[type[Exception], ...] = ()
    returns: Any = None

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise ConfigurationError.unknown_choice("policy", self.policy, POLICIES)
        if not isinstance(self.kind, str) or not self.kind:
            raise ConfigurationError.not_usable("kind", self.kind, "expected a word, such as 'tool'")
        for name in ("encode", "decode"):
            if not (getattr(self, name) is None or callable(getattr(self, name))):
                raise ConfigurationError.not_usable(name, getattr(self, name), "expected a function")
        if isinstance(self.ignore, str):
            object.__setattr__(self, "ignore", (self.ignore,))
        raises = self.raises if isinstance(self.raises, (tuple, list)) else (self.raises,)
        for kind in raises:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                raise ConfigurationError.not_usable("raises", kind, "expected classes of exceptions")
        object.__setattr__(self, "raises", tuple(raises))


class ToolFunction:
    """A recorded function: `function` is what was decorated, `name` what its calls are recorded under.

    `defined_in` is the frame in which it was defined, whose names its annotations may use.
    """

    def __init__(
        self, function: Any, name: str, place: Place, options: ToolOptions, defined_in: FrameType | None = None
    ) -> None:
        self.name = name
        self.place = place
        self.options = options
        self._arguments = ToolArguments(name, function, options.ignore, options.encode)
        self._annotation = return_annotation(function, defined_in, options.returns)
        self._failures = Failures(name, options.raises)
        self._forms: tuple[ResultForm, StreamForm] | None = None
        is_descriptor = isinstance(function, (classmethod, staticmethod))
        plain: Any = cast("Any", function).__func__ if is_descriptor else function
        self.is_coroutine = inspect.iscoroutinefunction(plain) or inspect.iscoroutinefunction(
            getattr(plain, "__call__", None)  # noqa: B004 (what is called of a callable object)
        )
        self._is_async_generator = inspect.isasyncgenfunction(plain)
        self._is_generator = inspect.isgeneratorfunction(plain) or self._is_async_generator

    def session(self) -> Scope | None:
        """The session that decides about a call made here; None where the function runs as if it were no tool.

        Raises:
            SessionError: nothing tells which of the open sessions it is.
            ToolForbiddenError: there is one, and the policy forbids the call.
            ConfigurationError: another tool of this name was called in it.
        """
        if self.options.policy == "forbid":
            open_here = current()
            if open_here is not None:
                error = ToolForbiddenError(self.name, open_here.name)
                open_here.engine.refuse(error)
                raise error
        scope = deciding_session()
        if scope is not None:
            use_name(scope, self.name, self.place)
        return scope

    def ask(self, scope: Scope, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Interaction | LiveCall:
        """The interaction that answers this call, or the call to be made.

        Raises:
            CassetteMismatchError: the session replays, and nothing recorded answers.
            ToolValueError: an argument cannot be recorded.
            TypeError: the arguments are not those of the function.
        """
        try:
            body = self._arguments.body(instance, args, kwargs)
        except AgentReplayError as error:
            scope.engine.refuse(error)
            raise
        request = RecordedRequest(kind=self.options.kind, method=self.name, body=body)
        decision = scope.begin(request, rerun=self.options.policy == "live")
        if isinstance(decision, Replay):
            return decision.interaction
        return LiveCall(scope, decision, outlives_block=True)

    def replayed(self, interaction: Interaction) -> Any:
        """What the recorded call gave; raises what it raised."""
        response = interaction.response
        result, stream = self._form
        returned = interaction.metadata.get(_RETURNED)
        if self._is_generator or response.events is not None:
            return self._replayed_stream(stream, response, returned)
        if returned == "awaitable":
            return _later(lambda: self._result(result, response))
        return self._result(result, response)

    def _replayed_stream(self, stream: StreamForm, response: RecordedResponse, returned: Any) -> Any:
        if response.events is None and response.error is None:
            raise ToolResultError(self.name, "result", "it was recorded whole, and the tool is a generator now")
        if not self._is_generator and returned not in {"generator", "async generator"}:
            raise ToolResultError(self.name, "result", "it was recorded item by item, and the tool is no generator now")
        is_async = self._is_async_generator or (not self._is_generator and returned == "async generator")
        return (replayed_async if is_async else replayed)(stream, response)

    def _result(self, form: ResultForm, response: RecordedResponse) -> Any:
        if response.error is not None:
            raise self._failures.restored(response.error)
        if response.status == "error":
            raise RecordedToolError(self.name, "Exception", str(response.body))
        return form.read(response.body, tagged=response.encoding == "tagged")

    def failed(self, live: LiveCall, error: Exception) -> None:
        """Keep that a live call raised `error`. What agentreplay raised is no outcome of the function."""
        if isinstance(error, AgentReplayError) and not isinstance(error, RecordedToolError):
            live.abandon()
            return
        response = RecordedResponse(status="error", error=self._failures.written(error))
        if self._is_generator:
            response.events = []
        live.keep(response)

    def returned(self, live: LiveCall, result: Any) -> Any:
        """Keep the result of a live call, and give what the program is to have of it.

        What is to be awaited or iterated is kept when that was done.

        Raises:
            ToolValueError: it cannot be recorded.
        """
        if inspect.isgenerator(result):
            return recorded(result, self._taken(live, "generator"))
        if inspect.isasyncgen(result):
            return recorded_async(result, self._taken(live, "async generator"))
        if inspect.isawaitable(result) and not self.is_coroutine:
            return self._awaited(live, result)
        self._keep(live, result, {})
        return result

    def _taken(self, live: LiveCall, what: str) -> Taken:
        return Taken(self._form[1], live, {} if self._is_generator else {_RETURNED: what})

    async def _awaited(self, live: LiveCall, result: Awaitable[Any]) -> Any:
        with live:
            try:
                value = await result
            except Exception as error:
                self.failed(live, error)
                raise
            self._keep(live, value, {_RETURNED: "awaitable"})
            return value

    def _keep(self, live: LiveCall, value: Any, metadata: dict[str, Any]) -> None:
        try:
            data, tagged = self._form[0].write(value)
        except Exception as error:
            live.refused(error)
            raise
        live.keep(RecordedResponse(body=data, encoding="tagged" if tagged else None), metadata)

    @property
    def _form(self) -> tuple[ResultForm, StreamForm]:
        """How results are written and read. Not made before the first call, when all classes are there."""
        if self._forms is None:
            options = self.options
            annotation = awaited(self._annotation())
            items, end = item_of_stream(annotation) or (annotation if self._is_generator else Any, Any)
            result = ResultForm(self.name, annotation, options.encode, options.decode)
            stream = StreamForm(
                self.name,
                ResultForm(self.name, items, options.encode, options.decode),
                ResultForm(self.name, end, options.encode, options.decode),
                self._failures,
            )
            self._forms = result, stream
        return self._forms


async def _later(result: Any) -> Any:
    return result()
