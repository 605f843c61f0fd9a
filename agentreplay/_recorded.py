"""The recorded data: pydantic models of a request, its response, and the two together.

They work alone, with no SDK installed. Everything beyond the first fields of a model is optional and is left out of the
file where it is not set, so that a small cassette looks plain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeGuard, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from agentreplay._alike import Alike
from agentreplay._fingerprints import ItemDigest, comparable_digest, request_key

R = TypeVar("R", bound="Record")

SHORT_KEY_LENGTH: Final = 16
"""How many digits of a request's key are the id of its interaction."""

_HASHED_HEADERS: Final = frozenset({"content-type"})
"""The recorded headers that change only when the answer does; the others (ids, dates, rate limits) change every run."""


class Record(BaseModel):
    """A record that keeps fields it does not know, and leaves optional fields that are not set out of the file."""

    # A NaN in a body is written as such, which no reader takes for JSON: better than a null that nobody sent.
    model_config = ConfigDict(extra="allow", protected_namespaces=(), ser_json_inf_nan="constants")

    def _plain(self) -> dict[str, Any]:
        """The fields as they stand in a file, in dictionaries and lists; the values in them as they are."""
        dropped = self._dropped()
        read = self._to_read()
        fields = read.__dict__.items()
        found = {name: _plain_value(value) for name, value in fields if value is not None or name not in dropped}
        return found | (read.__pydantic_extra__ or {})

    @model_serializer(mode="wrap")
    def _without_unset_extras(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self._to_read())
        dropped = self._dropped()
        return {key: value for key, value in data.items() if value is not None or key not in dropped}

    def _to_read(self: R) -> R:
        """A record of the same fields, to be read only, in which each of them is at hand (see `_unread`)."""
        return self

    def _is_as_written(self) -> bool:
        """Whether the record is known to be what a file says, since nobody has asked for all of it yet."""
        return False

    def _dropped(self) -> frozenset[str]:
        """The fields that are left out where they are None."""
        return self._optional()

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset()


class RecordedRequest(Record):
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
        """The fingerprint of all that decides whether two requests are the same (64 hexadecimal digits).

        Which number a placeholder for a secret has does not count: it depends on what else the session saw.
        """
        return self._key(comparable_digest)

    def short_key(self) -> str:
        """The first sixteen digits of the key, which are the id of an interaction that has no other."""
        return self.key()[:SHORT_KEY_LENGTH]

    def _key(self, digest: ItemDigest) -> str:
        return request_key(self.kind, self.method, self.model, self._body(), self.path, self.query, digest)

    def _body(self) -> dict[str, Any]:
        """The body to be read only: it may share its parts with those of other requests."""
        return self.body


class StreamEvent(Record):
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

    def _dropped(self) -> frozenset[str]:
        return self._optional() if self.text is None and self.raw is None else self._optional() | {"data"}


class RecordedError(Record):
    """A call that failed without an answer: the exception's class (its name only), its text, and its cause's.

    Of an exception that is to be made again without the SDK (a tool's), `args` and `state` are what it is made of.
    """

    type: str
    message: str = ""
    cause: str | None = None
    cause_message: str | None = None
    args: list[Any] | None = None
    state: dict[str, Any] | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"cause", "cause_message", "args", "state"})


def _times_from_text(value: object) -> object:
    return [float(item) for item in value.split()] if isinstance(value, str) else value


def _times_to_text(value: list[float]) -> str:
    return " ".join(f"{item:g}" for item in value)


EventTimes = Annotated[
    list[float], BeforeValidator(_times_from_text), PlainSerializer(_times_to_text, return_type=str, when_used="json")
]
"""Milliseconds, one for each event; in the file one line of text, so that a new recording changes one line."""


def in_order(texts: dict[str, str]) -> dict[str, str]:
    """Texts by name, sorted by name."""
    return dict(sorted(texts.items()))


SortedTexts = Annotated[dict[str, str], PlainSerializer(in_order, return_type=dict[str, str], when_used="json")]
"""Texts by name, sorted in the file, since their order means nothing."""


class RecordedResponse(Record):
    """What was answered.

    `status` is `ok` or `error`. `body` is the parsed JSON, or text where `encoding` is `text`, base64 of bytes where it
    is `base64`, JSON with tags for what JSON does not know where it is `tagged`; `layout` names how the JSON text was
    laid out (`_jsontext`). `events` are the events of a stream, `event_times_ms` the milliseconds from the start of the
    call to each; `incomplete` says that the app left the stream before its end. `error` stands where no HTTP answer
    came at all. Token counts are the provider's, `duration_ms` is the time of the whole call, `retries_taken` counts
    the SDK's retries before this answer.
    """

    status: str = "ok"
    body: Any = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    duration_ms: float | None = None
    http_status: int | None = None
    headers: SortedTexts | None = None
    encoding: Literal["json", "text", "base64", "tagged"] | None = None
    layout: str | None = None
    events: list[StreamEvent] | None = None
    event_times_ms: EventTimes | None = None
    incomplete: bool | None = None
    error: RecordedError | None = None
    retries_taken: int | None = None

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return _RESPONSE_EXTRAS

    def _held(self) -> Mapping[str, Any]:
        """The fields by name, to be read only: they may share their parts with those of other answers."""
        return self.__dict__

    def _held_events(self) -> Sequence[Alike] | None:
        """The events as they are played, to be read only."""
        return None if self.events is None else [Alike(event.__dict__) for event in self.events]

    def _beside_events(self) -> RecordedResponse:
        """A record of the same fields, to be read only, in which the events and their times may be missing."""
        return self

    def _plain(self) -> dict[str, Any]:
        """The fields as they stand in a file."""
        found = super()._plain()
        if self.event_times_ms is not None:
            found["event_times_ms"] = _times_to_text(self.event_times_ms)
        if self.headers is not None:
            found["headers"] = in_order(self.headers)
        return found


_RESPONSE_EXTRAS: Final = frozenset(
    {"http_status", "headers", "encoding", "layout", "events", "event_times_ms", "incomplete", "error", "retries_taken"}
)

_VOLATILE_RESPONSE: Final = {"duration_ms", "event_times_ms", "retries_taken", "headers"}


class Interaction(Record):
    """One request and its response; `sequence` counts from 0 in the order of the requests' start.

    `parent` is the sequence of the call inside which this one was made (the tool that asked the model), where there was
    one.
    """

    id: str = ""
    sequence: int = 0
    parent: int | None = None
    request: RecordedRequest
    response: RecordedResponse
    metadata: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def _optional(cls) -> frozenset[str]:
        return frozenset({"parent"})

    def _held_answer(self) -> tuple[Mapping[str, Any], bool]:
        """The fields of the response by name, to be read only; and whether they are known to be as a file has them."""
        return self.response._held(), self.response._is_as_written()

    def compute_id(self) -> str:
        """Sixteen hexadecimal digits that depend on the request alone; equal requests have equal ids."""
        return self.request.short_key()

    def short_key(self) -> str:
        """The first sixteen digits of the key of the request."""
        return self.request.short_key()

    def _is_read_from(self, other: Interaction) -> bool:
        """Whether both are known to be the same without a look at what they hold."""
        return self is other

    def _counted_part(self, position: int) -> dict[str, Any]:
        """What of this interaction, at this position, counts for the content hash, but for its id."""
        part = self._plain()
        response = part["response"]
        for name in _VOLATILE_RESPONSE:
            response.pop(name, None)
        headers = self.response.headers or {}
        response["headers"] = {name: headers[name] for name in sorted(_HASHED_HEADERS & headers.keys())}
        part["sequence"] = position
        return part


def _plain_value(value: Any) -> Any:
    if isinstance(value, Record):
        return value._plain()
    # A list of the models holds nothing else; and a list of other values is not looked through.
    if _is_list(value) and value and isinstance(value[0], Record):
        return [item._plain() for item in value]
    return value


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
