"""OpenAI's chat completions and the older text completions, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from demo.provider.exchange import Event, Json, Reply, compact, inner, inners, json_reply, stream_reply
from demo.provider.model import Question, Tool, Turn, pieces, slices, tokens
from demo.provider.routing import Call, Routes

_DONE: Final = Event("[DONE]")


def chat_completion(call: Call) -> Reply:
    """`POST /v1/chat/completions`."""
    question = chat_question(call)
    turns = [call.model(question) for _ in range(int(call.body.get("n") or 1))]
    if call.body.get("stream"):
        return stream_reply([*map(_event, _chunks(call, question, turns)), _DONE])
    choices = [_choice(call, index, turn) for index, turn in enumerate(turns)]
    head = _head(call, question, "chat.completion")
    return json_reply(
        {**head, "choices": choices, "usage": _usage(question, turns), "service_tier": "default"}, indent=2
    )


def chat_question(call: Call) -> Question:
    """What the messages of the request ask."""
    messages = inners(call.body, "messages")
    last_user = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=-1)
    after = messages[last_user + 1 :]
    return Question(
        number=call.number,
        model=str(call.body.get("model", "")),
        prompt=_text(messages[last_user].get("content")) if last_user >= 0 else "",
        tools=tuple(
            Tool(tool["function"]["name"], tool["function"].get("parameters", {}))
            for tool in inners(call.body, "tools")
            if tool["type"] == "function"
        ),
        results=tuple(_text(message.get("content")) for message in after if message["role"] == "tool"),
        schema=inner(inner(call.body, "response_format"), "json_schema").get("schema"),
    )


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts: list[Json] = content or []
    return "".join(str(part.get("text", "")) for part in parts)


def _head(call: Call, question: Question, sort: str) -> Json:
    return {
        "id": f"chatcmpl-{call.number:08d}",
        "object": sort,
        "created": call.created,
        "model": question.model,
        "system_fingerprint": "fp_demo",
    }


def _usage(question: Question, turns: list[Turn]) -> Json:
    prompt = tokens(question.prompt)
    answer = sum(tokens(turn.text) + 10 * len(turn.calls) for turn in turns)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": answer,
        "total_tokens": prompt + answer,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _tool_calls(call: Call, turn: Turn) -> list[Json]:
    return [
        {
            "id": f"call_{call.number:06d}_{index}",
            "type": "function",
            "function": {"name": wanted.name, "arguments": json.dumps(wanted.arguments, ensure_ascii=False)},
        }
        for index, wanted in enumerate(turn.calls)
    ]


def _choice(call: Call, index: int, turn: Turn) -> Json:
    message: Json = {"role": "assistant", "content": turn.text or None, "refusal": None, "annotations": []}
    if turn.calls:
        message["tool_calls"] = _tool_calls(call, turn)
    return {
        "index": index,
        "message": message,
        "logprobs": _logprobs(pieces(turn.text)) if call.body.get("logprobs") else None,
        "finish_reason": "tool_calls" if turn.calls else "stop",
    }


def _logprobs(words: list[str]) -> Json:
    content = [{"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": []} for word in words]
    return {"content": content, "refusal": None}


def _chunks(call: Call, question: Question, turns: list[Turn]) -> Iterator[Json]:
    with_usage = bool(inner(call.body, "stream_options").get("include_usage"))
    rest: Json = {"usage": None} if with_usage else {}
    head = {**_head(call, question, "chat.completion.chunk"), "service_tier": "default"}
    for index, turn in enumerate(turns):
        for delta, finish in _deltas(call, turn):
            choice: Json = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            if call.body.get("logprobs") and delta.get("content"):
                choice["logprobs"] = _logprobs([delta["content"]])
            yield {**head, "choices": [choice], **rest}
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(question, turns)}


def _deltas(call: Call, turn: Turn) -> Iterator[tuple[Json, str | None]]:
    yield {"role": "assistant", "content": None if turn.calls else "", "refusal": None}, None
    for word in pieces(turn.text):
        yield {"content": word}, None
    for index, wanted in enumerate(_tool_calls(call, turn)):
        arguments = wanted["function"]["arguments"]
        opened = {**wanted, "function": {**wanted["function"], "arguments": ""}}
        yield {"tool_calls": [{"index": index, **opened}]}, None
        for part in slices(arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}, None
    yield {}, "tool_calls" if turn.calls else "stop"


def _event(chunk: Json) -> Event:
    return Event(compact(chunk))


def text_completion(call: Call) -> Reply:
    """`POST /v1/completions`."""
    prompt = call.body.get("prompt") or ""
    question = Question(call.number, str(call.body.get("model", "")), prompt if isinstance(prompt, str) else "")
    turn = call.model(question)
    head = {**_head(call, question, "text_completion"), "id": f"cmpl-{call.number:08d}"}
    if call.body.get("stream"):
        words = [{**head, "choices": [_text_choice(word, None)]} for word in pieces(turn.text)]
        return stream_reply([*map(_event, [*words, {**head, "choices": [_text_choice("", "stop")]}]), _DONE])
    usage = {"prompt_tokens": tokens(question.prompt), "completion_tokens": tokens(turn.text)}
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    return json_reply({**head, "choices": [_text_choice(turn.text, "stop")], "usage": usage}, indent=2)


def _text_choice(text: str, finish: str | None) -> Json:
    return {"text": text, "index": 0, "logprobs": None, "finish_reason": finish}


ROUTES: Final[Routes] = {
    ("POST", "/v1/chat/completions"): chat_completion,
    ("POST", "/v1/completions"): text_completion,
}
