"""OpenAI's responses, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from demo.provider.exchange import Event, Json, Reply, compact, inner, inners, json_reply, stream_reply
from demo.provider.model import Question, Tool, Turn, pieces, slices, tokens
from demo.provider.routing import Call, Routes


def create_response(call: Call) -> Reply:
    """`POST /v1/responses`."""
    question = _question(call)
    whole = _response(call, question, call.model(question))
    call.store.add(whole)
    return stream_reply(_events(whole)) if call.body.get("stream") else json_reply(whole, indent=2)


def retrieve_response(call: Call) -> Reply:
    """`GET /v1/responses/{}`, streamed where the query says so."""
    whole = call.store.find(call.ids[0])
    if whole is None:
        return call.missing()
    return stream_reply(_events(whole)) if call.request.query.get("stream") == "true" else json_reply(whole, indent=2)


def cancel_response(call: Call) -> Reply:
    """`POST /v1/responses/{}/cancel`."""
    whole = call.store.find(call.ids[0])
    return json_reply({**whole, "status": "cancelled"}, indent=2) if whole else call.missing()


def delete_response(call: Call) -> Reply:
    """`DELETE /v1/responses/{}`."""
    whole = call.store.remove(call.ids[0])
    return json_reply({"id": call.ids[0], "object": "response", "deleted": True}) if whole else call.missing()


def list_input_items(call: Call) -> Reply:
    """`GET /v1/responses/{}/input_items`: three items, a page at a time."""
    items = [
        {
            "id": f"msg_{call.ids[0]}_{index}",
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_text", "text": f"item {index}"}],
        }
        for index in range(3)
    ]
    ids = [item["id"] for item in items]
    after = call.request.query.get("after")
    start = ids.index(after) + 1 if after in ids else 0
    end = start + int(call.request.query.get("limit", "20"))
    shown = items[start:end]
    edges = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {"first_id": None, "last_id": None}
    return json_reply({"object": "list", "data": shown, **edges, "has_more": end < len(items)}, indent=2)


def _question(call: Call) -> Question:
    given: Any = call.body.get("input") or ""
    items: list[Json] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    last_user = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=-1)
    content = items[last_user].get("content", "") if last_user >= 0 else ""
    return Question(
        number=call.number,
        model=str(call.body.get("model", "")),
        prompt=content if isinstance(content, str) else "".join(part.get("text", "") for part in content),
        tools=tuple(
            Tool(tool["name"], tool.get("parameters") or {})
            for tool in inners(call.body, "tools")
            if tool["type"] == "function"
        ),
        results=tuple(str(item["output"]) for item in items if item.get("type") == "function_call_output"),
        schema=inner(inner(call.body, "text"), "format").get("schema"),
        thinking=bool(call.body.get("reasoning")),
    )


def _response(call: Call, question: Question, turn: Turn) -> Json:
    body = call.body
    prompt, answer = tokens(question.prompt), tokens(turn.text) + 10 * len(turn.calls)
    return {
        "id": f"resp_{call.number:08d}",
        "object": "response",
        "created_at": call.created,
        "status": "completed",
        "background": False,
        "completed_at": call.created + 1,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": question.model,
        "output": _output(call, turn),
        "parallel_tool_calls": True,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": answer,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + answer,
        },
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def _output(call: Call, turn: Turn) -> list[Json]:
    items: list[Json] = []
    if turn.thinking:
        summary = [{"type": "summary_text", "text": turn.thinking}]
        items.append({"id": f"rs_{call.number:08d}", "type": "reasoning", "summary": summary})
    if turn.text:
        part: Json = {"type": "output_text", "annotations": [], "logprobs": [], "text": turn.text}
        items.append(
            {"id": f"msg_{call.number:08d}", "type": "message", "status": "completed", "role": "assistant"}
            | {"content": [part]}
        )
    for index, wanted in enumerate(turn.calls):
        items.append(
            {
                "id": f"fc_{call.number:06d}_{index}",
                "type": "function_call",
                "status": "completed",
                "arguments": json.dumps(wanted.arguments, ensure_ascii=False),
                "call_id": f"call_{call.number:06d}_{index}",
                "name": wanted.name,
            }
        )
    return items


def _events(whole: Json) -> list[Event]:
    values: list[Json] = []
    begun: Json = {**whole, "status": "in_progress", "completed_at": None, "output": [], "usage": None}
    values.append({"type": "response.created", "response": begun})
    values.append({"type": "response.in_progress", "response": begun})
    for index, item in enumerate(whole["output"]):
        values.extend({**value, "output_index": index} for value in _item_events(item))
    values.append({"type": "response.completed", "response": whole})
    return [
        Event(compact({**value, "sequence_number": number}), name=value["type"]) for number, value in enumerate(values)
    ]


def _item_events(item: Json) -> Iterator[Json]:
    where: Json = {"item_id": item["id"]}
    if item["type"] == "message":
        yield {"type": "response.output_item.added", "item": {**item, "status": "in_progress", "content": []}}
        part = item["content"][0]
        where["content_index"] = 0
        yield {"type": "response.content_part.added", **where, "part": {**part, "text": ""}}
        for word in pieces(part["text"]):
            yield {"type": "response.output_text.delta", **where, "delta": word, "logprobs": []}
        yield {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []}
        yield {"type": "response.content_part.done", **where, "part": part}
    elif item["type"] == "function_call":
        yield {"type": "response.output_item.added", "item": {**item, "status": "in_progress", "arguments": ""}}
        for part in slices(item["arguments"]):
            yield {"type": "response.function_call_arguments.delta", **where, "delta": part}
        done = {"arguments": item["arguments"], "name": item["name"]}
        yield {"type": "response.function_call_arguments.done", **where, **done}
    else:
        yield {"type": "response.output_item.added", "item": {**item, "summary": []}}
        where["summary_index"] = 0
        part = item["summary"][0]
        yield {"type": "response.reasoning_summary_part.added", **where, "part": {**part, "text": ""}}
        for word in pieces(part["text"]):
            yield {"type": "response.reasoning_summary_text.delta", **where, "delta": word}
        yield {"type": "response.reasoning_summary_text.done", **where, "text": part["text"]}
        yield {"type": "response.reasoning_summary_part.done", **where, "part": part}
    yield {"type": "response.output_item.done", "item": item}


ROUTES: Final[Routes] = {
    ("POST", "/v1/responses"): create_response,
    ("GET", "/v1/responses/{}"): retrieve_response,
    ("DELETE", "/v1/responses/{}"): delete_response,
    ("POST", "/v1/responses/{}/cancel"): cancel_response,
    ("GET", "/v1/responses/{}/input_items"): list_input_items,
}
