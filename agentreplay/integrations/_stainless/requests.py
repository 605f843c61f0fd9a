"""From the options that an SDK's funnel is given to the request that is recorded."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from os import PathLike, fspath
from pathlib import PurePath
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import pydantic

from agentreplay._cassette import RecordedRequest
from agentreplay._errors import NotJSONError
from agentreplay._json.values import is_array, is_object
from agentreplay.integrations._stainless.vendor import Vendor

_ABSENT_NAMES: Final = frozenset({"Omit", "NotGiven"})
"""The SDKs' classes for an argument that was not given; their values stand for nothing at all."""

_LONG: Final = 8
"""From how many items on it pays to look for what is known of a list."""

OwnList = Callable[[list[Any], str, Callable[[list[Any]], list[Any]]], list[Any]]
"""Gives a list of a body, by the name that it has there, as the function gives it or as it is known already."""


def describe(vendor: Vendor, client: Any, options: Any, own: OwnList | None = None) -> RecordedRequest:
    """The request that the funnel would send for `options`, the way it is recorded and matched.

    Nothing of the options is changed; a file that can be rewound is where it was. `own` may spare copying the long
    lists of the body.

    Raises:
        NotJSONError: the body holds something that is no JSON.
    """
    envelope = Envelope.of(vendor, client, options)
    return envelope.around(_body(client, options, envelope.method, own))


@dataclass(frozen=True)
class Envelope:
    """What is said of a request beside its body."""

    kind: str
    method: str
    path: str | None
    query: dict[str, Any] | None

    @classmethod
    def of(cls, vendor: Vendor, client: Any, options: Any) -> Envelope:
        """What the funnel's `options` say beside the body.

        Raises:
            NotJSONError: the query holds something that is no JSON.
        """
        verb = str(options.method).upper()
        path, url_query = _path_and_query(client, _url(options), vendor, verb)
        operation = vendor.routes.find(verb, path)
        query = {**url_query, **json_value(_given(options.params) or {}, operation.method)}
        return cls(
            kind=vendor.kind(operation.method),
            method=operation.method,
            path=None if operation.fixed else path,
            query=query or None,
        )

    def around(self, body: dict[str, Any]) -> RecordedRequest:
        """The whole request."""
        model = body.get("model")
        return RecordedRequest(
            kind=self.kind,
            method=self.method,
            model=model if isinstance(model, str) else None,
            body=body,
            path=self.path,
            query=self.query,
        )


def _url(options: Any) -> str:
    """The URL with what belongs to the operation itself: newer SDKs keep it apart, older ones write it out."""
    url = str(options.url)
    qualifiers: Mapping[str, str] = getattr(options, "qualifiers", None) or {}
    return f"{url}?{urlencode(qualifiers)}" if qualifiers and "?" not in url else url


def json_value(value: Any, method: str) -> Any:
    """`value` as the JSON that the SDK sends for it; arguments that were not given are left out.

    Raises:
        NotJSONError: a value that is no JSON, naming `method`.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        members: Iterable[tuple[Any, Any]] = cast("Any", value).items()
        return {_name(key): json_value(item, method) for key, item in members if not _is_absent(item)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_value(item, method) for item in cast("Iterable[Any]", value) if not _is_absent(item)]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(exclude_unset=True, mode="json", by_alias=True)
    if isinstance(value, (bytes, bytearray)) or hasattr(value, "read"):
        return describe_file(value)
    if isinstance(value, PathLike):
        return fspath(cast("PathLike[str]", value))
    raise NotJSONError(method, type(cast("object", value)))


def _name(key: Any) -> str:
    """The name that JSON has for a key."""
    return key if type(key) is str else json.dumps(key) if key is None or isinstance(key, (bool, float)) else str(key)


def _body(client: Any, options: Any, method: str, own: OwnList | None) -> dict[str, Any]:
    if str(options.method).lower() == "get":
        return {}
    content: Any = getattr(options, "content", None)
    if content is not None:
        return body_of_content(content)
    data = _given(options.json_data)
    if isinstance(data, (bytes, bytearray)):
        return body_of_content(data)
    body = json_body(options, method, own)
    if options.files:
        body = {**form_fields(client, cast("dict[str, Any] | None", body) or {}), **describe_files(options.files)}
    if body is None:
        return {}
    return body if is_object(body) else {"json": body}


def json_body(options: Any, method: str, own: OwnList | None = None) -> Any:
    """The JSON of the funnel's `options`, with what the caller added to it; None where there is none.

    `own` may spare copying its long lists.

    Raises:
        NotJSONError: a value that is no JSON, naming `method`.
    """
    extra = _given(getattr(options, "extra_json", None))
    data: Any = _given(options.json_data)
    body: Any = json_value(data, method) if own is None or not is_object(data) else _with_lists(data, method, own)
    if extra:
        body = {**(cast("dict[str, Any] | None", body) or {}), **json_value(extra, method)}
    return body


def _with_lists(body: dict[str, Any], method: str, own: OwnList) -> dict[str, Any]:
    long = {name: value for name, value in body.items() if is_array(value)}
    long = {name: value for name, value in long.items() if len(value) >= _LONG}
    found: dict[str, Any] = json_value({**body, **dict.fromkeys(long)}, method)
    for name, value in long.items():
        found[str(name)] = own(value, str(name), lambda items: json_value(items, method))
    return found


def form_fields(client: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a form as they are sent: text, lists under names with brackets."""
    return {name: _field_text(value) for name, value in client._serialize_multipartform(data).items()}


def _field_text(value: Any) -> Any:
    if is_array(value):
        return [_field_text(item) for item in value]
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)


def body_of_content(content: Any) -> dict[str, Any]:
    """A body that is not the SDK's JSON: taken as JSON if it is some, else as a file; also where it comes in pieces."""
    if isinstance(content, (list, tuple)) and all(isinstance(piece, bytes) for piece in cast("Sequence[Any]", content)):
        content = b"".join(cast("Sequence[bytes]", content))
    if isinstance(content, (bytes, bytearray, str)):
        try:
            value = json.loads(content)
        except ValueError:
            pass
        else:
            return value if is_object(value) else {"json": value}
    return {"content": describe_file(content)}


def describe_files(files: Any) -> dict[str, Any]:
    """The files of a form by field, in the forms that the SDKs take: a mapping, or pairs of name and file."""
    items = cast("Mapping[str, Any]", files).items() if isinstance(files, Mapping) else files
    return fold((name, describe_file(file)) for name, file in cast("Iterable[tuple[str, Any]]", items))


def describe_file(file: Any) -> dict[str, Any]:
    """Name, type, size in bytes and SHA-256 of a file, in the forms that the SDKs and httpx take.

    A stream that cannot be rewound is not read: size and digest are left out.
    """
    filename: str | None = None
    content_type: str | None = None
    if isinstance(file, (tuple, list)):
        filename, file, *rest = cast("Sequence[Any]", file)
        content_type = rest[0] if rest else None
    path: Any = getattr(file, "name", None)
    if filename is None and isinstance(path, (str, PathLike)):
        filename = PurePath(cast("str | PathLike[str]", path)).name
    if content_type is None and filename is not None:
        content_type = mimetypes.guess_type(filename)[0]
    entry: dict[str, Any] = {"filename": filename, "content_type": content_type}
    data = bytes_of(file)
    if data is not None:
        entry.update(size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return {key: value for key, value in entry.items() if value is not None}


def bytes_of(file: Any) -> bytes | None:
    """All bytes of a file, in the forms that the SDKs take; None of a stream that cannot be rewound."""
    if isinstance(file, str):
        return file.encode()
    if isinstance(file, (bytes, bytearray)):
        return bytes(file)
    if not (hasattr(file, "read") and hasattr(file, "seek") and hasattr(file, "tell")):
        return None
    try:
        position = file.tell()
        # From its beginning, as httpx sends it.
        file.seek(0)
    except (OSError, ValueError):
        return None
    try:
        data = file.read()
    finally:
        file.seek(position)
    return data.encode() if isinstance(data, str) else bytes(data)


def _path_and_query(client: Any, url: str, vendor: Vendor, verb: str) -> tuple[str, dict[str, Any]]:
    """The path below the client's base URL, and the query that the URL itself carries."""
    if vendor.routes.knows(verb, url):
        return url, {}
    parts = urlsplit(url)
    path = parts.path
    if parts.scheme:
        base = urlsplit(str(client.base_url)).path.rstrip("/")
        path = path.removeprefix(base) if path.startswith(f"{base}/") else path
    if not path.startswith("/"):
        path = f"/{path}"
    return path, fold(parse_qsl(parts.query, keep_blank_values=True))


def fold(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of these pairs; where a name stands several times, of the list of its values."""
    folded: dict[str, Any] = {}
    for key, value in pairs:
        if key not in folded:
            folded[key] = value
        elif isinstance(folded[key], list):
            folded[key].append(value)
        else:
            folded[key] = [folded[key], value]
    return folded


def _is_absent(value: Any) -> bool:
    return type(value).__name__ in _ABSENT_NAMES


def _given(value: Any) -> Any:
    return None if _is_absent(value) else value
