"""The recorded data: pydantic models of a cassette and what is in it.

They work alone, with no SDK installed. Everything beyond the first fields of a model is optional and is left out of the
file where it is not set, so that a small cassette looks plain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from agentreplay._canonical import canonical_json, fingerprint
from agentreplay._errors import CassetteError
from agentreplay._files import read_regular, write_whole
from agentreplay._naming import safe_path

CASSETTE_SCHEMA_VERSION: Final = 1
"""The schema that this release writes."""

SHORT_HASH_LENGTH: Final = 12
"""How many digits of the content hash name a file."""

_HASHED_HEADERS: Final = frozenset({"content-type"})
"""The recorded headers that change only when the answer does; the others (ids, dates, rate limits) change every run."""


class _Model(BaseModel):
    """A record that keeps fields it does not know, and leaves optional fields that are not set out of the file."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    @model_serializer(mode="wrap")
    def _without_unset_extras(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        return {key: value for key, value in data.items() if value is not None or key not in self._optional()}

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset()


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class CassetteMeta(_Model):
    """What a file says of itself.

    `recorded_at` is an ISO 8601 time in UTC; `content_hash` the SHA-256 of the interactions (64 digits, empty before
    `Cassette.finalize()`); `sdks` maps each SDK that was recorded to its version.
    """

    schema_version: int = CASSETTE_SCHEMA_VERSION
    agentreplay_version: str = ""
    recorded_at: str = Field(default_factory=_now)
    content_hash: str = ""
    test_id: str = ""
    sdks: dict[str, str] | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"sdks"})


class RecordedRequest(_Model):
    """What was asked.

    `kind` is the sort of call (`llm`, `embedding`, `tool`, `mcp`, `http`), `method` the name people know it by
    (`chat.completions.create`), `body` the JSON that was sent. `path` and `query` stand only where the method does not
    say them: the path of an operation on one object (`/files/file-abc`), the query parameters if there were any.
    """

    kind: str
    method: str = ""
    model: str | None = None
    body: dict[str, Any] = Field(default_factory=dict)
    path: str | None = None
    query: dict[str, Any] | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"path", "query"})

    def key(self) -> str:
        """The fingerprint of all that decides whether two requests are the same (64 hexadecimal digits)."""
        return fingerprint([self.kind, self.method, self.model, self.body, self.path, self.query])


class StreamEvent(_Model):
    """One server-sent event.

    Either `data` (parsed JSON) or `text` (data that is not JSON, such as `[DONE]`), with `event` where the event was
    named; or `raw`, the text as it came, for what is no plain event (comments, ids, unusual framing).
    """

    event: str | None = None
    data: Any = None
    text: str | None = None
    raw: str | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"event", "text", "raw"})

    @model_serializer(mode="wrap")
    def _without_unset_extras(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        dropped = self._optional() | ({"data"} if self.text is not None or self.raw is not None else set())
        return {key: value for key, value in data.items() if value is not None or key not in dropped}


class RecordedError(_Model):
    """A call that failed without an answer: the SDK's exception class (its name only), its text, and its cause's."""

    type: str
    message: str = ""
    cause: str | None = None
    cause_message: str | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"cause", "cause_message"})


def _times_from_text(value: object) -> object:
    return [float(item) for item in value.split()] if isinstance(value, str) else value


def _times_to_text(value: list[float]) -> str:
    return " ".join(f"{item:g}" for item in value)


EventTimes = Annotated[
    list[float], BeforeValidator(_times_from_text), PlainSerializer(_times_to_text, return_type=str, when_used="json")
]
"""Milliseconds, one for each event; in the file one line of text, so that a new recording changes one line."""


class RecordedResponse(_Model):
    """What was answered.

    `status` is `ok` or `error`. `body` is the parsed JSON, or text where `encoding` is `text`, or base64 of bytes where
    it is `base64`; `layout` names how the JSON text was laid out (see `_jsontext`). `events` are the events of a stream,
    `event_times_ms` the milliseconds from the start of the call to each; `incomplete` says that the app left the stream
    before its end. `error` stands where no HTTP answer came at all. Token counts are the provider's, `duration_ms` is
    the time of the whole call, `retries_taken` counts the SDK's retries before this answer.
    """

    status: str = "ok"
    body: Any = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    duration_ms: float | None = None
    http_status: int | None = None
    headers: dict[str, str] | None = None
    encoding: Literal["json", "text", "base64"] | None = None
    layout: str | None = None
    events: list[StreamEvent] | None = None
    event_times_ms: EventTimes | None = None
    incomplete: bool | None = None
    error: RecordedError | None = None
    retries_taken: int | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return _RESPONSE_EXTRAS


_RESPONSE_EXTRAS: Final = frozenset(
    {"http_status", "headers", "encoding", "layout", "events", "event_times_ms", "incomplete", "error", "retries_taken"}
)

_VOLATILE_RESPONSE: Final = {"duration_ms", "event_times_ms", "retries_taken", "headers"}


class Interaction(_Model):
    """One request and its response; `sequence` counts from 0 in the order of the requests' start."""

    id: str = ""
    sequence: int = 0
    request: RecordedRequest
    response: RecordedResponse
    metadata: dict[str, Any] = Field(default_factory=dict)

    def compute_id(self) -> str:
        """Sixteen hexadecimal digits that depend on the request alone; equal requests have equal ids."""
        return self.request.key()[:16]

    def _hash_payload(self, position: int) -> dict[str, Any]:
        payload = self.model_dump(mode="json", exclude={"response": _VOLATILE_RESPONSE})
        headers: Mapping[str, str] = self.response.headers or {}
        payload["response"]["headers"] = {name: headers[name] for name in sorted(_HASHED_HEADERS & headers.keys())}
        payload["id"] = self.id or self.compute_id()
        payload["sequence"] = position
        return payload


class Cassette(_Model):
    """One recording: metadata and interactions in order."""

    meta: CassetteMeta = Field(default_factory=CassetteMeta)
    interactions: list[Interaction] = Field(default_factory=list)

    def compute_content_hash(self) -> str:
        """SHA-256 of the interactions (64 hexadecimal digits).

        Durations, event times, retries and headers that change with every run do not count, so that recording the same
        answers again gives the same hash.
        """
        payload = [interaction._hash_payload(position) for position, interaction in enumerate(self.interactions)]
        return hashlib.sha256(canonical_json(payload)).hexdigest()

    def short_hash(self) -> str:
        """The first twelve digits of the content hash, which name the file."""
        return self.compute_content_hash()[:SHORT_HASH_LENGTH]

    def finalize(self) -> None:
        """Number the interactions, give an id to each that has none, and set the content hash."""
        for position, interaction in enumerate(self.interactions):
            interaction.sequence = position
            interaction.id = interaction.id or interaction.compute_id()
        self.meta.content_hash = self.compute_content_hash()

    def verify_integrity(self) -> bool:
        """Whether the stored content hash is that of the interactions; True where none is stored yet."""
        return not self.meta.content_hash or self.compute_content_hash() == self.meta.content_hash

    def to_json(self, indent: int | None = 2) -> str:
        """The cassette as JSON text, `indent` spaces a level."""
        return self.model_dump_json(indent=indent)

    @classmethod
    def from_json(cls, data: str | bytes) -> Cassette:
        """The cassette that the JSON text `data` holds.

        Raises:
            CassetteError: it is no JSON, no cassette, damaged, or of a newer schema.
        """
        return cls._read(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, path=None)

    @classmethod
    def load(cls, path: str | Path) -> Cassette:
        """The cassette in the file at `path`.

        A file of an older schema is brought up to date in memory, with a `CassetteSchemaWarning`.

        Raises:
            CassetteError: the file cannot be read, is no cassette, is damaged, or of a newer schema.
        """
        return cls._read(read_regular(Path(path)), path=Path(path))

    @classmethod
    def _read(cls, data: bytes, *, path: Path | None) -> Cassette:
        try:
            cassette = cls.model_validate(json.loads(data))
        except (ValueError, RecursionError) as error:
            raise CassetteError("it is no cassette", path=path) from error
        if not cassette.verify_integrity():
            raise CassetteError("its content is not what its hash says; edited by hand?", path=path)
        return cassette

    def save(self, path: str | Path) -> Path:
        """Write the cassette to `path`, whole or not at all; missing folders are made. Gives the path back."""
        target = Path(path)
        write_whole(target, (self.to_json(indent=2) + "\n").encode())
        return target

    @staticmethod
    def cassette_path(base_dir: str | Path, test_id: str, content_hash: str) -> Path:
        """Where a recording of `test_id` with this content hash lies: `{base_dir}/{test_id}/{short}.json`.

        A test id that is no portable path becomes one (see `_naming.safe_path`).
        """
        return Path(base_dir) / safe_path(test_id) / f"{content_hash[:SHORT_HASH_LENGTH]}.json"
