"""What a model answered, read from the shape of the recorded data.

Four wire formats are known by their shape, plain and streamed: `choices` with messages (chat completions), `choices`
with text (legacy completions), `output` items (responses), `content` blocks (messages). Whose they are is not asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from agentreplay._cassette import RecordedResponse
from agentreplay._json.reading import Object, as_object, as_text, count_or_none, objects, plain_text, text_or_none
from agentreplay._trajectory.answer_streams import joined

_RUN_BY_PROGRAM: Final = frozenset({"function", "custom_tool", "computer", "local_shell", "shell", "apply_patch"})
"""The kinds of `…_call` items that wait for the program; all other kinds are run where the model runs."""

_ARGUMENT_KEYS: Final = ("arguments", "input", "action", "operation", "queries", "code")


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool that a model asked for.

    `arguments` are the parsed JSON (nearly always a dict; `{}` where none were given), or the text as it came where it
    is no JSON: free-text tools, and calls of a stream that ended early.
    """

    name: str
    arguments: Any
    id: str | None = None

    def __str__(self) -> str:
        given = as_object(self.arguments)
        if given or self.arguments == {}:
            return f"{self.name}({', '.join(f'{key}={_short_json(value)}' for key, value in given.items())})"
        return f"{self.name}({_short_json(self.arguments)})"


@dataclass(frozen=True)
class Answer:
    """What a model answered; of several choices, the first.

    Attributes:
        model: the model that answered, as it names itself.
        text: all text of the answer, joined; empty where there is none.
        refusal: the text of a refusal, where the format keeps it apart.
        tool_calls: calls that the program is asked to run.
        provider_calls: calls that were run where the model runs (web search, code interpreter …).
        finish_reason: why it ended, in the format's own word.
        prompt_tokens: tokens of the request, as the answer counts them.
        completion_tokens: tokens of the answer, likewise.
    """

    model: str | None = None
    text: str = ""
    refusal: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    provider_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


def read_answer(response: RecordedResponse) -> Answer | None:
    """What the model answered, or None where this is not a model's answer of a known shape."""
    body = joined(response.events) if response.events is not None else response.body
    if isinstance(body, str):
        is_words = response.encoding != "base64" and response.status != "error"
        return Answer(text=body) if is_words else None
    content = as_object(body)
    reader = _reader_of(content)
    if reader is None:
        return None
    usage = as_object(content.get("usage"))
    return replace(
        reader(content),
        model=text_or_none(content.get("model")),
        prompt_tokens=count_or_none(usage.get("prompt_tokens", usage.get("input_tokens"))),
        completion_tokens=count_or_none(usage.get("completion_tokens", usage.get("output_tokens"))),
    )


def _reader_of(body: Object) -> Callable[[Object], Answer] | None:
    if isinstance(body.get("choices"), list):
        return _read_text_choice if "text" in _first_choice(body) else _read_chat
    if isinstance(body.get("output"), list) and body.get("object") == "response":
        return _read_output
    if isinstance(body.get("content"), list) and body.get("role") == "assistant":
        return _read_blocks
    return _read_prompt_completion if isinstance(body.get("completion"), str) else None


def error_text(response: RecordedResponse) -> str | None:
    """Why the call failed, in one line without the SDK's words around it; None where it did not fail."""
    if response.error is not None:
        return f"{response.error.type}: {response.error.message}".rstrip(": ")
    told = as_object(joined(response.events) if response.events is not None else response.body).get("error")
    if response.status != "error" and not told:
        return None
    message = as_object(told).get("message") or (told if isinstance(told, str) else None)
    if not message and isinstance(response.body, str):
        message = response.body
    status = f"HTTP {response.http_status}" if response.http_status and response.http_status >= 400 else ""
    return ": ".join(part for part in (status, as_text(message).strip()) if part) or "error"


def _read_chat(body: Object) -> Answer:
    choice = _first_choice(body)
    message = as_object(choice.get("message"))
    calls = [_chat_call(call) for call in objects(message.get("tool_calls"))]
    if function := as_object(message.get("function_call")):
        calls.append(ToolCall(as_text(function.get("name")), _parsed(function.get("arguments"))))
    return Answer(
        text=plain_text(message.get("content")) or as_text(as_object(message.get("audio")).get("transcript")),
        refusal=text_or_none(message.get("refusal")),
        tool_calls=tuple(calls),
        finish_reason=text_or_none(choice.get("finish_reason")),
    )


def _chat_call(call: Object) -> ToolCall:
    id_ = text_or_none(call.get("id"))
    if custom := as_object(call.get("custom")):
        return ToolCall(as_text(custom.get("name")), custom.get("input"), id_)
    function = as_object(call.get("function"))
    return ToolCall(as_text(function.get("name")), _parsed(function.get("arguments")), id_)


def _read_text_choice(body: Object) -> Answer:
    choice = _first_choice(body)
    return Answer(text=as_text(choice.get("text")), finish_reason=text_or_none(choice.get("finish_reason")))


def _read_output(body: Object) -> Answer:
    items = objects(body.get("output"))
    parts = [part for item in items if item.get("type") == "message" for part in objects(item.get("content"))]
    refusals = [as_text(part.get("refusal")) for part in parts if part.get("type") == "refusal"]
    # A call whose result stands beside it in the same answer was run already, whatever its kind.
    settled = [item.get("call_id") for item in items if as_text(item.get("type")).endswith("_output")]
    ours: list[ToolCall] = []
    theirs: list[ToolCall] = []
    for item in items:
        type_ = as_text(item.get("type"))
        if type_.endswith("_call"):
            kind = type_.removesuffix("_call")
            waits = kind in _RUN_BY_PROGRAM and item.get("call_id") not in settled
            (ours if waits else theirs).append(_output_call(kind, item))
    return Answer(
        text="".join(as_text(part.get("text")) for part in parts if part.get("type") == "output_text"),
        refusal="".join(refusals) or None,
        tool_calls=tuple(ours),
        provider_calls=tuple(theirs),
        finish_reason=text_or_none(as_object(body.get("incomplete_details")).get("reason") or body.get("status")),
    )


def _output_call(kind: str, item: Object) -> ToolCall:
    key = next((key for key in _ARGUMENT_KEYS if item.get(key) is not None), None)
    given: Any = item[key] if key else {}
    return ToolCall(
        as_text(item.get("name")) or kind,
        _parsed(given) if key == "arguments" else given,
        text_or_none(item.get("call_id") or item.get("id")),
    )


def _read_blocks(body: Object) -> Answer:
    blocks = objects(body.get("content"))
    return Answer(
        text="".join(as_text(block.get("text")) for block in blocks if block.get("type") == "text"),
        tool_calls=_block_calls(block for block in blocks if block.get("type") == "tool_use"),
        provider_calls=_block_calls(block for block in blocks if as_text(block.get("type")).endswith("_tool_use")),
        finish_reason=text_or_none(body.get("stop_reason")),
    )


def _block_calls(blocks: Iterable[Object]) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(as_text(block.get("name")), block.get("input", {}), text_or_none(block.get("id"))) for block in blocks
    )


def _read_prompt_completion(body: Object) -> Answer:
    return Answer(text=as_text(body["completion"]), finish_reason=text_or_none(body.get("stop_reason")))


def _first_choice(body: Object) -> Object:
    choices = objects(body.get("choices"))
    return choices[0] if choices else {}


def _parsed(arguments: Any) -> Any:
    """Arguments that came as JSON text, parsed; anything else as it is."""
    if not isinstance(arguments, str):
        return {} if arguments is None else arguments
    try:
        return json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        return arguments


def _short_json(value: Any, limit: int = 80) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
