"""The interactions of a large file, each of which is read once somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from agentreplay._fingerprints import SharedDigests, comparable_digest
from agentreplay._linear.marks import is_marked
from agentreplay._linear.weight import heaviest
from agentreplay._putting_together import Bodies
from agentreplay._reading import shape_error
from agentreplay._recorded import Interaction, Record, RecordedRequest, RecordedResponse
from agentreplay._sealed_events import SealedEvents, parsed
from agentreplay._sealing import Piece
from agentreplay._unread import begun, unread_part
from agentreplay._unread_interactions import unread_interactions

R = TypeVar("R", bound=Record)

_NAMES: Final = {part: f'\n   "{part}": {{'.encode() for part in ("request", "response")}
_END: Final = b"\n   }"
"""How the request and the answer of an interaction begin and end. In a text no line can, as line ends are escaped."""

_EVENTS: Final = b'\n    "events": ['
_FIRST_EVENT: Final = b"\n     {"
_EVENTS_END: Final = b"\n     }\n    ]"
"""Likewise of the events of an answer: what stands before the first brace of the first, and from the last of the last.
"""


class SealedInteractions:
    """The interactions in the text `data`, whose seal says that nobody has touched it since it was written."""

    def __init__(self, data: bytes, pieces: Sequence[Piece], path: Path | None) -> None:
        self._data = data
        self._pieces = pieces
        self._path = path
        self._limit = heaviest(len(data))
        self._digest = SharedDigests(comparable_digest)
        self._answers_written = _Written(self, "response")
        self._requests = Bodies(_Written(self, "request"), self._limit, path, "request")
        self._answers = Bodies(self._answers_written, self._limit, path, "response")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SealedInteractions) and self._data is other._data

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._pieces)

    def all(self) -> list[Interaction]:
        """All of them, none of which is read yet."""
        return unread_interactions(self, [(each.id, each.sequence, each.parent) for each in self._pieces])

    def short_key(self, place: int) -> str:
        """The first sixteen digits of the key of the request at `place`."""
        return self._pieces[place].id

    def part(self, place: int, name: str) -> RecordedRequest | RecordedResponse:
        """The request or the response at `place`, a new one each time, of which nothing is read."""
        if name == "request":
            return unread_part(RecordedRequest, self, place, self._pieces[place].id)
        return unread_part(RecordedResponse, self, place)

    def begin(self, record: Record, place: int) -> None:
        """Give a request or response that `part` gave its fields, but for those that are told by others.

        Raises:
            CassetteError: it has not the shape of one.
        """
        if isinstance(record, RecordedRequest):
            self._begin_request(record, place)
        else:
            self._begin_response(record, place)

    def held(self, place: int) -> dict[str, Any] | None:
        """The fields of the response at `place`, to be read only; None where a record must be made to know them."""
        written = self.written(place, "response")
        if not _NEEDED[RecordedResponse] <= written.keys() <= _PLAIN[RecordedResponse]:
            return None
        body = written.get("body")
        if is_marked(body):
            self._answers_written.put(place, body)
            written["body"] = self._answers.whole(place)
        return {**_DEFAULTS[RecordedResponse], **written}

    def rest(self, place: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The metadata of the interaction at `place`, and those of its members that no class knows."""
        written = self._parsed(place)
        others = {name: value for name, value in written.items() if name not in Interaction.model_fields}
        return written.get("metadata", {}), others

    def written(self, place: int, part: str) -> dict[str, Any]:
        """What the text says of the request or the response at `place`; its events are not read."""
        piece = self._pieces[place]
        name = _NAMES[part]
        start = self._data.find(name, piece.start, piece.stop)
        stop = self._data.find(_END, start, piece.stop)
        text = self._data[start + len(name) - 1 : stop + len(_END)]
        begin = text.find(_EVENTS + _FIRST_EVENT) if part == "response" else -1
        end = text.find(_EVENTS_END, begin) if begin >= 0 else -1
        if end < 0:
            return parsed(text, self._path)
        found = parsed(text[: begin + len(_EVENTS)] + text[end + len(_EVENTS_END) - 1 :], self._path)
        events = text[begin + len(_EVENTS + _FIRST_EVENT) : end]
        return {**found, "events": SealedEvents(events, self._limit, self._path, place)}

    def _begin_request(self, record: RecordedRequest, place: int) -> None:
        whole = self._built(RecordedRequest, place, "request", self.written(place, "request"))
        body = whole.body
        give = self._requests.giver(place) if is_marked(body) else lambda: body
        begun(record, whole, {"body": give}, self._digest)

    def _begin_response(self, record: Record, place: int) -> None:
        written = self.written(place, "response")
        fields: dict[str, Callable[[], Any]] = {}
        if isinstance(events := written.get("events"), SealedEvents):
            fields["events"] = events
        times = {name: written[name] for name in ("event_times_ms",) if written.get(name) is not None}
        if times:
            fields["event_times_ms"] = lambda: self._built(RecordedResponse, place, "response", times).event_times_ms
        whole = self._built(RecordedResponse, place, "response", {**written, **dict.fromkeys(fields)}, fields)
        body: Any = whole.body
        fields["body"] = lambda: body
        if is_marked(body):
            self._answers_written.put(place, body)
            fields["body"] = self._answers.giver(place)
        begun(record, whole, fields)

    def _built(
        self, record: type[R], place: int, part: str, written: dict[str, Any], beside: Collection[str] = ()
    ) -> R:
        """The record that is `written`, but for the fields `beside`, of which it says only that they are set."""
        if _NEEDED[record] <= written.keys() and _PLAIN[record].issuperset(written.keys() - beside):
            # It was checked when it was written.
            return _record_of(record, written)
        try:
            return record.model_validate(written, strict=True)
        except ValidationError as error:
            wrong = shape_error(error, self._path, ("interactions", place, part))
        raise wrong

    def _parsed(self, place: int) -> dict[str, Any]:
        piece = self._pieces[place]
        return parsed(self._data[piece.start : piece.stop], self._path)


_WRITTEN_OTHERWISE: Final = frozenset({"error", "events", "event_times_ms"})
"""The fields that are written as something else than they hold."""


_READ: Final[tuple[type[Record], ...]] = (RecordedRequest, RecordedResponse)
_DEFAULTS: Final[dict[type[Record], dict[str, Any]]] = {
    record: {name: None if field.is_required() or field.default_factory else field.default for name, field in fields}
    for record, fields in ((record, record.model_fields.items()) for record in _READ)
}
_NEEDED: Final[dict[type[Record], set[str]]] = {
    record: {name for name, field in fields if field.is_required() or field.default_factory}
    for record, fields in ((record, record.model_fields.items()) for record in _READ)
}
_PLAIN: Final[dict[type[Record], set[str]]] = {
    record: defaults.keys() - _WRITTEN_OTHERWISE for record, defaults in _DEFAULTS.items()
}


def _record_of(record: type[R], written: dict[str, Any]) -> R:
    built = record.__new__(record)
    put = object.__setattr__
    put(built, "__dict__", {**_DEFAULTS[record], **written})
    put(built, "__pydantic_fields_set__", {*written})
    put(built, "__pydantic_extra__", {})
    put(built, "__pydantic_private__", None)
    return built


class _Written:
    """The bodies of one sort as they are written."""

    def __init__(self, interactions: SealedInteractions, part: str) -> None:
        self._interactions = interactions
        self._part = part
        self._last: tuple[int, Any] = (-1, None)

    def __len__(self) -> int:
        return len(self._interactions)

    def __getitem__(self, place: int) -> Any:
        last, body = self._last
        return body if last == place else self._interactions.written(place, self._part).get("body")

    def put(self, place: int, body: Any) -> None:
        """Spare parsing the body at `place` once more. It is told by a difference, so nobody else will change it."""
        self._last = (place, body)
