"""What is sent and answered: made up, of the sizes that real traffic has."""

from __future__ import annotations

import json
from typing import Any, Final

Json = dict[str, Any]

_WORDS: Final = "the quick agent looks at the question and answers it in a few plain words "


def text(length: int, mark: object = "") -> str:
    """`length` characters of prose that begin with `mark`."""
    return (f"{mark} " + _WORDS * (length // len(_WORDS) + 1))[:length]


def conversation(turns: int) -> list[Json]:
    """The messages of a conversation before its next answer: `turns` questions of 1 KB, and the answers between."""
    messages: list[Json] = []
    for turn in range(turns):
        if turn:
            messages.append({"role": "assistant", "content": text(1000, f"answer {turn}")})
        messages.append({"role": "user", "content": text(1000, f"question {turn}")})
    return messages


def question(number: int) -> list[Json]:
    """The messages of one plain call, 1 KB in all."""
    return [
        {"role": "system", "content": text(500, "You are a helpful agent.")},
        {"role": "user", "content": text(500, f"Question {number}:")},
    ]


def chat_answer() -> Json:
    """A chat completion of 1 KB."""
    return {
        "id": "chatcmpl-B7k2",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "gpt-4o-2024-08-06",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text(500), "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 240,
            "completion_tokens": 110,
            "total_tokens": 350,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    }


def chat_stream(chunks: int) -> bytes:
    """A chat completion in so many chunks."""
    head: Json = {
        "id": "chatcmpl-B7k2",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": "gpt-4o-2024-08-06",
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
    }
    deltas: list[tuple[Json, str | None]] = [({"role": "assistant", "content": "", "refusal": None}, None)]
    deltas += [({"content": f" word{number}"}, None) for number in range(chunks - 2)]
    deltas.append(({}, "stop"))
    events = [
        {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}
        for delta, reason in deltas
    ]
    return b"".join(b"data: %b\n\n" % _compact(event) for event in events) + b"data: [DONE]\n\n"


def message_answer() -> Json:
    """A message of Anthropic's, 1 KB."""
    return {
        "id": "msg_01B7k2",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": text(500)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 240,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 110,
            "service_tier": "standard",
        },
    }


def message_stream(events: int) -> bytes:
    """A message in so many events."""
    start: Json = {**message_answer(), "content": [], "stop_reason": None}
    block = {"type": "text", "text": ""}
    said: list[Json] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": block},
    ]
    said += [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f" word{number}"}}
        for number in range(events - 5)
    ]
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    said += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 110}},
        {"type": "message_stop"},
    ]
    return b"".join(b"event: %b\ndata: %b\n\n" % (event["type"].encode(), _compact(event)) for event in said)


def _compact(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
