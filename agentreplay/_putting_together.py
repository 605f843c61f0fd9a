"""Interactions as a file has them, each told by what differs from an earlier one, and as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agentreplay._errors.files import CassetteFormatError
from agentreplay._fingerprints import SharedDigests, comparable_digest
from agentreplay._json.values import is_object
from agentreplay._linear.bodies import BodyFolding, folded_events
from agentreplay._linear.distinct import Distinct
from agentreplay._linear.marks import AS, event_back, is_marked
from agentreplay._linear.plainest import plainly_changed
from agentreplay._linear.unfolding import Unfolded, UnresolvableError, Written
from agentreplay._linear.weight import heaviest
from agentreplay._reading import dotted
from agentreplay._recorded import Interaction, StreamEvent
from agentreplay._unread import unread

_BEFORE = event_back(1)


def folded(interactions: Sequence[Interaction]) -> list[dict[str, Any]]:
    """The interactions as they stand in a file. They must be plain JSON, and share what repeats."""
    requests = BodyFolding(Distinct())
    answers = BodyFolding(Distinct(), answers=True)
    found: list[dict[str, Any]] = []
    for interaction in interactions:
        raw = interaction._plain()
        sort = (interaction.request.kind, interaction.request.method)
        raw["request"]["body"] = requests.written(raw["request"]["body"], sort)
        response = raw["response"]
        response["body"] = answers.written(response["body"], sort)
        events = response.get("events")
        if events:
            data = folded_events([event.get("data") for event in events])
            response["events"] = [
                {**event, "data": what} if "data" in event else event for event, what in zip(events, data, strict=True)
            ]
        found.append(raw)
    return found


def put_together(interactions: Sequence[Interaction], file_size: int, *, path: Path | None = None) -> None:
    """Give interactions, as a file of `file_size` bytes has them, the bodies and events that they tell of.

    Raises:
        CassetteFormatError: one differs from something that is not there, or would be far larger than the file.
    """
    limit = heaviest(file_size)
    digest = SharedDigests(comparable_digest)
    requests = Bodies([each.request.body for each in interactions], limit, path, "request")
    answers = Bodies([each.response.body for each in interactions], limit, path, "response")
    requests_told, answers_told = requests.involved(), answers.involved()
    for position, interaction in enumerate(interactions):
        if position in requests_told:
            unread(interaction.request, {"body": requests.giver(position)}, digest=digest)
            requests.whole(position)
        fields: dict[str, Callable[[], Any]] = {}
        if position in answers_told:
            fields["body"] = answers.giver(position)
        events = interaction.response.events
        if events and any(is_marked(event.data) for event in events):
            fields["events"] = Events(events, limit, path, position).whole
        if fields:
            unread(interaction.response, fields)
            for give in fields.values():
                give()


class Bodies:
    """The bodies of one sort in a file: of the requests (`part` is `request`) or of the answers (`response`).

    None may weigh more than `limit`. Those that are told by differences share their parts.
    """

    def __init__(self, written: Written, limit: int, path: Path | None, part: str) -> None:
        self._written = written
        self._unfolded = Unfolded(written, limit)
        self._path = path
        self._part = part

    def involved(self) -> set[int]:
        """The positions of those that are told by what differs from an earlier one, and of these."""
        marked = [position for position in range(len(self._written)) if is_marked(self._written[position])]
        bases = [self._base_of(position) for position in marked]
        return {*marked, *(base for base in bases if base is not None)}

    def whole(self, position: int) -> Any:
        """The whole body of the interaction at `position`, to be read only."""
        try:
            return self._unfolded.value(position)
        except UnresolvableError as error:
            where = (
                "interactions",
                position if error.position is None else error.position,
                self._part,
                "body",
                *error.place,
            )
            reason, place = error.reason, dotted(where)
        raise CassetteFormatError.damaged(reason, path=self._path, where=place)

    def giver(self, position: int) -> Callable[[], Any]:
        """Gives the whole body at `position` once it is called."""
        return lambda: self.whole(position)

    def _base_of(self, position: int) -> int | None:
        try:
            return self._unfolded.base_of(position)
        except UnresolvableError as error:
            where = ("interactions", position, self._part, "body", *error.place)
            reason, place = error.reason, dotted(where)
        raise CassetteFormatError.damaged(reason, path=self._path, where=place)


class Events:
    """The events of one stream in a file."""

    def __init__(self, events: list[StreamEvent], limit: int, path: Path | None, position: int) -> None:
        self._events = events
        self._limit = limit
        self._path = path
        self._position = position
        self._told = False

    def whole(self) -> list[StreamEvent]:
        """The events with all their data, to be read only: they share what they have in common."""
        if not self._told:
            # All or none: the next one may be told by what this one was written as.
            written = [event.data for event in self._events]
            for event, data in zip(self._events, told(written, self._limit, self._path, self._position), strict=True):
                vars(event)["data"] = data
            self._told = True
        return self._events


def told(written: Sequence[Any], limit: int, path: Path | None, position: int) -> list[Any]:
    """The data of the events of one stream, of which some are told by what differs from an earlier one.

    Raises:
        CassetteFormatError: one differs from something that is not there, or would weigh more than `limit`.
    """
    return [*map(Told(written, limit, path, position).data, range(len(written)))]


class Told:
    """What the data of the events of one stream is, of which `written` tells some by others.

    The stream is that of the interaction at `position`. No data may weigh more than `limit`.
    """

    def __init__(self, written: Written, limit: int, path: Path | None, position: int) -> None:
        self._written = written
        self._unfolded = Unfolded(written, limit, "event")
        self._path = path
        self._position = position
        self._last: tuple[int, Any] = (-1, None)

    def data(self, place: int) -> Any:
        """The data of the event at `place`, to be read only; it takes least to ask for one after the other.

        Raises:
            CassetteFormatError: it differs from something that is not there, or would weigh more than the limit.
        """
        last, before = self._last
        if last == place:
            return before
        one = self._written[place]
        quick = None
        if last == place - 1 and place and is_object(one) and one.get(AS) == _BEFORE:
            quick = plainly_changed(one, before)
        if quick is not None:
            self.put(place, quick)
            return quick
        try:
            self.put(place, self._unfolded.value(place))
        except UnresolvableError as error:
            reason = error.reason
            where = dotted(("interactions", self._position, "response", "events", place, "data", *error.place))
        else:
            return self._last[1]
        raise CassetteFormatError.damaged(reason, path=self._path, where=where)

    def put(self, place: int, data: Any) -> None:
        """Note what the data of the event at `place` is, which nobody will change."""
        self._unfolded.put(place, data)
        self._last = place, data
