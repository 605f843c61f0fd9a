"""What ids and content hashes were in schema 1: taken of each body as a whole, however much of it repeats."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence

from pydantic_core import to_jsonable_python

from agentreplay._fingerprints import comparable_text
from agentreplay._json.canonical import canonical_json
from agentreplay._recorded import Interaction, RecordedRequest


def content_hash(interactions: Sequence[Interaction]) -> str:
    """The content hash that a cassette of schema 1 with these interactions has."""
    digest = hashlib.sha256(b"[")
    for position, interaction in enumerate(interactions):
        digest.update(b"," if position else b"")
        part = interaction._counted_part(position)
        with contextlib.suppress(ValueError):
            part = to_jsonable_python(part)
        digest.update(canonical_json({**part, "id": interaction.id or _key(interaction.request)[:16]}))
    digest.update(b"]")
    return digest.hexdigest()


def renew_ids(interactions: Sequence[Interaction]) -> None:
    """Give the interactions whose id was taken of their request the one that is taken of it now."""
    for interaction in interactions:
        if interaction.id == _key(interaction.request)[:16]:
            interaction.id = interaction.compute_id()


def _key(request: RecordedRequest) -> str:
    parts = [request.kind, request.method, request.model, request.body, request.path, request.query]
    return hashlib.sha256(comparable_text(parts)).hexdigest()
