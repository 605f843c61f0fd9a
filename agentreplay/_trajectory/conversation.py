"""A run as people read it: who said what, and which tools were called."""

from __future__ import annotations

import json
from typing import Any, Final

from agentreplay._printable import printable
from agentreplay._trajectory.steps import ModelTurn, Step, ToolRun

_TEXT_LIMIT: Final = 200
_INDENT: Final = "    "


def one_line(text: str, limit: int = _TEXT_LIMIT) -> str:
    """`text` in one line of at most `limit` characters: white space as one space, control characters escaped."""
    return printable(" ".join(text.split()), limit)


def step_lines(step: Step) -> list[str]:
    """The lines that show one step: a heading, then what was said and answered, each in one line.

    A step inside another is indented.
    """
    return [f"{_INDENT * step.depth}{line}" for line in _lines(step)]


def _lines(step: Step) -> list[str]:
    lines = [_heading(step)]
    if isinstance(step, ModelTurn):
        lines += _turn_lines(step)
    if isinstance(step, ToolRun) and step.error is None:
        lines.append(f"{_INDENT}result: {_shown(step.result)}")
    if step.error is not None:
        lines.append(f"{_INDENT}failed: {one_line(step.error)}")
    return lines


def _turn_lines(turn: ModelTurn) -> list[str]:
    answer = turn.answer
    lines = [f"{_INDENT}{said.role}: {one_line(said.text)}" for said in turn.said]
    lines += [f"{_INDENT}ran: {one_line(str(call))}" for call in answer.provider_calls]
    if answer.text:
        lines.append(f"{_INDENT}answer: {one_line(answer.text)}")
    if answer.refusal:
        lines.append(f"{_INDENT}refused: {one_line(answer.refusal)}")
    lines += [f"{_INDENT}calls: {one_line(str(call))}" for call in turn.tool_calls]
    return lines


def _heading(step: Step) -> str:
    about = [step.model or ""]
    if step.duration_ms is not None:
        about.append(f"{step.duration_ms / 1000:.2f} s")
    if step.prompt_tokens is not None or step.completion_tokens is not None:
        about.append(f"{step.prompt_tokens or 0} + {step.completion_tokens or 0} tokens")
    if isinstance(step, ModelTurn):
        about += ["streamed"] * step.streamed
    if isinstance(step, (ModelTurn, ToolRun)):
        about += ["left early"] * step.incomplete
    called = f"{step.name}({_shown(step.arguments)})" if isinstance(step, ToolRun) else step.method
    return ", ".join([f"[{step.position}] {called}", *filter(None, about)])


def _shown(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
