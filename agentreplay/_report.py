"""The verdict on a session: what became of its calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from agentreplay._cassette import Interaction
from agentreplay._errors.verdict import UnusedInteractionsError
from agentreplay._explaining.tool_hints import missing_tools
from agentreplay._kinds import is_tool
from agentreplay._modes import Mode
from agentreplay._trajectory.asked import last_user_message
from agentreplay._trajectory.conversation import one_line

_SAID_LIMIT: Final = 80


class SessionReport(BaseModel):
    """What became of the calls of one session; prints as one line.

    Attributes:
        name: the session's name.
        mode: what the session did with a call.
        replayed: calls answered from the recording.
        recorded: calls that went live and were kept.
        live: calls that went live and were not kept.
        missed: calls that nothing recorded answered.
        failed: calls that failed on purpose.
        unused: recorded interactions that were not asked for.
        incomplete: recorded streams that the program left before their end.
        prompt_tokens: tokens of the requests that were answered, as far as they were counted.
        completion_tokens: tokens of these answers, likewise.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    mode: Mode
    replayed: int = 0
    recorded: int = 0
    live: int = 0
    missed: int = 0
    failed: int = 0
    unused: int = 0
    incomplete: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def calls(self) -> int:
        """How many calls were intercepted."""
        return self.replayed + self.recorded + self.live + self.missed + self.failed

    def __str__(self) -> str:
        counts = [f"{count} {word}" for word, count in self._counts() if count]
        if self.prompt_tokens or self.completion_tokens:
            counts.append(f"{self.prompt_tokens} + {self.completion_tokens} tokens")
        return f"{one_line(self.name)} ({self.mode.value}): {', '.join(counts) or 'no call'}"

    def _counts(self) -> Sequence[tuple[str, int]]:
        return (
            ("replayed", self.replayed),
            ("recorded", self.recorded),
            ("live", self.live),
            ("missed", self.missed),
            ("failed", self.failed),
            ("unused", self.unused),
            ("incomplete", self.incomplete),
        )


def session_report(
    name: str,
    mode: Mode,
    answered: Sequence[Interaction],
    *,
    replayed: int = 0,
    recorded: int = 0,
    live: int = 0,
    missed: int = 0,
    failed: int = 0,
    unused: int = 0,
) -> SessionReport:
    """The report of a session with these counts; tokens and incomplete streams are those of the `answered` calls."""
    responses = [interaction.response for interaction in answered]
    return SessionReport(
        name=name,
        mode=mode,
        replayed=replayed,
        recorded=recorded,
        live=live,
        missed=missed,
        failed=failed,
        unused=unused,
        incomplete=sum(bool(response.incomplete) for response in responses),
        prompt_tokens=sum(response.prompt_tokens or 0 for response in responses),
        completion_tokens=sum(response.completion_tokens or 0 for response in responses),
    )


def unused_error(
    unused: Sequence[Interaction],
    *,
    recorded: int,
    cassette_path: Path | None,
    among: Sequence[Interaction] = (),
) -> UnusedInteractionsError:
    """The error that names these interactions of a cassette which holds `recorded` of them.

    With these, `among`, it also tells of tools that were not called at all.
    """
    hints = missing_tools(unused, among)
    return UnusedInteractionsError(unused, [describe(item) for item in unused], recorded, cassette_path, hints)


def describe(interaction: Interaction) -> str:
    """One line a person knows an interaction by: its position, method, model, and what the user had said.

    Of a tool, its arguments in their place.
    """
    request = interaction.request
    if is_tool(request.kind) and request.body:
        arguments = one_line(json.dumps(request.body, ensure_ascii=False), _SAID_LIMIT)
        return f"[{interaction.sequence}] {one_line(request.method or request.kind)}({arguments})"
    asked = last_user_message(request)
    said = f': "{one_line(asked, _SAID_LIMIT)}"' if asked else ""
    about = ", ".join(filter(None, (request.method or request.kind, request.model)))
    return f"[{interaction.sequence}] {about}{said}"
