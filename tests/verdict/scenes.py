"""One short run of an agent, as each wire format records it: plain and streamed.

The user asks for the weather in two cities, the model calls a tool twice, is told the results, and answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from agentreplay._cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, StreamEvent

QUESTION = "How warm is it in Paris and in Rome?"
ANSWER = "It is 18 °C in Paris and 24 °C in Rome."
CITIES = [{"city": "Paris"}, {"city": "Rome"}]
RESULTS = ["18 °C", "24 °C"]

Json: TypeAlias = dict[str, Any]
Scene: TypeAlias = Callable[[bool], list[Interaction]]


def call(
    method: str,
    body: Json,
    answer: Json | list[Json],
    tokens: tuple[int, int],
    **more: Any,
) -> Interaction:
    """One interaction; a list of events makes it a streamed one."""
    response = RecordedResponse(
        body=answer if isinstance(answer, dict) else None,
        events=[StreamEvent(data=data) for data in answer] if isinstance(answer, list) else None,
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
        http_status=200,
        **more,
    )
    request = RecordedRequest(kind="llm", method=method, model=body["model"], body=body)
    return Interaction(request=request, response=response)


def numbered(interactions: list[Interaction]) -> list[Interaction]:
    cassette = Cassette(interactions=interactions)
    cassette.finalize()
    return cassette.interactions


def chat(streamed: bool) -> list[Interaction]:
    user: Json = {"role": "user", "content": QUESTION}
    calls: list[Json] = [
        {"id": f"call_{place}", "type": "function", "function": {"name": "weather", "arguments": json.dumps(city)}}
        for place, city in enumerate(CITIES)
    ]
    results: list[Json] = [
        {"role": "tool", "tool_call_id": f"call_{place}", "content": text} for place, text in enumerate(RESULTS)
    ]
    first: Json = {"model": "gpt-5-mini", "messages": [{"role": "system", "content": "Be brief."}, user]}
    asked: Json = {"role": "assistant", "content": None, "tool_calls": calls}
    second: Json = {"model": "gpt-5-mini", "messages": [*first["messages"], asked, *results]}
    said: Json = {"role": "assistant", "content": ANSWER}
    method = "chat.completions.create"
    if not streamed:
        return numbered(
            [
                call(method, first, _chat_body(asked, "tool_calls"), (60, 30)),
                call(method, second, _chat_body(said, "stop"), (110, 20)),
            ]
        )
    deltas: list[Json] = [{"role": "assistant", "content": None}]
    for place, tool_call in enumerate(calls):
        text = tool_call["function"]["arguments"]
        start = {**tool_call, "index": place, "function": {"name": "weather", "arguments": ""}}
        pieces = [{"index": place, "function": {"arguments": piece}} for piece in (text[:5], text[5:])]
        deltas += [{"tool_calls": [piece]} for piece in (start, *pieces)]
    return numbered(
        [
            call(method, first, _chunks(deltas, "tool_calls"), (60, 30)),
            call(
                method, second, _chunks([{"content": piece} for piece in (ANSWER[:9], ANSWER[9:])], "stop"), (110, 20)
            ),
        ]
    )


def _chat_body(message: Json, finish: str) -> Json:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-5-mini-2025-08-07",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 30},
    }


def _chunks(deltas: list[Json], finish: str) -> list[Json]:
    common: Json = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-5-mini-2025-08-07"}
    chunks = [{**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    end: Json = {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    usage: Json = {**common, "choices": [], "usage": {"prompt_tokens": 60, "completion_tokens": 30}}
    return [{"choices": [], "prompt_filter_results": []}, *chunks, end, usage]


def responses(streamed: bool) -> list[Interaction]:
    first: Json = {"model": "gpt-5-mini", "instructions": "Be brief.", "input": QUESTION}
    items: list[Json] = [
        {"id": f"fc_{place}", "type": "function_call", "call_id": f"call_{place}", "name": "weather"}
        | {"arguments": json.dumps(city), "status": "completed"}
        for place, city in enumerate(CITIES)
    ]
    outputs: list[Json] = [
        {"type": "function_call_output", "call_id": f"call_{place}", "output": text}
        for place, text in enumerate(RESULTS)
    ]
    reasoning: Json = {"id": "rs_1", "type": "reasoning", "summary": []}
    second: Json = {**first, "input": [{"role": "user", "content": QUESTION}, reasoning, *items, *outputs]}
    message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    message["content"] = [{"type": "output_text", "text": ANSWER, "annotations": []}]
    answers = [_output([reasoning, *items]), _output([message])]
    given = [_output_events(answer) for answer in answers] if streamed else answers
    return numbered(
        [
            call("responses.create", first, given[0], (60, 30)),
            call("responses.create", second, given[1], (110, 20)),
        ]
    )


def _output(items: list[Json]) -> Json:
    usage: Json = {"input_tokens": 60, "output_tokens": 30}
    about: Json = {"id": "resp_1", "object": "response", "model": "gpt-5-mini-2025-08-07", "status": "completed"}
    return {**about, "output": items, "usage": usage, "error": None, "incomplete_details": None}


def _output_events(answer: Json) -> list[Json]:
    begun: Json = {**answer, "output": [], "status": "in_progress", "usage": None}
    events: list[Json] = [{"type": "response.created", "response": begun}]
    for place, item in enumerate(answer["output"]):
        common: Json = {"output_index": place, "item_id": item["id"]}
        empty: Json = {**item, "status": "in_progress"}
        pieces: list[Json] = []
        if item["type"] == "function_call":
            empty["arguments"] = ""
            pieces = [{"type": "response.function_call_arguments.delta", "delta": item["arguments"], **common}]
        elif item["type"] == "message":
            empty["content"] = []
            text = item["content"][0]["text"]
            pieces = [
                {"type": "response.output_text.delta", "content_index": 0, "delta": piece, **common}
                for piece in (text[:9], text[9:])
            ]
        events += [
            {"type": "response.output_item.added", "item": empty, **common},
            *pieces,
            {"type": "response.output_item.done", "item": item, **common},
        ]
    return [*events, {"type": "response.completed", "response": answer}]


def messages(streamed: bool) -> list[Interaction]:
    first: Json = {"model": "claude-haiku-4-5", "system": "Be brief.", "max_tokens": 100}
    first["messages"] = [{"role": "user", "content": QUESTION}]
    blocks: list[Json] = [
        {"type": "tool_use", "id": f"call_{place}", "name": "weather", "input": city}
        for place, city in enumerate(CITIES)
    ]
    results: list[Json] = [
        {"type": "tool_result", "tool_use_id": f"call_{place}", "content": [{"type": "text", "text": text}]}
        for place, text in enumerate(RESULTS)
    ]
    turns: list[Json] = [{"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
    second: Json = {**first, "messages": [*first["messages"], *turns]}
    said: list[Json] = [{"type": "text", "text": ANSWER}]
    answers = [_message(blocks, "tool_use"), _message(said, "end_turn")]
    given = [_message_events(answer) for answer in answers] if streamed else answers
    return numbered(
        [
            call("messages.create", first, given[0], (60, 30)),
            call("messages.create", second, given[1], (110, 20)),
        ]
    )


def _message(blocks: list[Json], stop: str) -> Json:
    about: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001"}
    return {**about, "content": blocks, "stop_reason": stop, "usage": {"input_tokens": 60, "output_tokens": 30}}


def _message_events(answer: Json) -> list[Json]:
    begun: Json = {**answer, "content": [], "stop_reason": None, "usage": {"input_tokens": 60, "output_tokens": 1}}
    events: list[Json] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for place, block in enumerate(answer["content"]):
        if block["type"] == "text":
            empty: Json = {"type": "text", "text": ""}
            deltas: list[Json] = [
                {"type": "text_delta", "text": piece} for piece in (block["text"][:9], block["text"][9:])
            ]
        else:
            empty = {**block, "input": {}}
            text = json.dumps(block["input"])
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", text[:6], text[6:])]
        events += [
            {"type": "content_block_start", "index": place, "content_block": empty},
            *({"type": "content_block_delta", "index": place, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": place},
        ]
    end: Json = {
        "type": "message_delta",
        "delta": {"stop_reason": answer["stop_reason"]},
        "usage": {"output_tokens": 30},
    }
    return [*events, end, {"type": "message_stop"}]


SCENES: dict[str, tuple[Scene, bool]] = {
    f"{name}{', streamed' if streamed else ''}": (scene, streamed)
    for name, scene in (("chat", chat), ("responses", responses), ("messages", messages))
    for streamed in (False, True)
}


def scene(name: str) -> Cassette:
    """The run in this format, as a cassette."""
    build, streamed = SCENES[name]
    return Cassette(interactions=build(streamed))
