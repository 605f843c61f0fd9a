"""The seal of a large file: a hash of its text, by which it is known that nobody has touched it since we wrote it.

What is sealed need not be checked value by value: it was when it was written. A file whose seal does not fit, or which
has none, is no worse; it is read with more care and in more time. The seal protects from nothing but accidents.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final, NamedTuple

from agentreplay._errors.files import CassetteFormatError
from agentreplay._json.text import json_text
from agentreplay._json.values import is_array, is_object
from agentreplay._reading import json_object

SEAL: Final = "text_hash"
"""The member of `meta` in which the seal stands."""

LARGE: Final = 100_000
"""From how many bytes on a file is sealed, and laid out with less white space. A smaller one is read with all care in a
few milliseconds."""

_INDENT: Final = 1
"""Spaces a level in a large file, most of whose lines stand five levels deep and more."""

_BEGIN: Final = b'\n "interactions": ['
_SALT: Final = b"agentreplay 2\n"
"""Part of what is hashed; changes with what a seal says about ids and hashes."""

_PIECE: Final = b"\n  {\n"
_BEGINNING: Final = re.compile(
    rb'\n  \{\n   "id": "([0-9a-f]{16})",\n   "sequence": ([0-9]{1,15}),\n(?:   "parent": ([0-9]{1,15}),\n)?'
)
"""How each interaction begins. In a text no line can, since a line end in a text is escaped."""


class Piece(NamedTuple):
    """Where the JSON of one interaction stands in a file, its id, its sequence and its parent."""

    start: int
    stop: int
    id: str
    sequence: int
    parent: int | None


def file_bytes(
    meta: dict[str, Any], interactions: list[dict[str, Any]], others: dict[str, Any], *, seal: bool
) -> bytes:
    """The text of a cassette's file. With `seal`, it has one if it is large, and nothing stands in it but these two."""
    if not _is_surely_large(interactions):
        whole = (json_text({"meta": meta, "interactions": interactions, **others}) + "\n").encode()
        if len(whole) < LARGE:
            return whole
    if not seal or others or SEAL in meta:
        return (json_text({"meta": meta, "interactions": interactions, **others}, _INDENT) + "\n").encode()
    body = json_text({"interactions": interactions}, _INDENT)[1:].encode() + b"\n"
    head = json_text({"meta": {**meta, SEAL: _seal_of(memoryview(body))}}, _INDENT)
    return head[: -len("\n}")].encode() + b"," + body


def _is_surely_large(interactions: list[dict[str, Any]]) -> bool:
    """Whether the texts in them alone make a large file, which is sooner told than written."""
    room = LARGE
    left: list[Any] = list(interactions)
    while left:
        value = left.pop()
        if isinstance(value, str):
            room -= len(value)
            if room < 0:
                return True
        elif is_object(value):
            left += value.values()
        elif is_array(value):
            left += value
    return False


def opened(data: bytes) -> tuple[dict[str, Any], list[Piece]] | None:
    """What the text of a cassette says of itself, and where its interactions stand, if it has a seal that fits.

    The ids of these are their keys.
    """
    begin = data.find(_BEGIN, 0, LARGE)
    if begin < 0 or f'"{SEAL}"'.encode() not in data[:begin]:
        return None
    try:
        head = json_object(data[:begin].removesuffix(b",") + b"\n}")
        meta: dict[str, Any] = head.pop("meta")
        if head or meta.pop(SEAL) != _seal_of(memoryview(data)[begin:]):
            return None
    except (CassetteFormatError, LookupError, TypeError, AttributeError):
        # Read again with all care, which finds out what is wrong.
        return None
    found = [*_BEGINNING.finditer(data, begin)]
    if len(found) != data.count(_PIECE, begin):
        return None
    # Between two of them stands a comma, behind the last the end of the list.
    starts = [each.start() + len("\n  ") for each in found]
    stops = [*(start - len(",\n  ") for start in starts[1:]), data.rfind(b"\n ]")]
    pieces = [
        Piece(start, stop, own_id.decode(), int(sequence), int(parent) if parent else None)
        for start, stop, (own_id, sequence, parent) in zip(
            starts, stops, (each.groups() for each in found), strict=True
        )
    ]
    return meta, pieces


def _seal_of(body: memoryview) -> str:
    digest = hashlib.sha256(_SALT)
    digest.update(body)
    return digest.hexdigest()
