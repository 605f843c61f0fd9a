"""The interactions of a large file, each of which is read once somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, overload

from pydantic import ValidationError
from pydantic_core import from_json

from agentreplay._fingerprints import SharedDigests, comparable_digest
from agentreplay._linear.marks import is_marked
from agentreplay._linear.weight import heaviest
from agentreplay._putting_together import Bodies, Events, has_told_events
from agentreplay._reading import json_object, shape_error
from agentreplay._recorded import Interaction
from agentreplay._sealing import Piece
from agentreplay._unread import unread, unread_interactions


class SealedInteractions:
    """The interactions in the text `data`, whose seal says that nobody has touched it since it was written."""

    def __init__(self, data: bytes, pieces: Sequence[Piece], path: Path | None) -> None:
        self._data = data
        self._pieces = pieces
        self._path = path
        self._limit = heaviest(len(data))
        self._digest = SharedDigests(comparable_digest)
        self._written = {part: _Part(self, part) for part in ("request", "response")}
        self._requests = Bodies(self._written["request"], self._limit, path, "request")
        self._answers = Bodies(self._written["response"], self._limit, path, "response")

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

    def read(self, place: int) -> Interaction:
        """The interaction at `place`, a new one each time.

        Raises:
            CassetteError: it has not the shape of one.
        """
        try:
            interaction = Interaction.model_validate(self.parsed(place), strict=True)
        except ValidationError as error:
            wrong = shape_error(error, self._path, ("interactions", place))
        else:
            return self._whole(interaction, place)
        raise wrong

    def parsed(self, place: int) -> dict[str, Any]:
        """What the text says of the interaction at `place`."""
        piece = self._pieces[place]
        text = self._data[piece.start : piece.stop]
        try:
            found: dict[str, Any] = from_json(text)
        except ValueError:  # a lone surrogate
            found = json_object(text, self._path)
        return found

    def _whole(self, interaction: Interaction, place: int) -> Interaction:
        body = interaction.request.body
        give = self._requests.giver(place) if is_marked(body) else lambda: body
        unread(interaction.request, {"body": give}, digest=self._digest, short_key=self._pieces[place].id)
        fields: dict[str, Callable[[], Any]] = {}
        answer = interaction.response.body
        if is_marked(answer):
            self._written["response"].put(place, answer)
            fields["body"] = self._answers.giver(place)
        if has_told_events(interaction):
            fields["events"] = Events(interaction, self._limit, self._path, place).whole
        if fields:
            unread(interaction.response, fields)
        return interaction


class _Part(Sequence[Any]):
    """The bodies of one sort as they are written."""

    def __init__(self, interactions: SealedInteractions, part: str) -> None:
        self._interactions = interactions
        self._part = part
        self._last: tuple[int, Any] = (-1, None)

    def __len__(self) -> int:
        return len(self._interactions)

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        last, body = self._last
        return body if last == place else self._interactions.parsed(place)[self._part].get("body")

    def put(self, place: int, body: Any) -> None:
        """Spare parsing the body at `place` once more. It is told by a difference, so nobody else will change it."""
        self._last = (place, body)
