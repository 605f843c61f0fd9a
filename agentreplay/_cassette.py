"""A cassette: the pydantic model of one recording, and how it is read and written."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

from pydantic import Field, PrivateAttr, ValidationError

from agentreplay._content import Content, plain_json, share
from agentreplay._errors import CassetteSchemaWarning
from agentreplay._errors.files import CassetteFormatError, written_as_json
from agentreplay._files import read_whole, write_whole
from agentreplay._fingerprints import SharedDigests, comparable_digest
from agentreplay._json.text import written
from agentreplay._linear.exact import exactly_equal
from agentreplay._loaded import Read, Source
from agentreplay._meta import CASSETTE_SCHEMA_VERSION, CassetteMeta
from agentreplay._naming import safe_path
from agentreplay._nesting import parent_positions
from agentreplay._packing import PACKED_ENDING, PLAIN_ENDING, is_packed, packed, unpacked
from agentreplay._putting_together import folded, put_together
from agentreplay._reading import collector_paused, is_readable, json_object, shape_error
from agentreplay._recorded import (
    EventTimes,
    Interaction,
    Record,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    StreamEvent,
)
from agentreplay._redacting import redact_meta
from agentreplay._redacting_together import RedactionTogether
from agentreplay._redaction import Redactor
from agentreplay._sealed_interactions import SealedInteractions
from agentreplay._sealing import SEAL, file_bytes, opened
from agentreplay._upgrades import schema_version, upgraded

__all__ = [
    "CASSETTE_SCHEMA_VERSION",
    "SHORT_HASH_LENGTH",
    "Cassette",
    "CassetteMeta",
    "EventTimes",
    "Interaction",
    "RecordedError",
    "RecordedRequest",
    "RecordedResponse",
    "StreamEvent",
]

SHORT_HASH_LENGTH: Final = 12
"""How many digits of the content hash name a file."""


def _no_interactions() -> list[Interaction]:
    return []


class Cassette(Record):
    """One recording: metadata and interactions in order."""

    meta: CassetteMeta = Field(default_factory=CassetteMeta)
    interactions: list[Interaction] = Field(default_factory=_no_interactions)
    _source: Source = PrivateAttr(default_factory=Source)

    def compute_content_hash(self) -> str:
        """SHA-256 of the interactions (64 hexadecimal digits).

        Durations, event times, retries and headers that change with every run do not count, so that recording the same
        answers again gives the same hash.
        """
        return Content(self.interactions).hash()

    def short_hash(self) -> str:
        """The first twelve digits of the content hash, which name the file."""
        return self.compute_content_hash()[:SHORT_HASH_LENGTH]

    def finalize(self) -> None:
        """Number the interactions, give an id to each that has none, and set the content hash."""
        parents = parent_positions(self.interactions)
        content = Content(self.interactions)
        for position, interaction in enumerate(self.interactions):
            interaction.sequence = position
            interaction.parent = parents[position]
            interaction.id = content.id(position)
        self.meta.content_hash = content.hash()

    def verify_integrity(self) -> bool:
        """Whether the stored content hash is that of the interactions; True where none is stored yet."""
        return not self.meta.content_hash or self.compute_content_hash() == self.meta.content_hash

    def to_json(self, indent: int | None = 2) -> str:
        """The cassette as JSON text, `indent` spaces a level; each body stands in it whole, as often as it is sent."""
        return written(lambda: self.model_dump_json(indent=indent), self._plain, indent)

    @classmethod
    def from_json(cls, data: str | bytes) -> Cassette:
        """The cassette that the JSON text `data` holds; its content hash is not checked (see `verify_integrity`).

        Text of an older schema is brought up to date, with a `CassetteSchemaWarning`.

        Raises:
            CassetteError: it is no JSON, no cassette, damaged, or of a newer schema.
        """
        read = cls._read(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        if read.schema < CASSETTE_SCHEMA_VERSION:
            warnings.warn(CassetteSchemaWarning(None, read.schema, CASSETTE_SCHEMA_VERSION), stacklevel=2)
        return read.cassette

    @classmethod
    def load(cls, path: str | Path) -> Cassette:
        """The cassette in the file at `path`.

        A file of an older schema is brought up to date in memory, with a `CassetteSchemaWarning`. As long as nothing in
        the cassette is changed, `save` writes back the very bytes that were loaded.

        Raises:
            CassetteError: the file cannot be read, is no cassette, is damaged, was edited by hand, or is of a newer
                schema.
        """
        stored = read_whole(Path(path))
        data = unpacked(stored, Path(path))
        read = cls._read(data, Path(path))
        read.require_integrity(Path(path))
        if read.schema < CASSETTE_SCHEMA_VERSION:
            warnings.warn(CassetteSchemaWarning(Path(path), read.schema, CASSETTE_SCHEMA_VERSION), stacklevel=2)
        else:
            read.cassette._source = Source(data, stored, packed=is_packed(Path(path)))
        return read.cassette

    @classmethod
    def _read(cls, data: bytes, path: Path | None = None) -> Read:
        """What `data` says, whatever its content hash."""
        with collector_paused():
            sealed = cls._sealed(data, path)
            if sealed is not None:
                return Read(sealed, CASSETTE_SCHEMA_VERSION, None)
            raw = json_object(data, path)
            schema = schema_version(raw, path)
            raw = upgraded(raw, to=CASSETTE_SCHEMA_VERSION, path=path)
            if "interactions" not in raw:
                raise CassetteFormatError.damaged("this field is missing", path=path, where="interactions")
            raw["meta"].pop(SEAL, None)
            try:
                cassette = cls.model_validate(raw, strict=True)
            except ValidationError as error:
                wrong = shape_error(error, path)
            else:
                put_together(cassette.interactions, len(data), path=path)
                return Read.of(cassette, schema, path)
        # Not in the except block: pydantic's error quotes the file, and would be shown as the context of ours.
        raise wrong

    @classmethod
    def _sealed(cls, data: bytes, path: Path | None) -> Cassette | None:
        """What `data` says if it is sealed, with interactions that are not read yet."""
        found = opened(data)
        if found is None:
            return None
        try:
            meta = CassetteMeta.model_validate(found[0], strict=True)
        except ValidationError:
            return None
        if meta.schema_version != CASSETTE_SCHEMA_VERSION:
            return None
        return cls(meta=meta, interactions=SealedInteractions(data, found[1], path).all())

    def without_secrets(self, redactor: Redactor | None = None) -> Cassette:
        """The cassette with placeholders for secrets; the very same object if it holds none.

        The ids and the content hash of what changes are set anew, where they were set. `redactor` knows the secrets; by
        default, those that the environment and their form give away.
        """
        redactor = redactor or Redactor()
        redaction = RedactionTogether(redactor)
        redacted = [*map(redaction.interaction, self.interactions)]
        meta = redact_meta(redactor, self.meta)
        if meta is self.meta and all(new is old for new, old in zip(redacted, self.interactions, strict=True)):
            return self
        for position, (new, old) in enumerate(zip(redacted, self.interactions, strict=True)):
            if new.request is not old.request and old.id == old.compute_id():
                redacted[position] = new.model_copy(update={"id": new.compute_id()})
        clean = self.model_copy(update={"meta": meta.model_copy(), "interactions": redacted})
        clean._source = Source()
        if clean.meta.content_hash:
            clean.meta.content_hash = clean.compute_content_hash()
        return clean

    def save(self, path: str | Path) -> Path:
        """Write the cassette to `path`, whole or not at all; missing folders are made. Gives the path back.

        Secrets are replaced in what is written (see `without_secrets`), not in this object. A content hash that no
        longer fits is set anew. A cassette that was loaded and not changed is written as the bytes it was loaded from.

        Raises:
            CassetteError: the system refuses, or no file could hold this cassette.
        """
        target = Path(path)
        source = self._unchanged_source()
        if source is None and self.meta.content_hash:
            with written_as_json():
                self.meta.content_hash = self.compute_content_hash()
        _, data = self._for_disk(source=source)
        stored = self._source.stored if data is source and self._source.packed == is_packed(target) else None
        write_whole(target, packed(data, target) if stored is None else stored)
        return target

    def _unchanged_source(self) -> bytes | None:
        """The bytes that this cassette was loaded from, if they still say all that it holds."""
        data = self._source.data
        return data if data is not None and self._is_exactly(self._read(data).cassette) else None

    def _is_exactly(self, other: Cassette) -> bool:
        """Whether both are the same JSON: as values, 1 and 1.0 and True are equal."""
        here, there = self.interactions, other.interactions
        return (
            len(here) == len(there)
            and exactly_equal(self.meta._plain(), other.meta._plain())
            and exactly_equal(self.__pydantic_extra__, other.__pydantic_extra__)
            and all(
                one._is_read_from(another) or exactly_equal(one._plain(), another._plain())
                for one, another in zip(here, there, strict=True)
            )
        )

    def _for_disk(
        self, redactor: Redactor | None = None, *, source: bytes | None = None, plain: bool = False
    ) -> tuple[Cassette, bytes]:
        """What a file of this cassette holds, as a cassette and as bytes. All that we write to a disk passes here.

        The bytes are `source`, which say the same, where no secret had to be taken out. Of a `plain` one it is known
        that all its interactions are plain JSON without secrets, and that their ids are those of their requests.

        Raises:
            CassetteFormatError: what the models were given is no JSON, so that no file could hold it.
        """
        # Secrets are looked for in what the file would hold: in memory there may be values that only become text there.
        with written_as_json():
            if plain:
                meta = redact_meta(redactor or Redactor(), self.meta)
                found = self.model_copy(update={"meta": meta})
                data = found._as_bytes(ids_are_keys=True)
                # What a reader would refuse, the longer way says.
                if is_readable(data):
                    return found, data
            copied = self._plain_copy()
            clean = copied.without_secrets(redactor)
            data = source if source is not None and clean is copied else clean._as_bytes()
            return clean, data

    def _plain_copy(self) -> Cassette:
        """This cassette as it is once it was written and read; what repeats in its requests is shared."""
        meta, extra = self.meta._plain(), self.__pydantic_extra__ or {}
        raw, bodies = plain_json(self.interactions, meta=meta, **extra)
        with collector_paused():
            try:
                copied = Cassette.model_validate(raw, strict=True)
            except ValidationError as error:
                wrong = shape_error(error, None)
            else:
                digest = SharedDigests(comparable_digest)
                for interaction, body in zip(copied.interactions, bodies, strict=True):
                    share(interaction.request, body, digest)
                return copied
        raise wrong

    def _as_bytes(self, *, ids_are_keys: bool = False) -> bytes:
        """The file of this cassette, which is plain JSON; it may be known that its ids are those of the requests."""
        sealed = bool(self.meta.content_hash) and (ids_are_keys or Content(self.interactions).ids_are_keys())
        return file_bytes(self.meta._plain(), folded(self.interactions), self.__pydantic_extra__ or {}, seal=sealed)

    @staticmethod
    def cassette_path(base_dir: str | Path, test_id: str, content_hash: str, *, compress: bool = False) -> Path:
        """Where a recording of `test_id` with this content hash lies: `{base_dir}/{test_id}/{short}.json`.

        With `compress` the name ends in `.json.zst`.

        A test id that is no portable path becomes one (see `_naming.safe_path`).
        """
        ending = PACKED_ENDING if compress else PLAIN_ENDING
        return Path(base_dir) / safe_path(test_id) / f"{content_hash[:SHORT_HASH_LENGTH]}{ending}"
