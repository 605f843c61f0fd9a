"""The seal of a large file: a hash of its text, by which it is known that nobody has touched it since we wrote it.

What is sealed need not be checked value by value: it was when it was written. A file whose seal does not fit, or which
has none, is no worse; it is read with more care and in more time. The seal protects from nothing but accidents.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from pydantic_core import from_json

from agentreplay._errors.files import CassetteFormatError
from agentreplay._json.text import json_text
from agentreplay._reading import json_object

SEAL: Final = "text_hash"
"""The member of `meta` in which the seal stands."""

WORTH_A_SEAL: Final = 100_000
"""From how many bytes on a file is sealed. A smaller one is read with all care in a few milliseconds."""

_BEGIN: Final = b'\n  "interactions": ['
_SALT: Final = b"agentreplay 2\n"
"""Part of what is hashed; changes with what a seal says about ids and hashes."""


def file_bytes(
    meta: dict[str, Any], interactions: list[dict[str, Any]], others: dict[str, Any], *, seal: bool
) -> bytes:
    """The text of a cassette's file. With `seal`, it has one if it is large, and nothing stands in it but these two."""
    if not seal or others or SEAL in meta:
        return (json_text({"meta": meta, "interactions": interactions, **others}) + "\n").encode()
    body = json_text({"interactions": interactions})[1:].encode() + b"\n"
    if len(body) >= WORTH_A_SEAL:
        meta = {**meta, SEAL: _seal_of(body)}
    return json_text({"meta": meta})[: -len("\n}")].encode() + b"," + body


def sealed_object(data: bytes) -> dict[str, Any] | None:
    """What the text of a cassette says, if it has a seal that fits, else None.

    Raises:
        CassetteFormatError: what stands before the interactions is damaged.
    """
    begin = data.find(_BEGIN, 0, WORTH_A_SEAL)
    if begin < 0 or f'"{SEAL}"'.encode() not in data[:begin]:
        return None
    body = data[begin:]
    try:
        head = json_object(data[:begin].removesuffix(b",") + b"\n}")
        if head["meta"][SEAL] != _seal_of(body):
            return None
        head["interactions"] = from_json(b"{" + body)["interactions"]
    except (CassetteFormatError, LookupError, TypeError, ValueError):
        # Read again with all care, which finds out what is wrong, or what this parser does not take.
        return None
    return head


def _seal_of(body: bytes) -> str:
    return hashlib.sha256(_SALT + body).hexdigest()
