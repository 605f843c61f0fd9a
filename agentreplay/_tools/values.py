"""Values of Python as JSON and back: what JSON cannot hold is tagged with its type.

A tag is an object whose first name begins with `$` (`{"$date": "2026-03-01"}`). Tags name types from the fixed tables
here, and classes that the caller knows already; nothing is imported for the sake of a file.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol

from agentreplay._json.values import is_array, is_object
from agentreplay._tools.arrays import array_from_tag, array_tag
from agentreplay._tools.types import COLLECTIONS, FACTORIES, TEXTS, class_of, factory_name, path_class, path_tag

MOST_LEVELS: Final = 100
"""A value nested deeper than this is taken for one without an end."""

TOO_DEEP: Final = "which is nested too deep, or holds itself"


class Unrecordable(Exception):
    """A value that JSON cannot hold, at `place`: a value of class `found`."""

    def __init__(self, place: str, found: type, why: str) -> None:
        self.place = place
        self.found = found
        self.why = why
        super().__init__(place, found, why)


class Unreadable(Exception):
    """JSON, at `place`, that no value can be made of."""

    def __init__(self, place: str, why: str) -> None:
        self.place = place
        self.why = why
        super().__init__(place, why)


class Encode(Protocol):
    """Encodes a part of a value, or decodes a part of its JSON, which stands at `place`."""

    def __call__(self, value: Any, place: str) -> Any:
        """The JSON of `value`, or the value of this JSON; raises Unrecordable or Unreadable."""
        ...


class Objects(Protocol):
    """What is done with values of classes that the tables here do not have."""

    def encoded(self, value: Any, place: str, encode: Encode) -> Any:
        """The JSON of `value`; raises Unrecordable."""
        ...

    def decoded(self, tag: str, data: dict[str, Any], place: str, decode: Encode) -> Any:
        """The value of an object whose tag the tables here do not have; raises Unreadable."""
        ...


def encoded(value: Any, objects: Objects, place: str) -> Any:
    """The JSON of `value`, with tags, so that `decoded` gives an equal value of the same type.

    Raises:
        Unrecordable: there is something in it that cannot be written.
    """
    try:
        return _Encoding(objects).encode(value, place)
    except RecursionError:
        raise Unrecordable(place, class_of(value), TOO_DEEP) from None


def decoded(data: Any, objects: Objects, place: str) -> Any:
    """The value that `encoded` made this JSON of.

    Raises:
        Unreadable: it is none that `encoded` makes, or its classes are not known.
    """

    def decode(value: Any, place: str) -> Any:
        try:
            return _decoded(value, objects, place, decode)
        except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as error:
            raise Unreadable(place, f"{type(error).__name__}: {error}") from error

    try:
        return decode(data, place)
    except RecursionError:
        raise Unreadable(place, "it is nested too deep") from None


def has_tags(data: Any, tag: str = "") -> bool:
    """Whether there is a tag in this JSON: this one, or any."""
    if is_object(data):
        first = next(iter(data), "")
        return (first.startswith("$") and first.startswith(tag)) or any(has_tags(item, tag) for item in data.values())
    return is_array(data) and any(has_tags(item, tag) for item in data)


def is_tag(data: dict[str, Any]) -> bool:
    """Whether this object stands for something that JSON cannot hold."""
    return next(iter(data), "").startswith("$")


class _Encoding:
    """One value being encoded."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._levels = 0

    def encode(self, value: Any, place: str) -> Any:
        kind = class_of(value)
        if value is None or kind in _PLAIN:
            return value
        if kind is float:
            return value if math.isfinite(value) else {"$float": str(value)}
        if self._levels >= MOST_LEVELS:
            raise Unrecordable(place, kind, TOO_DEEP)
        self._levels += 1
        try:
            return self._encode(value, kind, place)
        finally:
            self._levels -= 1

    def _encode(self, value: Any, kind: type, place: str) -> Any:
        if kind is list:
            return self._items(value, place)
        if kind is dict:
            return self._members(value, place)
        if kind is tuple:
            return {"$tuple": self._items(value, place)}
        if kind in {set, frozenset}:
            return {f"${kind.__name__}": self._in_order(value, place)}
        if kind in {bytes, bytearray}:
            return {f"${kind.__name__}": base64.b64encode(value).decode()}
        if kind is complex:
            return {"$complex": [self.encode(value.real, place), self.encode(value.imag, place)]}
        if kind in _TIMES:
            return _time_tag(value)
        if kind in TEXTS.values():
            return {f"${kind.__name__}": str(value)}
        if kind is range:
            return {"$range": [value.start, value.stop, value.step]}
        found = path_tag(value) or array_tag(value, lambda item: self.encode(item, place))
        if found is None and kind in COLLECTIONS.values():
            found = self._collection(value, kind, place)
        return found if found is not None else self._objects.encoded(value, place, self.encode)

    def _items(self, items: Iterable[Any], place: str) -> list[Any]:
        return [self.encode(item, f"{place}[{number}]") for number, item in enumerate(items)]

    def _members(self, value: dict[Any, Any], place: str) -> dict[str, Any]:
        if all(type(name) is str for name in value) and not is_tag(value):
            return {name: self.encode(item, f"{place}[{name!r}]") for name, item in value.items()}
        return {"$dict": self._pairs(value, place)}

    def _pairs(self, value: dict[Any, Any], place: str) -> list[Any]:
        return [
            [self.encode(name, f"{place}, key {name!r}"), self.encode(item, f"{place}[{name!r}]")]
            for name, item in value.items()
        ]

    def _in_order(self, items: Iterable[Any], place: str) -> list[Any]:
        # A set has an order of its own in each process; the file has one for all.
        return sorted((self.encode(item, f"an item of {place}") for item in items), key=order)

    def _collection(self, value: Any, kind: type, place: str) -> dict[str, Any] | None:
        tag = f"${kind.__name__}"
        if kind is COLLECTIONS["deque"]:
            return {tag: self._items(value, place), "maxlen": value.maxlen}
        if kind is COLLECTIONS["defaultdict"]:
            factory = factory_name(value.default_factory)
            return None if factory is None else {tag: self._pairs(value, place), "factory": factory}
        return {tag: self._pairs(value, place)}


_PLAIN: Final = frozenset({bool, int, str})
_TIMES: Final[frozenset[type]] = frozenset({date, datetime, time, timedelta})


def order(data: Any) -> tuple[str, Any]:
    """What items of a set are sorted by in a file."""
    if isinstance(data, (int, float)):
        return "", data
    return type(data).__name__, data if isinstance(data, str) else repr(data)


def _time_tag(value: Any) -> dict[str, Any]:
    if isinstance(value, timedelta):
        return {"$timedelta": [value.days, value.seconds, value.microseconds]}
    data: dict[str, Any] = {f"${type(value).__name__}": value.isoformat()}
    if getattr(value, "fold", 0):
        data["fold"] = value.fold
    zone = getattr(getattr(value, "tzinfo", None), "key", None)
    if isinstance(zone, str):
        data["zone"] = zone
    return data


def _decoded(data: Any, objects: Objects, place: str, decode: Encode) -> Any:
    if is_array(data):
        return [decode(item, f"{place}[{number}]") for number, item in enumerate(data)]
    if not is_object(data):
        return data
    if not is_tag(data):
        return {name: decode(item, f"{place}[{name!r}]") for name, item in data.items()}
    tag, content = next(iter(data.items()))
    name = tag[1:]
    if name in _READERS:
        return _READERS[name](content, data, lambda item: decode(item, place))
    return objects.decoded(tag, data, place, decode)


_Decode = Callable[[Any], Any]


def _read_time(kind: Any) -> Callable[[Any, dict[str, Any], _Decode], Any]:
    def read(content: Any, data: dict[str, Any], _decode: _Decode) -> Any:
        value = kind.fromisoformat(content)
        if data.get("fold"):
            value = value.replace(fold=1)
        zone = data.get("zone")
        if isinstance(zone, str):
            from zoneinfo import ZoneInfo

            value = value.replace(tzinfo=ZoneInfo(zone))
        return value

    return read


def _read_text(kind: Callable[[str], Any]) -> Callable[[Any, dict[str, Any], _Decode], Any]:
    return lambda content, _data, _decode: kind(content)


def _pairs(content: Any, decode: _Decode) -> list[tuple[Any, Any]]:
    return [(decode(name), decode(item)) for name, item in content]


def _read_dict(kind: Any) -> Callable[[Any, dict[str, Any], _Decode], Any]:
    return lambda content, _data, decode: kind(dict(_pairs(content, decode)))


_READERS: Final[dict[str, Callable[[Any, dict[str, Any], _Decode], Any]]] = {
    "float": lambda content, _data, _decode: float(content),
    "tuple": lambda content, _data, decode: tuple(map(decode, content)),
    "set": lambda content, _data, decode: set(map(decode, content)),
    "frozenset": lambda content, _data, decode: frozenset(map(decode, content)),
    "bytes": lambda content, _data, _decode: base64.b64decode(content, validate=True),
    "bytearray": lambda content, _data, _decode: bytearray(base64.b64decode(content, validate=True)),
    "complex": lambda content, _data, decode: complex(*map(decode, content)),
    "dict": _read_dict(dict),
    "OrderedDict": lambda content, _data, decode: COLLECTIONS["OrderedDict"](_pairs(content, decode)),
    "Counter": _read_dict(COLLECTIONS["Counter"]),
    "deque": lambda content, data, decode: COLLECTIONS["deque"](map(decode, content), data["maxlen"]),
    "defaultdict": lambda content, data, decode: COLLECTIONS["defaultdict"](
        FACTORIES[data["factory"]], _pairs(content, decode)
    ),
    "date": _read_time(date),
    "datetime": _read_time(datetime),
    "time": _read_time(time),
    "timedelta": lambda content, _data, _decode: timedelta(*content),
    "range": lambda content, _data, _decode: range(*content),
    "path": lambda content, data, _decode: path_class(data.get("class"))(content),
    "array": array_from_tag,
    **{name: _read_text(kind) for name, kind in TEXTS.items()},
}
