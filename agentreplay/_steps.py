"""One recorded call, read: a turn of a model, a run of a tool, or another call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from agentreplay._answers import Answer, ToolCall, error_text, read_answer
from agentreplay._asked import Said, last_user_message, newly_said
from agentreplay._cassette import Interaction

_MODEL: Final = "llm"
_TOOL: Final = "tool"
_OTHER: Final = "http"
"""The kind of a call that is of no kind of its own; its answer may still be a model's (an answer fetched later)."""


@dataclass(frozen=True)
class Step:
    """One call. `position` counts from 0 in recorded order; `duration_ms` is in milliseconds.

    `model` is the one that was asked for; `error` says in one line why the call failed, None where it did not.
    """

    position: int
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
    """One recorded run of a tool: its `arguments` and its `result`, both JSON."""

    arguments: Any
    result: Any

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.method


def read_step(position: int, interaction: Interaction) -> Step:
    """One interaction as a step of a run."""
    request, response = interaction.request, interaction.response
    answer = read_answer(response) if request.kind in {_MODEL, _OTHER} else None
    found = answer or Answer()
    common: dict[str, Any] = {
        "position": position,
        "kind": request.kind,
        "method": request.method,
        "model": request.model or found.model,
        "duration_ms": response.duration_ms,
        "error": error_text(response),
        "prompt_tokens": _first(response.prompt_tokens, found.prompt_tokens),
        "completion_tokens": _first(response.completion_tokens, found.completion_tokens),
    }
    if request.kind == _TOOL:
        return ToolRun(**common, arguments=request.body, result=response.body)
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
