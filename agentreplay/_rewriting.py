"""Recorded answers, said otherwise: another text, arguments that break off, a stream that ends early.

The wire formats are those that `_answers` reads, plain and streamed. Nothing that is given is changed; a new answer is
made. A stream keeps its events, over which the new words are spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, Final

from agentreplay._cassette import RecordedError, RecordedResponse, StreamEvent
from agentreplay._json.reading import Object, as_object, as_text, objects
from agentreplay._json.values import is_array
from agentreplay._text_slots import Slot, argument_slots, text_slots

_BROKEN_OFF: Final = RecordedError(
    type="RemoteProtocolError",
    message="peer closed connection without sending complete message body (incomplete chunked read)",
)


def cut_stream(answer: RecordedResponse, after_events: int) -> RecordedResponse | None:
    """The stream, of which only so many events arrive before the connection breaks; None where it has no more.

    What only keeps the connection alive does not count, since a program never sees it.
    """
    counted = [place for place, event in enumerate(answer.events or []) if event.raw is None and not _is_ping(event)]
    if len(counted) <= after_events:
        return None
    kept = counted[after_events]
    times = answer.event_times_ms
    return answer.model_copy(
        update={
            "events": (answer.events or [])[:kept],
            "event_times_ms": times[:kept] if times is not None else None,
            "error": _BROKEN_OFF.model_copy(),
            "incomplete": None,
        }
    )


def cut_tool_arguments(answer: RecordedResponse) -> RecordedResponse | None:
    """The answer with calls of tools whose arguments break off; None where it calls none."""
    changed, values = _copied(answer)
    slots = argument_slots(values, streamed=answer.events is not None)
    for slot in slots:
        slot.put(_broken_off(slot.text))
    return changed if slots else None


def with_text(answer: RecordedResponse, text: str) -> RecordedResponse | None:
    """The answer, saying `text` and nothing else; calls of tools stay. None where there is no place for a text."""
    if isinstance(answer.body, str) and answer.events is None and answer.encoding == "text":
        return answer.model_copy(update={"body": text})
    changed, values = _copied(answer)
    first, *others = text_slots(values, streamed=answer.events is not None) or _made_room(values, changed)
    if first is None:
        return None
    first.put(text)
    for slot in others:
        if slot is not None:
            slot.put("")
    if changed.events is None:
        _leave_out_emptied(as_object(changed.body), kept=text)
    return changed


def said_by(answer: RecordedResponse) -> tuple[list[str], list[str]]:
    """The texts of an answer, and the arguments of its calls of tools as JSON text, each in order."""
    values = [as_object(event.data) for event in answer.events] if answer.events is not None else []
    streamed = answer.events is not None
    values = values or [as_object(answer.body)]
    texts, arguments = (find(values, streamed=streamed) for find in (text_slots, argument_slots))
    return [slot.text for slot in texts], [slot.text for slot in arguments]


def _is_ping(event: StreamEvent) -> bool:
    return as_object(event.data).get("type") == "ping"


def _copied(answer: RecordedResponse) -> tuple[RecordedResponse, list[Object]]:
    """A copy that shares nothing that is looked into, and the JSON objects in it that make up the answer."""
    if answer.events is None:
        body = deepcopy(answer.body)
        return answer.model_copy(update={"body": body}), [as_object(body)]
    events = [event.model_copy(update={"data": deepcopy(event.data)}) for event in answer.events]
    return answer.model_copy(update={"events": events}), [as_object(event.data) for event in events]


def _broken_off(arguments: str) -> str:
    """A beginning of a JSON text that is no JSON text itself: of an object, or an array, every one is."""
    text = arguments.rstrip()
    return text[: max(1, len(text) * 2 // 3)] if len(text) > 1 else "{"


def _made_room(values: Sequence[Object], answer: RecordedResponse) -> list[Slot | None]:
    """A place for a text in an answer that says none."""
    for make in (_room_in_choice, _room_in_delta, _room_in_content, _room_in_output):
        for value in values:
            for place in make(value, answer):
                return [place]
    return [None]


def _room_in_choice(value: Object, _: RecordedResponse) -> Iterator[Slot]:
    for choice in objects(value.get("choices"))[:1]:
        if "message" in choice:
            yield Slot().whole(as_object(choice["message"]), "content")


def _room_in_delta(value: Object, _: RecordedResponse) -> Iterator[Slot]:
    for choice in objects(value.get("choices")):
        if choice.get("index", 0) == 0 and "delta" in choice:
            yield Slot().whole(as_object(choice["delta"]), "content")


def _room_in_content(value: Object, answer: RecordedResponse) -> Iterator[Slot]:
    if answer.events is None and value.get("role") == "assistant" and isinstance(value.get("content"), list):
        block: Object = {"type": "text", "text": ""}
        value["content"].insert(0, block)
        yield Slot().whole(block, "text")


def _room_in_output(value: Object, answer: RecordedResponse) -> Iterator[Slot]:
    if answer.events is None and value.get("object") == "response" and isinstance(value.get("output"), list):
        part: Object = {"type": "output_text", "text": "", "annotations": []}
        item = {"id": "msg_edited", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        value["output"].append(item)
        yield Slot().whole(part, "text")


def _leave_out_emptied(body: Object, *, kept: str) -> None:
    """Take out the parts that said something and now say nothing: a provider would refuse them in a history."""
    if not kept:
        return
    holders = [body, *objects(body.get("output"))]
    for holder in holders:
        content = holder.get("content")
        if is_array(content):
            content[:] = [part for part in content if not _says_nothing(part)]


def _says_nothing(part: Any) -> bool:
    said = as_object(part)
    return said.get("type") in {"text", "output_text"} and not as_text(said.get("text"))
