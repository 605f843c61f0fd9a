"""What is known of a cassette that was loaded beside what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from agentreplay import _schema_1 as schema_1
from agentreplay._errors.files import CassetteFormatError, CassetteIntegrityError
from agentreplay._meta import CASSETTE_SCHEMA_VERSION

if TYPE_CHECKING:
    from agentreplay._cassette import Cassette


class Source:
    """The bytes that a cassette was loaded from. Whatever they are, they make no two cassettes unequal."""

    def __init__(self, data: bytes | None = None, stored: bytes | None = None, *, packed: bool = False) -> None:
        self.data = data
        self.stored = stored
        self.packed = packed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source)

    __hash__ = None  # type: ignore[assignment]


class Read(NamedTuple):
    """A cassette that was read, the schema that it was of, and its content hash if that is not the one it says."""

    cassette: Cassette
    schema: int
    computed: str | None

    @classmethod
    def of(cls, cassette: Cassette, schema: int, path: Path | None) -> Read:
        """What is to be said of `cassette`; one of an older schema gets the ids and the hash of today's."""
        meta = cassette.meta
        # Other tools take their hashes of other texts.
        is_ours = bool(meta.content_hash) and "agentreplay_version" in meta.model_fields_set
        try:
            if schema == CASSETTE_SCHEMA_VERSION:
                computed = cassette.compute_content_hash() if is_ours else meta.content_hash
                return cls(cassette, schema, computed if computed != meta.content_hash else None)
            computed = schema_1.content_hash(cassette.interactions) if is_ours and schema == 1 else meta.content_hash
            if computed != meta.content_hash:
                return cls(cassette, schema, computed)
            schema_1.renew_ids(cassette.interactions)
            if meta.content_hash:
                meta.content_hash = cassette.compute_content_hash()
        except (ValueError, RecursionError):
            raise CassetteFormatError.damaged("it is nested too deep to be read", path=path) from None
        return cls(cassette, schema, None)

    def require_integrity(self, path: Path) -> None:
        """Check that the content hash fits."""
        if self.computed is not None:
            raise CassetteIntegrityError(self.cassette.meta.content_hash, self.computed, path=path)
