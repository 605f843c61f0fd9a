"""What decides whether two requests, or two recordings, are the same: fingerprints of what they hold.

A list of objects in a body (the messages, the tools) counts by the fingerprints of its items. So a conversation, in
which each request repeats all before it, is hashed in the time that reading it once takes, where its items are shared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from pydantic_core import to_jsonable_python

from agentreplay._json.canonical import canonical_json
from agentreplay._redaction import comparable

_PLACEHOLDER_START: Final = b"[REDACTED:"
_PLAIN: Final = frozenset({dict, list, str, int, float, bool, type(None)})

ItemDigest = Callable[[Any], bytes]
"""Gives the fingerprint of one item of a list, 32 bytes."""


def comparable_text(value: Any) -> bytes:
    """The canonical JSON of `value`, in which the numbers of placeholders for secrets do not count."""
    text = canonical_json(value)
    return canonical_json(comparable(json.loads(text))) if _PLACEHOLDER_START in text else text


def comparable_digest(item: Any) -> bytes:
    """The fingerprint of an item of a request, in which the numbers of placeholders do not count."""
    return hashlib.sha256(comparable_text(item)).digest()


def parted(body: dict[str, Any], digest: ItemDigest) -> tuple[dict[str, Any], dict[str, str]]:
    """What counts of a body: its members but for its lists of objects, and the fingerprints of those by name.

    Equal JSON gives equal parts, however it is held in memory.
    """
    members: dict[str, Any] = {}
    lists: dict[str, str] = {}
    for name, value in body.items():
        if type(value) is not list and type(value) is not tuple:
            if type(value) not in _PLAIN:
                return parted(to_jsonable_python(body), digest)
            members[name] = value
            continue
        items = cast("Sequence[Any]", value)
        sorts: set[type[Any]] = {*map(type, items)}
        if sorts == {dict}:
            joined = digest.joined(items) if isinstance(digest, SharedDigests) else b"".join(map(digest, items))
            lists[name] = hashlib.sha256(joined).hexdigest()
        elif sorts <= _PLAIN:
            members[name] = value
        else:
            return parted(to_jsonable_python(body), digest)
    return members, lists


def request_key(
    kind: str,
    method: str,
    model: str | None,
    body: dict[str, Any],
    path: str | None,
    query: dict[str, Any] | None,
    digest: ItemDigest,
) -> str:
    """The fingerprint of a request (64 hexadecimal digits); `digest` is `comparable_digest`, or one that shares it."""
    members, lists = parted(body, digest)
    return hashlib.sha256(comparable_text([kind, method, model, members, lists, path, query])).hexdigest()


class SharedDigests:
    """Fingerprints of items that are shared: each is taken once. The items must stay as they are meanwhile."""

    def __init__(self, digest: ItemDigest) -> None:
        self._digest = digest
        self._known: dict[int, bytes] = {}
        self._kept: list[Any] = []

    def __call__(self, item: Any) -> bytes:
        known = self._known.get(id(item))
        if known is None:
            known = self._known[id(item)] = self._digest(item)
            # So that no other item gets its place in the memory.
            self._kept.append(item)
        return known

    def joined(self, items: Sequence[Any]) -> bytes:
        """The fingerprints of all `items`, one behind the other."""
        known = [*map(self._known.get, map(id, items)), None]
        place = known.index(None)
        while place < len(items):
            known[place] = self(items[place])
            place = known.index(None, place)
        return b"".join(cast("list[bytes]", known[:-1]))
