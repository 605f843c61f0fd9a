"""One request as it was received, and the reply to it, before either meets a socket."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class FormPart:
    """One part of a multipart form; `filename` is None for a plain field."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Received:
    """A request: `number` counts from 1 over the life of the provider, header names are in lower case."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The JSON object in the body; an empty one where there is none."""
        if not self.body or "multipart" in self.headers.get("content-type", ""):
            return {}
        value: Json = json.loads(self.body)
        return value

    @property
    def form(self) -> list[FormPart]:
        """The parts of a multipart body, in order."""
        head = f"content-type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [
            FormPart(
                name=str(part.get_param("name", "", header="content-disposition")),
                filename=part.get_filename(),
                content_type=part.get_content_type(),
                content=bytes(part.get_payload(decode=True) or b""),
            )
            for part in message.iter_parts()
        ]

    @property
    def fields(self) -> dict[str, str]:
        """The plain fields of a multipart body."""
        return {part.name: part.content.decode() for part in self.form if part.filename is None}

    @property
    def files(self) -> list[FormPart]:
        """The files of a multipart body."""
        return [part for part in self.form if part.filename is not None]

    @property
    def model(self) -> str | None:
        """The model that the body names."""
        value = self.json.get("model") or (self.fields.get("model") if self.is_form else None)
        return value if isinstance(value, str) else None

    @property
    def is_form(self) -> bool:
        """Whether the body is a multipart form."""
        return "multipart/form-data" in self.headers.get("content-type", "")

    @property
    def is_anthropic(self) -> bool:
        """Whether Anthropic's wire format is spoken: its SDK says so in a header, through a cloud in the body."""
        return "anthropic-version" in self.headers or "anthropic_version" in self.json


@dataclass(frozen=True)
class Event:
    """One event of a stream: `name` is None where the format names no events; `data` is one line."""

    data: str
    name: str | None = None

    def encode(self, newline: str = "\n") -> bytes:
        """The event as server-sent text."""
        head = f"event: {self.name}{newline}" if self.name else ""
        return f"{head}data: {self.data}{newline}{newline}".encode()


@dataclass(frozen=True)
class Reply:
    """What goes back: either a whole `body`, or the `events` of a stream."""

    body: bytes = b""
    events: tuple[Event, ...] | None = None
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def inner(value: Json, name: str) -> Json:
    """The object under `name`; an empty one where there is none."""
    found: Json = value.get(name) or {}
    return found


def inners(value: Json, name: str) -> list[Json]:
    """The list of objects under `name`; an empty one where there is none."""
    found: list[Json] = value.get(name) or []
    return found


def json_reply(value: Json, *, status: int = 200, indent: int | None = None) -> Reply:
    """`value` as JSON; without `indent`, on one line without white space."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    return Reply(body=text.encode(), status=status)


def stream_reply(events: Iterable[Event]) -> Reply:
    """`events` as a stream of server-sent events."""
    return Reply(events=tuple(events), content_type="text/event-stream; charset=utf-8")


def compact(value: Json) -> str:
    """`value` as the data of an event: one line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
