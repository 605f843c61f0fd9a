"""An example value, as JSON, of any type that an SDK declares for an answer.

Its purpose is to pass the SDK's strict validation and to be rich enough that a parser which lost something would show.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from typing_extensions import TypeAliasType

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_OPTIONAL_DEPTH: Final = 3
"""Models nested deeper than this leave their optional fields out."""
_LIST_DEPTH: Final = 8
"""Lists nested deeper than this are empty, which ends every type that contains itself."""
_SCALARS: Final[Mapping[Any, Json]] = {
    str: "string",
    int: 7,
    float: 1.5,
    bool: False,  # also "there is no further page"
    bytes: "Ynl0ZXM=",
    datetime: "2024-05-06T07:08:09Z",
    date: "2024-05-06",
    object: {"any": "thing"},
    Any: {"any": "thing"},
    None: None,
    NoneType: None,
}


def example(type_: Any, depth: int = 0) -> Json:
    """A value that `type_` accepts: all required fields, the optional ones near the top, the first variant of a union.

    Raises:
        TypeError: no example is known for a type of this sort.
    """
    if isinstance(type_, TypeAliasType):
        return example(type_.__value__, depth)
    if isinstance(type_, TypeVar):
        return example(type_.__bound__ or object, depth)
    origin = get_origin(type_)
    arguments = get_args(type_)
    if origin is Annotated:
        return example(arguments[0], depth)
    if origin is Literal:
        return arguments[0]  # type: ignore[no-any-return]
    if origin in (Union, UnionType):
        return _example_of_union(arguments, depth)
    if origin is dict:
        return {"key": example(arguments[1], depth + 1)} if depth < _LIST_DEPTH else {}
    if inspect.isclass(origin or type_):
        return _example_of_class(origin or type_, type_, arguments, depth)
    if type_ in _SCALARS:
        return _SCALARS[type_]
    raise TypeError(f"no example for {type_!r}")


def _example_of_class(class_: type[Any], type_: Any, arguments: tuple[Any, ...], depth: int) -> Json:
    if inspect.isclass(type_) and issubclass(type_, BaseModel):
        return _example_of_model(type_, depth)
    if class_ in _SCALARS:
        return _SCALARS[class_]
    if issubclass(class_, dict):
        return {}
    if issubclass(class_, Iterable):
        item = arguments[0] if arguments else object
        return [example(item, depth + 1)] if depth < _LIST_DEPTH else []
    raise TypeError(f"no example for {type_!r}")


def _example_of_union(variants: tuple[Any, ...], depth: int) -> Json:
    """The first variant that is not `None`: deep down the first that is a scalar, as a type may contain itself."""
    real = [variant for variant in variants if variant is not NoneType]
    scalar = [variant for variant in real if variant in _SCALARS]
    return example((scalar if scalar and depth > _OPTIONAL_DEPTH else real)[0], depth)


def _example_of_model(model: type[BaseModel], depth: int) -> Json:
    """Fields that name the next page are left out: an answer is the last page."""
    page = any(base.__name__ == "BasePage" for base in model.__mro__)
    filled: dict[str, Json] = {}
    for name, field in model.model_fields.items():
        if field.is_required() or (depth < _OPTIONAL_DEPTH and not page):
            filled[field.alias or name] = example(field.annotation, depth + 1)
    return filled
