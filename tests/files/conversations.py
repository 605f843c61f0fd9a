"""Conversations of any length, as the programs of three providers send them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse

_SYSTEM: Final = "You are told what to do, and how, and when to stop. " * 20
_TOOLS: Final = [{"name": f"tool_{number}", "description": "What it does. " * 10} for number in range(4)]


def said(turn: int, who: str) -> str:
    """What is said in a turn: about 1 KB that is said in no other."""
    return f"{who} {turn}: " + f"{turn * 7919} words and more. " * 40


def chat(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "system", "content": _SYSTEM}, *turns], "tools": _TOOLS}


def chat_with_a_clock(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    system = {"role": "system", "content": f"{_SYSTEM} It is day {turn}."}
    return {"messages": [system, *turns], "model": "m", "tools": _TOOLS}


def chat_in_a_window(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "system", "content": _SYSTEM}, *turns[-8:]]}


def responses(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    return {"model": "m", "instructions": _SYSTEM, "input": [*turns], "tools": _TOOLS}


def messages_with_moving_marks(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    """The newest two messages of the user are marked for the cache, so that earlier ones change with every turn."""
    found = [{"role": each["role"], "content": [{"type": "text", "text": each["content"]}]} for each in turns]
    for message in found[-1::-2][:2]:
        content: Any = message["content"]
        content[-1]["cache_control"] = {"type": "ephemeral"}
    system = [{"type": "text", "text": _SYSTEM}]
    return {"max_tokens": 10, "messages": found, "model": "m", "system": system, "tools": _TOOLS}


def one_growing_text(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    return {"model": "m", "prompt": "".join(f"{each['role']}: {each['content']}\n" for each in turns) + "assistant:"}


def two_taking_turns(turns: list[dict[str, Any]], turn: int) -> dict[str, Any]:
    """Two agents with one tool box, each of which sees every other turn."""
    mine = [message for place, message in enumerate(turns) if (place // 2) % 2 == turn % 2]
    return {"model": "m", "messages": [{"role": "system", "content": f"{_SYSTEM}{turn % 2}"}, *mine], "tools": _TOOLS}


KINDS: Final[list[Callable[[list[dict[str, Any]], int], dict[str, Any]]]] = [
    chat,
    chat_with_a_clock,
    chat_in_a_window,
    responses,
    messages_with_moving_marks,
    one_growing_text,
    two_taking_turns,
]


def conversation(kind: Callable[[list[dict[str, Any]], int], dict[str, Any]], length: int) -> Cassette:
    """A finalized cassette of a conversation with so many turns; its date never changes."""
    turns: list[dict[str, Any]] = []
    made = Cassette(meta=CassetteMeta(recorded_at="2026-01-02T03:04:05+00:00", agentreplay_version="0.1.0"))
    for turn in range(length):
        turns.append({"role": "user", "content": said(turn, "question")})
        made.interactions.append(
            Interaction(
                request=RecordedRequest(kind="llm", method=kind.__name__, model="m", body=kind(turns, turn)),
                response=RecordedResponse(body={"id": f"answer-{turn}", "text": said(turn, "answer")}),
            )
        )
        turns.append({"role": "assistant", "content": said(turn, "answer")})
    made.finalize()
    return made
