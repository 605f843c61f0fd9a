"""The events of a recorded stream, joined into the body that the same answer would have had without streaming."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, Protocol

from agentreplay._cassette import StreamEvent
from agentreplay._json.reading import Object, as_object, as_text, count_or_none, objects, plain_text


def joined(events: Iterable[StreamEvent]) -> Object | None:
    """The whole answer that `events` deliver in pieces, as far as they go; None where they are of no known shape.

    Of several choices the first is joined. An error that came as an event stands under `error`.
    """
    joiner: _Joiner | None = None
    failure: Object = {}
    for data in _payloads(events):
        if data.get("type") == "error" or (data.get("error") and "type" not in data):
            failure = {"error": data.get("error") or data}
        joiner = joiner or _joiner_for(data)
        if joiner:
            joiner.add(data)
    if joiner is None:
        return failure or None
    return {**joiner.body(), **failure}


class _Joiner(Protocol):
    def add(self, data: Object) -> None: ...

    def body(self) -> Object: ...


def _joiner_for(data: Object) -> _Joiner | None:
    kind = as_text(data.get("type"))
    if isinstance(data.get("choices"), list):
        return _Choices()
    if kind.startswith("response."):
        return _Output()
    if kind == "message_start":
        return _Blocks()
    return _PromptCompletion() if kind == "completion" else None


def _payloads(events: Iterable[StreamEvent]) -> Iterator[Object]:
    for event in events:
        data = as_object(_raw_data(event.raw) if event.raw is not None else event.data)
        if data:
            yield data


def _raw_data(raw: str) -> Any:
    lines = (line[len("data:") :] for line in raw.splitlines() if line.startswith("data:"))
    try:
        return json.loads("\n".join(lines))
    except (ValueError, RecursionError):
        return None


class _Choices:
    """Chunks with `choices`: deltas of a message, or pieces of plain text."""

    def __init__(self) -> None:
        self._body: Object = {}
        self._choice: Object = {}
        self._message: Object = {}
        self._calls: dict[int, Object] = {}

    def add(self, data: Object) -> None:
        self._body.update({key: value for key, value in data.items() if value is not None})
        for choice in objects(data.get("choices")):
            if choice.get("index", 0) == 0:
                self._add_choice(choice)

    def _add_choice(self, choice: Object) -> None:
        if choice.get("finish_reason"):
            self._choice["finish_reason"] = choice["finish_reason"]
        if "text" in choice:
            self._choice["text"] = as_text(self._choice.get("text")) + as_text(choice["text"])
            return
        delta = as_object(choice.get("delta"))
        _append(self._message, "content", plain_text(delta.get("content")))
        _append(self._message, "refusal", delta.get("refusal"))
        if audio := as_object(delta.get("audio")):
            _append(self._message.setdefault("audio", {}), "transcript", audio.get("transcript"))
        if function := as_object(delta.get("function_call")):
            _append_call(self._message.setdefault("function_call", {}), function)
        for call in objects(delta.get("tool_calls")):
            self._add_call(call)

    def _add_call(self, delta: Object) -> None:
        index = _place(delta.get("index"))
        call = self._calls.get(index)
        # Some servers give every call the index 0; a new id tells them apart.
        if call is None or (delta.get("id") and call.get("id") and delta["id"] != call["id"]):
            call = self._calls[index] = {}
            self._message.setdefault("tool_calls", []).append(call)
        if delta.get("id"):
            call["id"] = delta["id"]
        for key in ("function", "custom"):
            if inner := as_object(delta.get(key)):
                _append_call(call.setdefault(key, {}), inner)

    def body(self) -> Object:
        choice = dict(self._choice) if "text" in self._choice else {**self._choice, "message": self._message}
        return {**self._body, "choices": [choice]}


class _Output:
    """Events of the `response.…` family. The last one brings the whole answer, if the stream got so far."""

    def __init__(self) -> None:
        self._response: Object = {}
        self._items: dict[int, Object] = {}

    def add(self, data: Object) -> None:
        kind = as_text(data.get("type"))
        place = _place(data.get("output_index"))
        if response := as_object(data.get("response")):
            self._response = response
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            # A copy: the deltas must not reach into the recording.
            self._items[place] = deepcopy(as_object(data.get("item")))
        elif kind.endswith(".delta"):
            self._add_delta(kind, as_object(self._items.get(place)), data)

    def _add_delta(self, kind: str, item: Object, data: Object) -> None:
        if kind in {"response.output_text.delta", "response.refusal.delta"}:
            key, type_ = ("refusal", "refusal") if "refusal" in kind else ("text", "output_text")
            content = item["content"] = objects(item.get("content"))
            # Parts come one after the other, so the last one is the one that grows.
            if not content or content[-1].get("type") != type_:
                content.append({"type": type_})
            _append(content[-1], key, data.get("delta"))
        elif kind == "response.function_call_arguments.delta":
            _append(item, "arguments", data.get("delta"))
        elif kind == "response.custom_tool_call_input.delta":
            _append(item, "input", data.get("delta"))

    def body(self) -> Object:
        items = list(self._items.values())
        # Some servers leave the output out of the last event, having sent each item on its own.
        return {**self._response, "object": "response", "output": self._response.get("output") or items}


class _Blocks:
    """Events of a message that comes as content blocks."""

    def __init__(self) -> None:
        self._message: Object = {}
        self._blocks: dict[int, Object] = {}
        self._inputs: dict[int, str] = {}

    def add(self, data: Object) -> None:
        kind = data.get("type")
        place = _place(data.get("index"))
        if kind == "message_start":
            self._message = dict(as_object(data.get("message")))
        elif kind == "content_block_start":
            self._blocks[place] = dict(as_object(data.get("content_block")))
        elif kind == "content_block_delta":
            delta = as_object(data.get("delta"))
            _append(self._blocks.setdefault(place, {"type": "text"}), "text", delta.get("text"))
            self._inputs[place] = self._inputs.get(place, "") + as_text(delta.get("partial_json"))
        elif kind == "message_delta":
            self._message.update(
                {key: value for key, value in as_object(data.get("delta")).items() if value is not None}
            )
            usage = {**as_object(self._message.get("usage")), **as_object(data.get("usage"))}
            self._message["usage"] = usage

    def body(self) -> Object:
        return {**self._message, "content": [self._whole(place) for place in self._blocks]}

    def _whole(self, place: int) -> Object:
        block = self._blocks[place]
        text = self._inputs.get(place, "")
        if not text:
            return block
        try:
            return {**block, "input": json.loads(text)}
        except (ValueError, RecursionError):
            return {**block, "input": text}


class _PromptCompletion:
    """Pieces of a completion of one prompt."""

    def __init__(self) -> None:
        self._body: Object = {"completion": ""}

    def add(self, data: Object) -> None:
        text = self._body["completion"] + as_text(data.get("completion"))
        self._body = {**self._body, **data, "completion": text}

    def body(self) -> Object:
        return self._body


def _place(index: Any) -> int:
    """Which of several pieces an event belongs to; the first where it does not say."""
    count = count_or_none(index)
    return count if count is not None else 0


def _append(target: Object, key: str, piece: Any) -> None:
    if isinstance(piece, str) and piece:
        target[key] = as_text(target.get(key)) + piece


def _append_call(target: Object, piece: Object) -> None:
    if piece.get("name"):
        target["name"] = piece["name"]
    _append(target, "arguments", piece.get("arguments"))
    _append(target, "input", piece.get("input"))
