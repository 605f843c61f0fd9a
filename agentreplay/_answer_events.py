"""A whole answer as the events of a stream, as its provider would have streamed it.

It is the other direction of `_answer_streams`: for the formats whose shape is known there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

from agentreplay._cassette import StreamEvent
from agentreplay._json.reading import Object, as_list, as_object, as_text, objects
from agentreplay._text_slots import spread

_PIECE: Final = 24
"""About how many characters of a text come in one event."""

_DONE: Final = StreamEvent(text="[DONE]")


def events_of(body: Any) -> list[StreamEvent] | None:
    """The events that deliver this answer in pieces; None where it is of no known shape."""
    answer = as_object(body)
    writer = _writer_of(answer)
    return [*writer(answer)] if writer is not None else None


def _writer_of(answer: Object) -> Callable[[Object], Iterator[StreamEvent]] | None:
    if isinstance(answer.get("choices"), list):
        return _chunks
    if isinstance(answer.get("output"), list) and answer.get("object") == "response":
        return _response_events
    if isinstance(answer.get("content"), list) and answer.get("role") == "assistant":
        return _message_events
    return None


def _pieces(text: str) -> list[str]:
    number = max(1, round(len(text) / _PIECE))
    return spread(text, [1] * number)


def _chunks(answer: Object) -> Iterator[StreamEvent]:
    head = {key: value for key, value in answer.items() if key not in {"choices", "usage"}}
    if str(head.get("object", "")).startswith("chat.completion"):
        head["object"] = "chat.completion.chunk"
    for place, choice in enumerate(objects(answer.get("choices"))):
        index = choice.get("index", place)
        for part in _choice_parts(choice):
            last = {"finish_reason": None, "logprobs": None}
            yield StreamEvent(data={**head, "choices": [{"index": index, **part, **last}]})
        end: Object = {"text": ""} if "text" in choice else {"delta": {}}
        finish = {"finish_reason": choice.get("finish_reason") or "stop", "logprobs": None}
        yield StreamEvent(data={**head, "choices": [{"index": index, **end, **finish}]})
    if answer.get("usage"):
        yield StreamEvent(data={**head, "choices": [], "usage": answer["usage"]})
    yield _DONE.model_copy()


def _choice_parts(choice: Object) -> Iterator[Object]:
    if "text" in choice:
        yield from ({"text": piece} for piece in _pieces(as_text(choice["text"])))
        return
    message = as_object(choice.get("message"))
    yield {"delta": {"role": message.get("role", "assistant"), "content": ""}}
    for member in ("content", "refusal"):
        if as_text(message.get(member)):
            yield from ({"delta": {member: piece}} for piece in _pieces(message[member]))
    for index, call in enumerate(objects(message.get("tool_calls"))):
        kind = "custom" if "custom" in call else "function"
        member = "input" if kind == "custom" else "arguments"
        inner = as_object(call.get(kind))
        opened = {"index": index, "id": call.get("id"), "type": kind, kind: {**inner, member: ""}}
        yield {"delta": {"tool_calls": [opened]}}
        for piece in _pieces(as_text(inner.get(member))):
            yield {"delta": {"tool_calls": [{"index": index, kind: {member: piece}}]}}


def _response_events(answer: Object) -> Iterator[StreamEvent]:
    numbers = count()

    def event(kind: str, **more: Any) -> StreamEvent:
        return StreamEvent(event=kind, data={"type": kind, "sequence_number": next(numbers), **more})

    begun: Object = {**answer, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    begun = {key: value for key, value in begun.items() if key in answer}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for place, item in enumerate(objects(answer.get("output"))):
        yield from _item_events(event, place, item)
    status = as_text(answer.get("status")) or "completed"
    kind = status if status in {"failed", "incomplete"} else "completed"
    yield event(f"response.{kind}", response=answer)


def _item_events(event: Callable[..., StreamEvent], place: int, item: Object) -> Iterator[StreamEvent]:
    where = {"output_index": place, "item_id": item.get("id")}
    empty: Object = {**item, "status": "in_progress"} if "status" in item else {**item}
    emptied: Object = {"content": [], "arguments": "", "input": ""}
    empty.update({member: nothing for member, nothing in emptied.items() if member in item})
    yield event("response.output_item.added", output_index=place, item=empty)
    for index, part in enumerate(objects(item.get("content"))):
        member, kind = ("refusal", "refusal") if part.get("type") == "refusal" else ("text", "output_text")
        spot = {**where, "content_index": index}
        yield event("response.content_part.added", **spot, part={**part, member: ""})
        more: Object = {"logprobs": []} if kind == "output_text" else {}
        for piece in _pieces(as_text(part.get(member))):
            yield event(f"response.{kind}.delta", **spot, delta=piece, **more)
        yield event(f"response.{kind}.done", **spot, **{member: as_text(part.get(member))}, **more)
        yield event("response.content_part.done", **spot, part=part)
    for member, kind in (("arguments", "function_call_arguments"), ("input", "custom_tool_call_input")):
        if as_text(item.get("type")) in {"function_call", "custom_tool_call"} and isinstance(item.get(member), str):
            for piece in _pieces(item[member]):
                yield event(f"response.{kind}.delta", **where, delta=piece)
            name = {"name": item.get("name")} if member == "arguments" else {}
            yield event(f"response.{kind}.done", **where, **name, **{member: item[member]})
    yield event("response.output_item.done", output_index=place, item=item)


def _message_events(answer: Object) -> Iterator[StreamEvent]:
    def event(kind: str, **more: Any) -> StreamEvent:
        return StreamEvent(event=kind, data={"type": kind, **more})

    usage = as_object(answer.get("usage"))
    yield event("message_start", message={**answer, "content": [], "stop_reason": None, "stop_sequence": None})
    for index, block in enumerate(as_list(answer.get("content"))):
        opened, deltas = _block_parts(as_object(block))
        yield event("content_block_start", index=index, content_block=opened)
        for delta in deltas:
            yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    end = {"stop_reason": answer.get("stop_reason"), "stop_sequence": answer.get("stop_sequence")}
    yield event("message_delta", delta=end, usage={"output_tokens": usage.get("output_tokens", 0)})
    yield event("message_stop")


def _block_parts(block: Object) -> tuple[Object, list[Object]]:
    """A content block as it is opened, and the deltas that fill it."""
    kind = as_text(block.get("type"))
    if kind == "text":
        deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(as_text(block.get("text")))]
        return {**block, "text": ""}, deltas
    if kind.endswith("tool_use"):
        given = block.get("input", {})
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(text)]
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(as_text(block.get("thinking")))]
        signed = [{"type": "signature_delta", "signature": block["signature"]}] if block.get("signature") else []
        return {**block, "thinking": "", "signature": ""}, [*deltas, *signed]
    return block, []
