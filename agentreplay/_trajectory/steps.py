"""One recorded call, read: a turn of a model, a run of a tool, or another call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from agentreplay._cassette import Interaction
from agentreplay._json.reading import as_object, as_text
from agentreplay._kinds import MCP, is_tool
from agentreplay._trajectory.answers import Answer, ToolCall, error_text, read_answer
from agentreplay._trajectory.asked import Said, last_user_message, newly_said

_MODEL: Final = "llm"
_MCP_CALL: Final = "tools/call"
_OTHER: Final = "http"
"""The kind of a call that is of no kind of its own; its answer may still be a model's (an answer fetched later)."""


@dataclass(frozen=True)
class Step:
    """One call. `position` counts from 0 in recorded order; `duration_ms` is in milliseconds.

    `parent` is the position of the call inside which it was made, and `depth` how many calls are around it; `model` is
    the one that was asked for; `error` says in one line why the call failed, None where it did not.
    """

    position: int
    parent: int | None
    depth: int
    kind: str
    method: str
    model: str | None
    duration_ms: float | None
    error: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


@dataclass(frozen=True)
class ModelTurn(Step):
    """One answer of a model.

    Attributes:
        asked: the last thing that the user had said.
        said: what was new to the model in this request: the user's words, results of tools.
        answer: what the model answered; empty where the call failed.
        streamed: whether the answer came as a stream.
        incomplete: whether the program left the stream before its end.
    """

    asked: str | None
    said: tuple[Said, ...]
    answer: Answer
    streamed: bool
    incomplete: bool

    @property
    def text(self) -> str:
        """The text of the answer."""
        return self.answer.text

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the program is asked to run."""
        return self.answer.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended, in the format's own word."""
        return self.answer.finish_reason


@dataclass(frozen=True)
class ToolRun(Step):
    """One recorded run of a tool, the program's own or an MCP server's.

    `name` is the tool's, `arguments` and `result` are JSON; the result of one that gives item by item is their list.
    `incomplete` says that the program left it before the last of them.
    """

    name: str
    arguments: Any
    result: Any
    incomplete: bool


def read_step(position: int, interaction: Interaction, *, parent: int | None = None, depth: int = 0) -> Step:
    """One interaction as a step of a run; `parent` and `depth` as in `Step`."""
    request, response = interaction.request, interaction.response
    answer = read_answer(response) if request.kind in {_MODEL, _OTHER} else None
    found = answer or Answer()
    common: dict[str, Any] = {
        "position": position,
        "parent": parent,
        "depth": depth,
        "kind": request.kind,
        "method": request.method,
        "model": request.model or found.model,
        "duration_ms": response.duration_ms,
        "error": error_text(response),
        "prompt_tokens": _first(response.prompt_tokens, found.prompt_tokens),
        "completion_tokens": _first(response.completion_tokens, found.completion_tokens),
    }
    if request.kind == MCP:
        if request.method != _MCP_CALL:
            return Step(**common)
        asked = as_object(request.body.get("params"))
        name, arguments = as_text(asked.get("name")), asked.get("arguments", {})
        return ToolRun(**common, name=name, arguments=arguments, result=response.body, incomplete=False)
    if is_tool(request.kind):
        return ToolRun(
            **common,
            name=request.method,
            arguments=request.body,
            result=[event.data for event in response.events] if response.events is not None else response.body,
            incomplete=bool(response.incomplete),
        )
    if request.kind != _MODEL and not answer:
        return Step(**common)
    return ModelTurn(
        **common,
        asked=last_user_message(request),
        said=newly_said(request),
        answer=found,
        streamed=response.events is not None,
        incomplete=bool(response.incomplete),
    )


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
