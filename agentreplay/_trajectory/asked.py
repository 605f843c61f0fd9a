"""What was said to a model, read from the shape of the recorded request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from agentreplay._cassette import RecordedRequest
from agentreplay._json.reading import Object, as_list, as_object, as_text, objects, plain_text

_TOOL_RESULT_KINDS: Final = ("_output", "tool_result")
_OF_THE_MODEL: Final = frozenset({"assistant", "model"})


@dataclass(frozen=True)
class Said:
    """One thing said to a model. `role` is `user`, `system`, `developer` or `tool` (the result of a call)."""

    role: str
    text: str


def last_user_message(request: RecordedRequest) -> str | None:
    """The text that a person would know this request by: the last thing that the user said.

    Where the format has no roles it is the prompt, or the input. None where there is no text at all.
    """
    messages = _messages(request.body)
    return next(
        (said.text for message in reversed(messages) for said in _read(message)[::-1] if said.role == "user"), None
    )


def newly_said(request: RecordedRequest) -> tuple[Said, ...]:
    """What the request says after the model's last words in it: all of it in a first turn."""
    new: list[Said] = []
    for message in reversed(_messages(request.body)):
        if _is_of_the_model(message):
            return tuple(new)
        new[:0] = _read(message)
    system = plain_text(request.body.get("system") or request.body.get("instructions"))
    return (*([Said("system", system)] if system else []), *new)


def _messages(body: Object) -> list[Any]:
    for key in ("messages", "input", "prompt"):
        if body.get(key):
            return as_list(body[key]) or [body[key]]
    return []


def _is_of_the_model(message: Any) -> bool:
    said = as_object(message)
    if "role" in said:
        return as_text(said["role"]) in _OF_THE_MODEL
    return as_text(said.get("type")).endswith("_call")


def _read(message: Any) -> list[Said]:
    """What one message says to the model: nothing where it is the model's own, or holds no text."""
    if isinstance(message, str):
        return [Said("user", message)]
    said = as_object(message)
    kind = as_text(said.get("type"))
    if kind.endswith(_TOOL_RESULT_KINDS):
        return [Said("tool", plain_text(said.get("output", said.get("content"))))]
    if _is_of_the_model(message) or "role" not in said:
        return []
    found: list[Said] = []
    for block in objects(said.get("content")):
        found += _read(block) if "role" not in block else []
    if text := plain_text(said.get("content")):
        role = "tool" if said["role"] == "function" else as_text(said["role"])
        found.append(Said(role, text))
    return found
