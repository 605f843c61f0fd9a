"""Where the texts of a recorded answer stand, and the arguments of its calls of tools.

A stream says the same text several times: in pieces, and often whole at the end of a part, of an item, of all. What is
one text to the reader is one slot here, and is changed in all its places at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final, TypeAlias

from agentreplay._json.reading import Object, as_list, as_object, as_text, objects

_TEXT_PART: Final = "output_text"
_ALL_TEXT: Final = ("response.output_text.delta", "response.output_text.done")
_ALL_ARGUMENTS: Final = ("response.function_call_arguments.delta", "response.function_call_arguments.done")

Place: TypeAlias = "tuple[Object, str]"
Found: TypeAlias = "tuple[object, str, Object, str]"
"""Which slot, how it stands there (`whole`, `piece`, `data`), the object, and the member of it."""


class Slot:
    """One text, wherever it stands: as a whole, in pieces, or parsed where it is the JSON of data."""

    def __init__(self) -> None:
        self._wholes: list[Place] = []
        self._pieces: list[Place] = []
        self._data: list[Place] = []

    def add(self, how: str, holder: Object, member: str) -> None:
        """Note one more place; `how` is `whole`, `piece` or `data`."""
        {"whole": self._wholes, "piece": self._pieces, "data": self._data}[how].append((holder, member))

    def whole(self, holder: Object, member: str) -> Slot:
        """This slot, with the text as a whole in one more place."""
        self._wholes.append((holder, member))
        return self

    @property
    def text(self) -> str:
        """What it says now."""
        if self._pieces:
            return "".join(as_text(holder.get(member)) for holder, member in self._pieces)
        if self._wholes:
            holder, member = self._wholes[-1]
            return as_text(holder.get(member))
        return "".join(json.dumps(holder.get(member), ensure_ascii=False) for holder, member in self._data[:1])

    def put(self, text: str) -> None:
        """Let it say `text`, in all its places."""
        for holder, member in self._wholes:
            holder[member] = text
        for holder, member in self._data:
            holder[member] = _data_or_text(text)
        old = [len(as_text(holder.get(member))) for holder, member in self._pieces]
        for (holder, member), piece in zip(self._pieces, spread(text, old), strict=True):
            holder[member] = piece


def text_slots(values: Sequence[Object], *, streamed: bool) -> list[Slot]:
    """The texts of an answer, in order; of several choices, those of the first."""
    return _collected(found for value in values for found in _texts(value, streamed=streamed))


def argument_slots(values: Sequence[Object], *, streamed: bool) -> list[Slot]:
    """The arguments of the calls of tools in an answer, in order."""
    return _collected(found for value in values for found in _arguments(value, streamed=streamed))


def spread(text: str, lengths: Sequence[int]) -> list[str]:
    """The text in as many pieces as there are `lengths`, each about as large a part of it as its length is of all."""
    total = sum(lengths)
    if not total:
        return [text if number == 0 else "" for number in range(len(lengths))]
    ends = [round(end * len(text) / total) for end in accumulate(lengths)]
    return [text[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _collected(found: Iterator[Found]) -> list[Slot]:
    slots: dict[object, Slot] = {}
    for key, how, holder, member in found:
        slots.setdefault(key, Slot()).add(how, holder, member)
    return list(slots.values())


def _texts(value: Object, *, streamed: bool) -> Iterator[Found]:
    if isinstance(value.get("choices"), list):
        yield from _choice_texts(value, streamed=streamed)
    elif streamed:
        yield from _event_texts(value)
    elif isinstance(value.get("output"), list):
        yield from _output_texts(value)
    elif isinstance(value.get("content"), list):
        for place, block in enumerate(as_list(value["content"])):
            if as_object(block).get("type") == "text":
                yield place, "whole", block, "text"
    elif isinstance(value.get("completion"), str):
        yield 0, "whole", value, "completion"


def _choice_texts(value: Object, *, streamed: bool) -> Iterator[Found]:
    for choice in objects(value.get("choices")):
        if choice.get("index", 0) != 0:
            continue
        message, delta = as_object(choice.get("message")), as_object(choice.get("delta"))
        if isinstance(message.get("content"), str):
            yield 0, "whole", message, "content"
        if isinstance(delta.get("content"), str):
            yield 0, "piece", delta, "content"
        if isinstance(choice.get("text"), str):
            yield 0, "piece" if streamed else "whole", choice, "text"


def _event_texts(event: Object) -> Iterator[Found]:
    kind, index = as_text(event.get("type")), event.get("index")
    place = (event.get("output_index"), event.get("content_index"))
    if kind in _ALL_TEXT:
        yield (place, "piece", event, "delta") if kind.endswith("delta") else (place, "whole", event, "text")
    elif kind == "response.content_part.done" and as_object(event.get("part")).get("type") == _TEXT_PART:
        yield place, "whole", event["part"], "text"
    elif kind == "response.output_item.done":
        yield from _item_texts(event.get("output_index"), as_object(event.get("item")))
    elif kind == "content_block_start" and as_object(event.get("content_block")).get("type") == "text":
        yield index, "piece", event["content_block"], "text"
    elif kind == "content_block_delta" and isinstance(as_object(event.get("delta")).get("text"), str):
        yield index, "piece", event["delta"], "text"
    elif kind == "completion" and isinstance(event.get("completion"), str):
        yield 0, "piece", event, "completion"
    yield from _output_texts(as_object(event.get("response")))


def _output_texts(response: Object) -> Iterator[Found]:
    for place, item in enumerate(as_list(response.get("output"))):
        yield from _item_texts(place, as_object(item))


def _item_texts(output_index: Any, item: Object) -> Iterator[Found]:
    if item.get("type") == "message":
        for place, part in enumerate(as_list(item.get("content"))):
            if as_object(part).get("type") == _TEXT_PART:
                yield (output_index, place), "whole", part, "text"


def _arguments(value: Object, *, streamed: bool) -> Iterator[Found]:
    if isinstance(value.get("choices"), list):
        for choice in objects(value.get("choices")):
            yield from _choice_arguments(choice)
    elif streamed:
        yield from _event_arguments(value)
    elif isinstance(value.get("output"), list):
        yield from _output_arguments(value)
    else:
        for place, block in enumerate(as_list(value.get("content"))):
            if as_object(block).get("type") == "tool_use":
                yield place, "data", block, "input"


def _choice_arguments(choice: Object) -> Iterator[Found]:
    number = choice.get("index", 0)
    for holder, how in ((as_object(choice.get("message")), "whole"), (as_object(choice.get("delta")), "piece")):
        for place, call in enumerate(objects(holder.get("tool_calls"))):
            function = as_object(call.get("function"))
            if isinstance(function.get("arguments"), str):
                yield (number, call.get("index", place)), how, function, "arguments"
        function = as_object(holder.get("function_call"))
        if isinstance(function.get("arguments"), str):
            yield (number, "function_call"), how, function, "arguments"


def _event_arguments(event: Object) -> Iterator[Found]:
    kind, place = as_text(event.get("type")), event.get("output_index")
    if kind in _ALL_ARGUMENTS:
        yield (place, "piece", event, "delta") if kind.endswith("delta") else (place, "whole", event, "arguments")
    elif kind == "response.output_item.done":
        yield from _item_arguments(place, as_object(event.get("item")))
    elif kind == "content_block_delta" and isinstance(as_object(event.get("delta")).get("partial_json"), str):
        yield event.get("index"), "piece", event["delta"], "partial_json"
    yield from _output_arguments(as_object(event.get("response")))


def _output_arguments(response: Object) -> Iterator[Found]:
    for place, item in enumerate(as_list(response.get("output"))):
        yield from _item_arguments(place, as_object(item))


def _item_arguments(output_index: Any, item: Object) -> Iterator[Found]:
    if item.get("type") == "function_call" and isinstance(item.get("arguments"), str):
        yield output_index, "whole", item, "arguments"


def _data_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
