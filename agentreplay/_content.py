"""What a cassette holds: its ids, its hash, and the same in plain JSON, with all that repeats taken once."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from agentreplay._fingerprints import SharedDigests, comparable_digest, parted, request_key
from agentreplay._json.canonical import canonical_json
from agentreplay._json.text import json_text
from agentreplay._linear.distinct import Distinct, Numbers
from agentreplay._reading import json_object
from agentreplay._recorded import SHORT_KEY_LENGTH, Interaction, RecordedRequest
from agentreplay._unread import unread


class Content:
    """The interactions of one cassette, which must stay as they are meanwhile."""

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self._interactions = interactions
        distinct = Distinct()
        numbered = [distinct.numbered(interaction.request._body()) for interaction in interactions]
        self._bodies = [*map(distinct.whole, numbered)]
        self._key_digest = SharedDigests(comparable_digest)

    def id(self, position: int) -> str:
        """The id that the interaction at `position` has, or gets."""
        return self._interactions[position].id or self.key(position)[:SHORT_KEY_LENGTH]

    def key(self, position: int) -> str:
        """The key of the request at `position`."""
        request = self._interactions[position].request
        body = self._bodies[position]
        return request_key(
            request.kind, request.method, request.model, body, request.path, request.query, self._key_digest
        )

    def ids_are_keys(self) -> bool:
        """Whether each id is the one that is taken of its request."""
        return all(
            interaction.id == self.key(position)[:SHORT_KEY_LENGTH]
            for position, interaction in enumerate(self._interactions)
        )

    def hash(self) -> str:
        """SHA-256 of all that counts (64 hexadecimal digits)."""
        digest = SharedDigests(_digest)
        found = hashlib.sha256(b"[")
        for position, interaction in enumerate(self._interactions):
            part = interaction._counted_part(position)
            part["request"]["body"] = parted(self._bodies[position], digest)
            part["id"] = self.id(position)
            found.update(b"," if position else b"")
            found.update(canonical_json(_as_json(part)))
        found.update(b"]")
        return found.hexdigest()


def plain_json(interactions: Iterable[Interaction], **others: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """`interactions` and `others`, as they are once they were written to a file and read from it.

    What repeats in the bodies of the requests is one object. So these stand apart, in the second of the two.

    Raises:
        CassetteError: the text that it gives is none that could be read.
        ValueError: it gives none.
    """
    distinct = Distinct()
    numbered: list[dict[str, Any]] = []
    raw: list[dict[str, Any]] = []
    for interaction in interactions:
        body = interaction.request._body()
        # Only names that are texts stay what they are.
        body = distinct.numbered(body) if all(type(name) is str for name in body) else body
        numbered.append(body)
        part = interaction._plain()
        part["request"]["body"] = {name: 0 if type(value) is Numbers else value for name, value in body.items()}
        raw.append(part)
    text = json_text({**others, "interactions": raw, _ITEMS: distinct.items}, indent=None)
    read = json_object(text.encode())
    items: list[Any] = read.pop(_ITEMS)
    bodies: list[dict[str, Any]] = []
    for part, body in zip(read["interactions"], numbered, strict=True):
        found = part["request"]["body"]
        lists = {name: value for name, value in body.items() if type(value) is Numbers}
        found.update((name, [*map(items.__getitem__, numbers)]) for name, numbers in lists.items())
        bodies.append(found)
    return read, bodies


_ITEMS = "items of the bodies"


def share(request: RecordedRequest, body: dict[str, Any], digest: SharedDigests) -> RecordedRequest:
    """`request` itself with `body`, which shares its parts with others and is copied once somebody asks for it."""
    return unread(request, {"body": lambda: body}, digest=digest)


def _digest(item: Any) -> bytes:
    return hashlib.sha256(canonical_json(_as_json(item))).digest()


def _as_json(value: Any) -> Any:
    # As in the file: there a name is a text, also where a program gave a number. Names that are no Unicode, and deeper
    # nesting, pydantic refuses; they come from JSON and are as they should be.
    with contextlib.suppress(ValueError):
        return to_jsonable_python(value)
    return value
