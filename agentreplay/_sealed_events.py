"""The events of a stream in a sealed file, which are read once somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from agentreplay._alike import Alike, Slot
from agentreplay._json.values import is_array, is_object
from agentreplay._likeness import Likeness, alike_from
from agentreplay._linear.marks import AS, event_back, is_marked
from agentreplay._linear.plainest import plainly_changed
from agentreplay._putting_together import Events, Told
from agentreplay._reading import json_object, shape_error
from agentreplay._recorded import StreamEvent

_BEFORE: Final = event_back(1)
_BETWEEN: Final = b"\n     },\n     {"
_WITHIN_DATA: Final = b"       "
"""How the lines of an event's data begin, but for the first and the last; those of its other fields do not."""

_STAND_IN: Final = "agentreplay stands in "
_WORTH: Final = 4
"""From how many events on it pays to hold them as one."""


class SealedEvents:
    """The events of the stream at `place` in a sealed file.

    `text` is what stands between the first brace and the last one of their list. Called, it gives them as records.
    """

    def __init__(self, text: bytes, limit: int, path: Path | None, place: int) -> None:
        self._text = text
        self._limit = limit
        self._path = path
        self._place = place
        self._whole: list[StreamEvent] | None = None

    def __call__(self) -> list[StreamEvent]:
        """The events with all their data, to be read only: they share what they have in common.

        Raises:
            CassetteError: they have not the shape of events, or differ from something that is not there.
        """
        if self._whole is None:
            written = parsed(b'{"events": [{' + self._text + b"}]}", self._path)["events"]
            try:
                events = _EVENTS.validate_python(written, strict=True)
            except ValidationError as error:
                wrong = shape_error(error, self._path, ("interactions", self._place, "response", "events"))
            else:
                self._whole = Events(events, self._limit, self._path, self._place).whole()
                return self._whole
            raise wrong
        return self._whole

    def held(self) -> list[Alike]:
        """The events as they are played, new ones each time.

        Raises:
            CassetteError: one differs from something that is not there.
        """
        texts = _Texts(self._text.split(_BETWEEN), self._path)
        told = Told(texts, self._limit, self._path, self._place)
        found: list[Alike] = []
        place = 0
        may_be_alike = _STAND_IN.encode() not in self._text
        while place < len(texts):
            likeness = alike_from(texts.texts, place, _WITHIN_DATA) if may_be_alike else None
            stop = place + (len(likeness[1][0]) if likeness is not None else 1)
            alike = _alike(*likeness, told, place) if likeness is not None and stop - place >= _WORTH else None
            if alike is not None:
                found.append(alike)
            else:
                for each in range(place, stop):
                    fields = texts.fields(each)
                    found.append(Alike({**fields, "data": told.data(each)}))
            place = stop
        return found


def parsed(text: bytes, path: Path | None) -> dict[str, Any]:
    """The JSON object that `text` is, in a file that nobody has touched.

    Raises:
        CassetteFormatError: it is none.
    """
    try:
        found: dict[str, Any] = from_json(text)
    except ValueError:  # a lone surrogate
        return json_object(text, path)
    return found


_EVENTS: Final = TypeAdapter(list[StreamEvent])


class _Texts:
    """What is written as the data of each event, read from its text."""

    def __init__(self, texts: list[bytes], path: Path | None) -> None:
        self.texts = texts
        self._path = path
        self._last: tuple[int, dict[str, Any]] = (-1, {})

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, place: int) -> Any:
        return self.fields(place).get("data")

    def fields(self, place: int) -> dict[str, Any]:
        """The fields of the event at `place` as they are written."""
        last, fields = self._last
        if last != place:
            fields = parsed(b"{" + self.texts[place] + b"}", self._path)
            self._last = place, fields
        return fields


def _alike(likeness: Likeness, columns: list[list[bytes]], told: Told, place: int) -> Alike | None:
    """The events from `place` on, which have these values in their texts, as one; None where that cannot be."""
    count = len(columns[0])
    stand_ins = [f"{_STAND_IN}{number}" for number in range(len(columns))]
    try:
        fields = from_json(b"{" + likeness.text([b'"%b"' % each.encode() for each in stand_ins]) + b"}")
        values = [from_json(b"[" + b",".join(column) + b"]") for column in columns]
    except ValueError:
        return None
    data: Any = fields.get("data")
    if is_marked(data):
        # What gives each of them the same members with other values gives it to the first one.
        data = plainly_changed(data, told.data(place - 1)) if data.get(AS) == _BEFORE and place else None
    places = [*_stand_ins_in(data)] if is_object(data) or is_array(data) else []
    if sorted(stand_in for _, _, stand_in in places) != sorted(stand_ins) or {*map(len, values)} != {count}:
        return None
    slots: list[Slot] = []
    for holder, name, stand_in in places:
        number = stand_ins.index(stand_in)
        # Fractions are not written as in a file by all that write them.
        texts = None if float in map(type, values[number]) else columns[number]
        slots.append(Slot(holder, name, stand_in, values[number], texts))
    alike = Alike({**fields, "data": data}, slots)
    told.put(place + count - 1, alike.last())
    return alike


def _stand_ins_in(data: Any) -> Iterator[tuple[Any, Any, str]]:
    """The stand-ins in a JSON value: the object or list that has it, under which name or where, and it itself."""
    left: list[Any] = [data]
    while left:
        holder = left.pop()
        for name, value in holder.items() if is_object(holder) else enumerate(cast("list[Any]", holder)):
            if is_object(value) or is_array(value):
                left.append(value)
            elif type(value) is str and value.startswith(_STAND_IN):
                yield holder, name, value
