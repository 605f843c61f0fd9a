"""Everything of a value that an app can see, as plain data that can be compared.

Numbers keep their type (`1`, `1.0` and `True` are three things), objects their classes, and the provider's address is
taken out, so that two runs against two providers compare equal where the answers were equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Final, TypeGuard

import pydantic

KEPT_HEADERS: Final = re.compile(
    r"content-type|content-disposition|(x-)?request-id|apim-request-id|x-amzn-requestid|x-should-retry|location"
    r"|retry-after(-ms)?|openai-(version|processing-ms|poll-after-ms)|(x|anthropic)-ratelimit-.*"
)
"""The headers of an answer that are there in replay as well."""

_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+|127\.0\.0\.1:\d+")
_RANDOM: Final = re.compile(r"boundary=\S+|stainless-python-retry-[0-9a-f-]+|0x[0-9a-f]{6,}")
_CHANGES_BY_THE_SECOND: Final = "date"


class Headers(dict[str, str]):
    """The headers of an answer."""


def only_kept(snapshot: Any) -> Any:
    """`snapshot` with those headers of answers that a recording keeps."""
    if isinstance(snapshot, Headers):
        return Headers({name: value for name, value in snapshot.items() if KEPT_HEADERS.fullmatch(name)})
    if _is_object(snapshot):
        return {name: only_kept(value) for name, value in snapshot.items()}
    if _is_list(snapshot):
        return [only_kept(value) for value in snapshot]
    return snapshot


def seen(value: Any) -> Any:
    """What an app can see of `value`."""
    for applies, look in _LOOKS:
        if applies(value):
            return look(value)
    return {"class": class_name(value.__class__)}


def class_name(cls: type[Any]) -> str:
    """Module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"


def text_seen(text: str) -> str:
    """`text` without what differs from run to run: addresses and random marks."""
    return _RANDOM.sub("random", _ADDRESS.sub("provider", text))


def _class_tree(value: Any) -> list[str]:
    return [class_name(cls) for cls in type(value).__mro__]


def _asked(get: Callable[[], Any]) -> Any:
    """What a property gives, or the error that it raises."""
    try:
        return seen(get())
    except Exception as error:  # noqa: BLE001 - an app would see any of them
        return {"raises": class_name(type(error)), "text": text_seen(str(error))}


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return text_seen(value)
    return [type(value).__name__, repr(value)]


def _mapping(value: Mapping[Any, Any]) -> Any:
    return {"class": class_name(value.__class__), "items": [[seen(key), seen(item)] for key, item in value.items()]}


def _sequence(value: Any) -> Any:
    return [f"class {class_name(value.__class__)}", *(seen(item) for item in value)]


def _model(value: pydantic.BaseModel) -> Any:
    return {
        "class": _class_tree(value),
        "fields": {name: seen(item) for name, item in value.__dict__.items()},
        "set": sorted(value.model_fields_set),
        "extra": seen(value.__pydantic_extra__),
        "dump": _asked(lambda: value.model_dump(mode="json", warnings=False)),
        "request_id": seen(getattr(value, "_request_id", None)),
    }


def _error(value: BaseException) -> Any:
    return {
        "class": _class_tree(value),
        "text": text_seen(str(value)),
        "args": seen(value.args),
        "attributes": {name: seen(item) for name, item in vars(value).items() if not name.startswith("_")},
        "cause": _cause(value),
    }


def _cause(value: BaseException) -> Any:
    """The HTTP library's error below the SDK's; what is below that is nobody's interface."""
    cause = value.__cause__
    if cause is None or not hasattr(value, "request") or _comes_from_http_library("HTTPError")(value):
        return None
    return {"class": _class_tree(cause), "text": text_seen(str(cause))}


def _http_request(value: Any) -> Any:
    return {
        "class": class_name(value.__class__),
        "line": [value.method, text_seen(str(value.url))],
        "headers": {name: text_seen(item) for name, item in value.headers.items()},
        "content": None if b"multipart" in value.headers.get("content-type", "").encode() else _asked(value.read),
    }


def _http_response(value: Any) -> Any:
    return {
        "class": class_name(value.__class__),
        "line": [value.http_version, value.status_code],
        "headers": _headers(value.headers),
        "content": _asked(lambda: value.content),
        "text": _asked(lambda: value.text),
        "encoding": value.encoding,
        "closed": value.is_closed,
        "consumed": value.is_stream_consumed,
        "elapsed": _asked(lambda: value.elapsed),
        "history": seen(value.history),
        "request": seen(value.request),
    }


def _headers(headers: Mapping[str, str]) -> Headers:
    return Headers({name: text_seen(item) for name, item in headers.items() if name.lower() != _CHANGES_BY_THE_SECOND})


def _api_response(value: Any) -> Any:
    return {
        "class": _class_tree(value),
        "of": repr(getattr(value, "__orig_class__", None)),
        "status": value.status_code,
        "headers": _headers(value.headers),
        "retries": getattr(value, "retries_taken", None),
        "url": text_seen(str(value.url)),
        "method": value.method,
        "http_version": value.http_version,
        "closed": value.is_closed,
        "request_id": seen(getattr(value, "request_id", None)),
        "http_response": seen(value.http_response),
    }


def _stream(value: Any) -> Any:
    return {
        "class": _class_tree(value),
        "of": repr(getattr(value, "__orig_class__", None)),
        "response": seen(value.response),
    }


def _binary(value: Any) -> Any:
    return {"class": _class_tree(value), "response": seen(value.response), "content": _asked(lambda: value.content)}


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, type) and all(hasattr(value.__class__, name) for name in names)


def _is(*classes: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, classes)


def _comes_from_http_library(name: str) -> Callable[[Any], bool]:
    return lambda value: any(class_name(cls) in {f"httpx.{name}", f"httpx2.{name}"} for cls in type(value).__mro__)


_LOOKS: Final[list[tuple[Callable[[Any], bool], Callable[[Any], Any]]]] = [
    (_is(type), lambda value: f"class {class_name(value)}"),
    (_is(Enum), repr),
    (_is(str, bytes, bool, int, float, type(None)), _scalar),
    (_is(timedelta), lambda value: type(value).__name__),
    (_is(pydantic.BaseModel), _model),
    (_is(BaseException), _error),
    (_comes_from_http_library("Request"), _http_request),
    (_comes_from_http_library("Response"), _http_response),
    (_comes_from_http_library("URL"), lambda value: text_seen(str(value))),
    (_comes_from_http_library("Headers"), _headers),
    (_has("http_request", "parse", "headers"), _api_response),
    (_has("iter_bytes", "stream_to_file"), _binary),
    (lambda value: _has("close", "__next__")(value) and hasattr(value, "response"), _stream),
    (lambda value: _has("close", "__anext__")(value) and hasattr(value, "response"), _stream),
    (_is(Mapping), _mapping),
    (_is(list, tuple, set, frozenset), _sequence),
]


def _is_object(snapshot: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(snapshot, dict)


def _is_list(snapshot: Any) -> TypeGuard[list[Any]]:
    return isinstance(snapshot, list)


def first_difference(one: Any, other: Any, path: str = "") -> str | None:
    """Where two snapshots differ first, with both values; None where they are equal."""
    if _is_object(one) and _is_object(other):
        for name in [*one, *(name for name in other if name not in one)]:
            if name not in one or name not in other:
                return f"{path}.{name}: {one.get(name, 'absent')!r} / {other.get(name, 'absent')!r}"
            if found := first_difference(one[name], other[name], f"{path}.{name}"):
                return found
        return None
    if _is_list(one) and _is_list(other) and len(one) == len(other):
        for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            if found := first_difference(mine, theirs, f"{path}[{index}]"):
                return found
        return None
    return None if one == other else f"{path}: {one!r} / {other!r}"
