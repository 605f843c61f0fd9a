"""Objects of the program's own classes: what they hold, and how they are made again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from agentreplay._json.values import is_object
from agentreplay._tools.classes import NamedClasses
from agentreplay._tools.types import class_of
from agentreplay._tools.values import Encode, Unreadable, Unrecordable

JsonFunction = Callable[[Any], Any]
"""Makes JSON of a value (`encode=`), or a value of JSON (`decode=`)."""

_PLAIN_BASES: Final = (str, int, float)


def fields_of(value: Any) -> dict[str, Any] | None:
    """What a model, a dataclass, an attrs object or a named tuple holds, by name; None of anything else."""
    kind = class_of(value)
    if isinstance(value, BaseModel):
        known: dict[str, Any] = kind.model_fields
        return {name: item for name, item in vars(value).items() if name in known} | (value.model_extra or {})
    if _is_named_tuple(kind):
        return {name: getattr(value, name) for name in kind._fields}
    if hasattr(kind, "__dataclass_fields__"):
        own: Any = dataclasses.fields(kind)
        return _held(value, [field.name for field in own])
    if hasattr(kind, "__attrs_attrs__"):
        return _held(value, [attribute.name for attribute in kind.__attrs_attrs__])
    return None


def _is_named_tuple(kind: Any) -> bool:
    return tuple in kind.__mro__ and hasattr(kind, "_fields")


def _held(value: Any, names: Iterable[str]) -> dict[str, Any]:
    """Of these attributes those that the object has, and all that are in its dictionary."""
    held: dict[str, Any] = {name: getattr(value, name) for name in names if hasattr(value, name)}
    return held | getattr(value, "__dict__", {})


class Rebuildable:
    """Objects of classes that the tool's return annotation leads to, and those that the user's own functions know.

    `annotation` is the return annotation; `encode` and `decode` are the user's, for what nothing else can write.
    """

    def __init__(self, annotation: Any, encode: JsonFunction | None, decode: JsonFunction | None) -> None:
        self._classes = NamedClasses(annotation)
        self._encode = encode
        self._decode = decode

    def encoded(self, value: Any, place: str, encode: Encode) -> Any:
        """The JSON of `value`, with its class by name.

        Raises:
            Unrecordable: its class is none of those that can be made again.
        """
        name = self._classes.name_of(class_of(value))
        found = _tag(value, name, place, encode) if name is not None else None
        if found is None and self._encode is not None:
            found = {"$encoded": encoded_by(self._encode, value, place)}
        if found is None:
            kind = class_of(value)
            raise Unrecordable(place, kind, "which could not be made again from JSON")
        return found

    def decoded(self, tag: str, data: dict[str, Any], place: str, decode: Encode) -> Any:
        """The object that a tag stands for.

        Raises:
            Unreadable: it names a class that the annotation does not lead to, or there is no `decode=`.
        """
        content = data[tag]
        if tag == "$encoded":
            if self._decode is None:
                raise Unreadable(place, "it was written by encode=, and the tool has no decode= to read it")
            return self._decode(content)
        if tag not in {"$enum", "$object"}:
            raise Unreadable(place, f"{tag!r} is nothing that agentreplay writes")
        kind = self._classes.get(content)
        if kind is None:
            raise Unreadable(place, f"it is a {content!r}, and the return annotation leads to no such class")
        if issubclass(kind, Enum):
            return kind[data["name"]] if "name" in data else kind(decode(data["value"], place))
        if "of" in data:
            base: Any = next(base for base in _PLAIN_BASES if issubclass(kind, base))
            return base.__new__(kind, decode(data["of"], place))
        if not is_object(data["fields"]):
            raise Unreadable(place, "its fields are no object")
        fields = {name: decode(item, f"{place}.{name}") for name, item in data["fields"].items()}
        return _made(kind, fields, data.get("set"))


def encoded_by(function: JsonFunction, value: Any, place: str) -> Any:
    """The JSON that the user's `encode=` makes of `value`.

    Raises:
        Unrecordable: it fails, or what it gives is no JSON.
    """
    kind = class_of(value)
    try:
        data = function(value)
    except Exception as error:
        raise Unrecordable(place, kind, f"and encode= failed on it ({type(error).__name__}: {error})") from error
    if not _is_json(data):
        raise Unrecordable(place, kind, f"and what encode= made of it (a {type(data).__name__}) is no JSON")
    return data


def _is_json(data: Any) -> bool:
    if type(data) is dict:
        return all(type(name) is str and _is_json(item) for name, item in data.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if type(data) is list:
        return all(map(_is_json, data))  # pyright: ignore[reportUnknownArgumentType]
    if type(data) is float:
        return data - data == 0
    return data is None or type(data) in {bool, int, str}


def _tag(value: Any, name: str, place: str, encode: Encode) -> dict[str, Any] | None:
    if isinstance(value, Enum):
        if type(value).__members__.get(value.name or "") is value:
            return {"$enum": name, "name": value.name}
        return {"$enum": name, "value": encode(value.value, place)}
    fields = fields_of(value)
    if fields is not None:
        tag: dict[str, Any] = {
            "$object": name,
            "fields": {field: encode(item, f"{place}.{field}") for field, item in fields.items()},
        }
        if isinstance(value, BaseModel) and value.model_fields_set != fields.keys():
            tag["set"] = sorted(value.model_fields_set)
        return tag
    base = next((base for base in _PLAIN_BASES if isinstance(value, base)), None)
    if base is None or getattr(value, "__dict__", None):
        return None
    return {"$object": name, "of": encode(str.__str__(value) if isinstance(value, str) else base(value), place)}


def _made(kind: Any, fields: dict[str, Any], fields_set: Any) -> Any:
    """An object that holds exactly these fields. No code of the class runs, as it ran when the object was made."""
    if issubclass(kind, BaseModel):
        return _model(kind, fields, fields_set)
    if _is_named_tuple(kind):
        return kind(*(fields[name] for name in kind._fields))
    value: Any = object.__new__(kind)
    for name, item in fields.items():
        object.__setattr__(value, name, item)
    return value


def _model(kind: type[BaseModel], fields: dict[str, Any], fields_set: Any) -> BaseModel:
    value: BaseModel = kind.__new__(kind)
    own: Mapping[str, Any] = {name: item for name, item in fields.items() if name in kind.model_fields}
    extra = {name: item for name, item in fields.items() if name not in kind.model_fields}
    private = {name: attribute.get_default() for name, attribute in kind.__private_attributes__.items()}
    object.__setattr__(value, "__dict__", dict(own))
    object.__setattr__(value, "__pydantic_fields_set__", set(fields if fields_set is None else fields_set))
    object.__setattr__(value, "__pydantic_extra__", extra if kind.model_config.get("extra") == "allow" else None)
    object.__setattr__(value, "__pydantic_private__", private or None)
    return value
