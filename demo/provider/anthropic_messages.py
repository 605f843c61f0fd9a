"""Anthropic's messages, whole and streamed, and the count of their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from demo.provider.exchange import Event, Json, Reply, compact, inner, inners, json_reply, stream_reply
from demo.provider.model import Question, Tool, Turn, pieces, slices, tokens
from demo.provider.routing import Call, Routes

_PADDING: Final = 8
"""The service fills its stream events with up to this many spaces before the last brace."""


def create_message(call: Call) -> Reply:
    """`POST /v1/messages`."""
    question = message_question(call)
    whole = message(call.number, question, call.model(question))
    return stream_reply(message_events(whole)) if call.body.get("stream") else json_reply(whole)


def count_tokens(call: Call) -> Reply:
    """`POST /v1/messages/count_tokens`."""
    return json_reply({"input_tokens": tokens(message_question(call).prompt) + call.number})


def message_question(call: Call) -> Question:
    """What the messages of the request ask."""
    messages = inners(call.body, "messages")
    said = [at for at, item in enumerate(messages) if item["role"] == "user" and _text(item["content"])]
    asked = said[-1] if said else -1
    after = [block for item in messages[asked + 1 :] for block in _blocks(item["content"])]
    wanted = inner(inner(call.body, "output_config"), "format") or inner(call.body, "output_format")
    return Question(
        number=call.number,
        model=str(call.body.get("model", "")),
        prompt=_text(messages[asked]["content"]) if asked >= 0 else "",
        tools=tuple(
            Tool(tool["name"], tool["input_schema"]) for tool in inners(call.body, "tools") if "input_schema" in tool
        ),
        results=tuple(_text(block.get("content")) for block in after if block["type"] == "tool_result"),
        schema=wanted.get("schema"),
        thinking=inner(call.body, "thinking").get("type") in {"enabled", "adaptive"},
    )


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def _text(content: Any) -> str:
    return "".join(str(block["text"]) for block in _blocks(content) if block["type"] == "text")


def message(number: int, question: Question, turn: Turn) -> Json:
    """What the model says, as a message."""
    blocks: list[Json] = []
    if turn.thinking:
        blocks.append({"type": "thinking", "thinking": turn.thinking, "signature": f"c2lnbmF0dXJl{number:08d}"})
    if turn.text:
        blocks.append({"type": "text", "text": turn.text})
    for index, wanted in enumerate(turn.calls):
        blocks.append(
            {"type": "tool_use", "id": f"toolu_{number:06d}_{index}", "name": wanted.name, "input": wanted.arguments}
        )
    return {
        "model": question.model,
        "id": f"msg_{number:08d}",
        "type": "message",
        "role": "assistant",
        "content": blocks,
        "stop_reason": "tool_use" if turn.calls else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens(question.prompt),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": tokens(turn.text) + 10 * len(turn.calls),
            "service_tier": "standard",
        },
    }


def message_events(whole: Json) -> list[Event]:
    """The events that build the message `whole`, a ping among them."""
    usage = {**whole["usage"], "output_tokens": 1}
    begun: Json = {**whole, "content": [], "stop_reason": None, "usage": usage}
    values: list[Json] = [{"type": "message_start", "message": begun}]
    for index, block in enumerate(whole["content"]):
        opened, deltas = _opened(block)
        values.append({"type": "content_block_start", "index": index, "content_block": opened})
        if index == 0:
            values.append({"type": "ping"})
        values.extend({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
        values.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    used = {"output_tokens": whole["usage"]["output_tokens"]}
    values.append({"type": "message_delta", "delta": ended, "usage": used})
    values.append({"type": "message_stop"})
    return [Event(_padded(compact(value), at), name=value["type"]) for at, value in enumerate(values)]


def _opened(block: Json) -> tuple[Json, Iterator[Json]]:
    if block["type"] == "text":
        return {**block, "text": ""}, ({"type": "text_delta", "text": word} for word in pieces(block["text"]))
    if block["type"] == "tool_use":
        parts = ["", *slices(compact(block["input"]))]
        return {**block, "input": {}}, ({"type": "input_json_delta", "partial_json": part} for part in parts)
    return {**block, "thinking": "", "signature": ""}, _thinking_deltas(block)


def _thinking_deltas(block: Json) -> Iterator[Json]:
    for word in pieces(block["thinking"]):
        yield {"type": "thinking_delta", "thinking": word}
    yield {"type": "signature_delta", "signature": block["signature"]}


def _padded(line: str, position: int) -> str:
    return line[:-1] + " " * (position % _PADDING) + line[-1]


ROUTES: Final[Routes] = {
    ("POST", "/v1/messages"): create_message,
    ("POST", "/v1/messages/count_tokens"): count_tokens,
}
