"""A cassette: the pydantic model of one recording, and how it is read and written."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from pydantic import Field, PrivateAttr, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from agentreplay._canonical import canonical_json
from agentreplay._errors import CassetteSchemaWarning
from agentreplay._file_errors import CassetteFormatError, CassetteIntegrityError, written_as_json
from agentreplay._files import read_whole, write_whole
from agentreplay._naming import safe_path
from agentreplay._nesting import parent_positions
from agentreplay._provenance import Frozen, Parent
from agentreplay._reading import collector_paused, json_object, shape_error
from agentreplay._recorded import (
    EventTimes,
    Interaction,
    Record,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    SortedTexts,
    StreamEvent,
)
from agentreplay._redacting import redact_interaction
from agentreplay._redaction import Redactor
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

CASSETTE_SCHEMA_VERSION: Final = 1
"""The schema that this release writes."""

SHORT_HASH_LENGTH: Final = 12
"""How many digits of the content hash name a file."""


_REPLACEMENT: Final = "\ufffd"
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class CassetteMeta(Record):
    """What a file says of itself.

    `recorded_at` is an ISO 8601 time in UTC; `content_hash` the SHA-256 of the interactions (64 digits, empty before
    `Cassette.finalize()`); `sdks` maps each SDK that was recorded to its version. `frozen` says what stood still,
    `parent` which recording this is a fork of.
    """

    schema_version: int = CASSETTE_SCHEMA_VERSION
    agentreplay_version: str = ""
    recorded_at: str = Field(default_factory=_now)
    content_hash: str = ""
    test_id: str = ""
    sdks: SortedTexts | None = None
    frozen: Frozen | None = None
    parent: Parent | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"sdks", "frozen", "parent"})

    def age(self) -> timedelta | None:
        """How long ago it was recorded; None where `recorded_at` is no time."""
        try:
            recorded_at = datetime.fromisoformat(self.recorded_at.replace("Z", "+00:00"))
        except ValueError:
            return None
        if recorded_at.tzinfo is None:
            recorded_at = recorded_at.replace(tzinfo=timezone.utc)
        return datetime.now(timezone.utc) - recorded_at


def _no_interactions() -> list[Interaction]:
    return []


class _Source:
    """The bytes that a cassette was loaded from. Whatever they are, they make no two cassettes unequal."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source)

    __hash__ = None  # type: ignore[assignment]


class Cassette(Record):
    """One recording: metadata and interactions in order."""

    meta: CassetteMeta = Field(default_factory=CassetteMeta)
    interactions: list[Interaction] = Field(default_factory=_no_interactions)
    _source: _Source = PrivateAttr(default_factory=_Source)

    def compute_content_hash(self) -> str:
        """SHA-256 of the interactions (64 hexadecimal digits).

        Durations, event times, retries and headers that change with every run do not count, so that recording the same
        answers again gives the same hash.
        """
        digest = hashlib.sha256(b"[")
        for position, interaction in enumerate(self.interactions):
            digest.update(b"," if position else b"")
            digest.update(canonical_json(interaction._hashed_part(position)))
        digest.update(b"]")
        return digest.hexdigest()

    def short_hash(self) -> str:
        """The first twelve digits of the content hash, which name the file."""
        return self.compute_content_hash()[:SHORT_HASH_LENGTH]

    def finalize(self) -> None:
        """Number the interactions, give an id to each that has none, and set the content hash."""
        parents = parent_positions(self.interactions)
        for position, interaction in enumerate(self.interactions):
            interaction.sequence = position
            interaction.parent = parents[position]
            interaction.id = interaction.id or interaction.compute_id()
        self.meta.content_hash = self.compute_content_hash()

    def verify_integrity(self) -> bool:
        """Whether the stored content hash is that of the interactions; True where none is stored yet."""
        return not self.meta.content_hash or self.compute_content_hash() == self.meta.content_hash

    def to_json(self, indent: int | None = 2) -> str:
        """The cassette as JSON text, `indent` spaces a level."""
        # A lone surrogate (half of an emoji, at the seam of two stream events) is legal in JSON where it is escaped,
        # and so it was when it came. Pydantic refuses it in a value, mars it in a name, and nests 255 levels at most.
        with contextlib.suppress(PydanticSerializationError):
            text = self.model_dump_json(indent=indent)
            if _REPLACEMENT not in text:
                return text
        text = json.dumps(
            self._plain(),
            indent=indent,
            separators=None if indent is not None else (",", ":"),
            ensure_ascii=False,
            default=to_jsonable_python,
        )
        return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)

    @classmethod
    def from_json(cls, data: str | bytes) -> Cassette:
        """The cassette that the JSON text `data` holds; its content hash is not checked (see `verify_integrity`).

        Text of an older schema is brought up to date, with a `CassetteSchemaWarning`.

        Raises:
            CassetteError: it is no JSON, no cassette, damaged, or of a newer schema.
        """
        cassette, schema = cls._read(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
        if schema < CASSETTE_SCHEMA_VERSION:
            warnings.warn(CassetteSchemaWarning(None, schema, CASSETTE_SCHEMA_VERSION), stacklevel=2)
        return cassette

    @classmethod
    def load(cls, path: str | Path) -> Cassette:
        """The cassette in the file at `path`.

        A file of an older schema is brought up to date in memory, with a `CassetteSchemaWarning`. As long as nothing in
        the cassette is changed, `save` writes back the very bytes that were loaded.

        Raises:
            CassetteError: the file cannot be read, is no cassette, is damaged, was edited by hand, or is of a newer
                schema.
        """
        data = read_whole(Path(path))
        cassette, schema = cls._read(data, Path(path))
        if schema < CASSETTE_SCHEMA_VERSION:
            warnings.warn(CassetteSchemaWarning(Path(path), schema, CASSETTE_SCHEMA_VERSION), stacklevel=2)
        else:
            cassette._require_integrity(Path(path))
            cassette._source.data = data
        return cassette

    @classmethod
    def _read(cls, data: bytes, path: Path | None = None) -> tuple[Cassette, int]:
        """The cassette in `data`, whatever its content hash says, and the schema that it was written in."""
        with collector_paused():
            raw = json_object(data, path)
            schema = schema_version(raw, path)
            raw = upgraded(raw, to=CASSETTE_SCHEMA_VERSION, path=path)
            if "interactions" not in raw:
                raise CassetteFormatError.damaged("this field is missing", path=path, where="interactions")
            try:
                cassette = cls.model_validate(raw, strict=True)
            except ValidationError as error:
                wrong = shape_error(error, path)
            else:
                if schema < CASSETTE_SCHEMA_VERSION and cassette.meta.content_hash:
                    cassette.meta.content_hash = cassette.compute_content_hash()
                return cassette, schema
        # Not in the except block: pydantic's error quotes the file, and would be shown as the context of ours.
        raise wrong

    def _require_integrity(self, path: Path) -> None:
        """Check the content hash, where there is one and it is ours: other tools take theirs of other texts."""
        if not self.meta.content_hash or "agentreplay_version" not in self.meta.model_fields_set:
            return
        try:
            computed = self.compute_content_hash()
        except (ValueError, RecursionError):
            raise CassetteFormatError.damaged("it is nested too deep to be read", path=path) from None
        if computed != self.meta.content_hash:
            raise CassetteIntegrityError(self.meta.content_hash, computed, path=path)

    def without_secrets(self, redactor: Redactor | None = None) -> Cassette:
        """The cassette with placeholders for secrets; the very same object if it holds none.

        The ids and the content hash of what changes are set anew, where they were set. `redactor` knows the secrets; by
        default, those that the environment and their form give away.
        """
        redactor = redactor or Redactor()
        redacted = [redact_interaction(redactor, interaction) for interaction in self.interactions]
        if all(new is old for new, old in zip(redacted, self.interactions, strict=True)):
            return self
        for position, (new, old) in enumerate(zip(redacted, self.interactions, strict=True)):
            if new.request is not old.request and old.id == old.compute_id():
                redacted[position] = new.model_copy(update={"id": new.compute_id()})
        clean = self.model_copy(update={"meta": self.meta.model_copy(), "interactions": redacted})
        clean._source = _Source()
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
        write_whole(target, data)
        return target

    def _unchanged_source(self) -> bytes | None:
        """The bytes that this cassette was loaded from, if they still say all that it holds."""
        data = self._source.data
        # Compared as text: as values, 1 and 1.0 and True are equal, and not the same file.
        return data if data is not None and self._read(data)[0].to_json() == self.to_json() else None

    def _for_disk(self, redactor: Redactor | None = None, *, source: bytes | None = None) -> tuple[Cassette, bytes]:
        """What a file of this cassette holds, as a cassette and as bytes. All that we write to a disk passes here.

        The bytes are `source`, which say the same, where no secret had to be taken out.

        Raises:
            CassetteFormatError: what the models were given is no JSON, so that no file could hold it.
        """
        # Secrets are looked for in what the file would hold: in memory there may be values that only become text there.
        plain, data = self._as_file()
        clean = plain.without_secrets(redactor)
        return clean._as_file() if clean is not plain else (plain, source or data)

    def _as_file(self) -> tuple[Cassette, bytes]:
        with written_as_json():
            data = (self.to_json(indent=2) + "\n").encode()
            return self._read(data)[0], data

    @staticmethod
    def cassette_path(base_dir: str | Path, test_id: str, content_hash: str) -> Path:
        """Where a recording of `test_id` with this content hash lies: `{base_dir}/{test_id}/{short}.json`.

        A test id that is no portable path becomes one (see `_naming.safe_path`).
        """
        return Path(base_dir) / safe_path(test_id) / f"{content_hash[:SHORT_HASH_LENGTH]}.json"
