"""Answers as providers give them, and as they should not."""

from __future__ import annotations

from typing import Any, Final

_USAGE: Final = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
_CHOICE: Final[dict[str, Any]] = {
    "index": 0,
    "finish_reason": "stop",
    "message": {"role": "assistant", "content": "Rain."},
}
_COMPLETION: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [_CHOICE],
    "usage": _USAGE,
}
_TOOL_CALL: Final[dict[str, Any]] = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": "{}"},
}

COMPLETIONS: Final[dict[str, Any]] = {
    "plain": _COMPLETION,
    "extras everywhere": {
        **_COMPLETION,
        "provider": {"name": "other"},
        "choices": [{**_CHOICE, "native": 1, "message": {**_CHOICE["message"], "reasoning": None}}],
        "usage": {**_USAGE, "cost": 0.5, "prompt_tokens_details": {"cached_tokens": 1, "new_tokens": 2}},
    },
    "an unknown reason": {**_COMPLETION, "choices": [{**_CHOICE, "finish_reason": "boredom"}]},
    "missing fields": {"id": "x", "choices": [{"message": {}}]},
    "nulls": {**_COMPLETION, "id": None, "choices": None, "usage": None, "model": None},
    "other types": {**_COMPLETION, "id": 5, "created": "now", "choices": {"0": _CHOICE}, "usage": [_USAGE, 1]},
    "numbers as texts": {**_COMPLETION, "usage": {**_USAGE, "prompt_tokens_details": {"cached_tokens": "7"}}},
    "tools": {
        **_COMPLETION,
        "choices": [{**_CHOICE, "message": {"role": "assistant", "content": None, "tool_calls": [_TOOL_CALL]}}],
    },
    "an unknown tool": {
        **_COMPLETION,
        "choices": [{**_CHOICE, "message": {"role": "x", "tool_calls": [{**_TOOL_CALL, "type": "magic"}, 3]}}],
    },
    "log probabilities": {
        **_COMPLETION,
        "choices": [
            {
                **_CHOICE,
                "logprobs": {
                    "content": [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}],
                    "refusal": None,
                },
            }
        ],
    },
    "names of its own": {**_COMPLETION, "model_fields": 1, "self": 2, "cls_": 3},
    "nothing": {},
}

_MESSAGE: Final[dict[str, Any]] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "Rain."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 3},
}

MESSAGES: Final[dict[str, Any]] = {
    "plain": _MESSAGE,
    "a tool": {
        **_MESSAGE,
        "content": [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": {"name": "Ghent"}}}],
    },
    "a new block": {
        **_MESSAGE,
        "content": [{"type": "hologram", "light": 1.0}, {"type": "text", "text": "x", "new": 1}],
    },
    "citations": {
        **_MESSAGE,
        "content": [
            {
                "type": "text",
                "text": "x",
                "citations": [
                    {"type": "char_location", "cited_text": "y", "document_index": 0, "start_char_index": "0"}
                ],
            }
        ],
    },
    "an unknown reason": {**_MESSAGE, "stop_reason": "boredom"},
    "missing fields": {"content": [{"type": "text"}]},
    "nulls": {**_MESSAGE, "content": None, "usage": None},
    "extras": {**_MESSAGE, "new": [1], "usage": {**_MESSAGE["usage"], "new": {"a": 1}, "service_tier": "x"}},
    "nothing": {},
}

EMBEDDINGS: Final[dict[str, Any]] = {
    "plain": {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": "AACAPwAAAEA="}],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    },
    "numbers": {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [1, 0.5]}]},
}

RESPONSES: Final[dict[str, Any]] = {
    "plain": {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "gpt-4o",
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Rain.", "annotations": []}],
            }
        ],
        "parallel_tool_calls": True,
        "temperature": 1,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2,
        },
    },
    "a new item": {
        "id": "r",
        "output": [{"type": "hologram"}, {"type": "reasoning", "id": "rs", "summary": []}],
        "new": 1,
    },
    "nothing": {},
}

CHUNKS: Final[list[Any]] = [
    {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant"}}]},
    {"id": "c", "choices": [{"index": 0, "delta": {"content": "Ra", "new": 1}, "finish_reason": None, "extra": 2}]},
    {"id": "c", "choices": [{"index": 0, "delta": {"content": "in"}, "finish_reason": "boredom"}]},
    {"id": "c", "choices": [], "usage": _USAGE},
    {},
]

MESSAGE_EVENTS: Final[list[Any]] = [
    {"type": "message_start", "message": {**_MESSAGE, "content": [], "stop_reason": None}},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "hologram"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Rain", "new": 1}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "light_delta", "light": 1}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}, "new": True},
    {"type": "message_stop"},
]

RESPONSE_EVENTS: Final[list[Any]] = [
    {"type": "response.created", "sequence_number": 0, "response": RESPONSES["plain"]},
    {
        "type": "response.output_text.delta",
        "sequence_number": 1,
        "item_id": "msg_1",
        "output_index": 0,
        "content_index": 0,
        "delta": "Rain",
        "logprobs": [],
    },
    {"type": "response.hologram.delta", "sequence_number": 2, "light": [1.0]},
    {"type": "response.completed", "sequence_number": 3, "response": RESPONSES["a new item"]},
]
