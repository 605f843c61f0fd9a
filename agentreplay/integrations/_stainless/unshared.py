"""pydantic's own validation of a model, with nothing in the outcome shared with the value that was validated.

pydantic hands on what it does not look into: values of fields that take anything, and members that a model does not
have. Here these are copied, and nothing else is: what is told apart, refused and converted stays what pydantic does.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any, Final, cast

import pydantic
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from agentreplay._json.values import is_array, is_object

SCALARS: Final = (str, int, bool, float, type(None))

_LOOKED_INTO: Final = frozenset({"str", "int", "float", "bool", "none", "literal", "definition-ref"})
_WITHIN: Final = frozenset(
    {"model", "model-fields", "model-field", "default", "nullable", "list", "dict", "definitions"}
)
"""What holds other schemas, and leaves what it does to them."""

_REFERRING: Final = ("definitions", "definition-ref")

_SCHEMAS: Final = frozenset({"schema", "items_schema", "keys_schema", "values_schema", "extras_schema"})


class _Unknown(Exception):
    """A schema of which it is not known what it hands on."""


def own(value: Any) -> Any:
    """A copy of a JSON value; of no other."""
    return marshal.loads(marshal.dumps(value, 2))  # noqa: S302 (our own bytes)


def as_it_is() -> CoreSchema:
    """What takes any value: a text or number itself, and of all else a copy."""
    return core_schema.union_schema(
        [core_schema.is_instance_schema(SCALARS), core_schema.no_info_plain_validator_function(own)],
        mode="left_to_right",
    )


def validator(schema: CoreSchema) -> SchemaValidator:
    """What validates by just this schema."""
    # Else pydantic-core puts the validator that a class already has in the place of what the schema says of it.
    more: dict[str, Any] = (
        {"_use_prebuilt": False} if "_use_prebuilt" in (SchemaValidator.__text_signature__ or "") else {}
    )
    return SchemaValidator(schema, **more)


def validator_of(model: Any) -> SchemaValidator | None:
    """What validates as the pydantic class `model` does, sharing nothing; None where that cannot be told."""
    model.model_rebuild()
    try:
        return validator(_unshared(model.__pydantic_core_schema__, by_fit=False))
    except _Unknown:
        return None


def unshared(type_: Any) -> CoreSchema | None:
    """The schema by which pydantic validates a `type_`, sharing nothing; None where that cannot be told.

    It can stand inside another one.
    """
    try:
        return cast("CoreSchema", _nameless(_unshared(pydantic.TypeAdapter(type_).core_schema, by_fit=False)))
    except _Unknown:
        return None


def _nameless(part: Any) -> Any:
    """`part` of a schema without the names by which others refer to it, of which each may be given once only."""
    if is_array(part):
        return [*map(_nameless, part)]
    if not is_object(part):
        return part
    sort = part.get("type")
    if sort in _REFERRING:
        raise _Unknown
    # What has no sort is a mapping by the names of fields, or words.
    return {name: _nameless(value) for name, value in part.items() if name != "ref" or type(sort) is not str}


def _unshared(schema: Any, *, by_fit: bool) -> Any:
    """`schema`, with copies of what it would hand on.

    Of the choices of a union the one that fits best is taken: within it (`by_fit`) nothing may change how well it does.
    """
    sort = schema["type"]
    if sort in _LOOKED_INTO:
        return schema
    if sort == "any" and not by_fit:
        return as_it_is()
    if sort == "union":
        return _union(schema, by_fit=by_fit)
    if sort not in _WITHIN or schema.get("custom_init") or schema.get("root_model"):
        raise _Unknown
    found: dict[str, Any] = {
        name: _unshared(value, by_fit=by_fit) if name in _SCHEMAS and value is not None else value
        for name, value in schema.items()
    }
    if sort == "definitions":
        found["definitions"] = [_unshared(each, by_fit=by_fit) for each in schema["definitions"]]
    if sort == "list":
        found.setdefault("items_schema", _anything(by_fit=by_fit))
    if sort == "dict":
        found.setdefault("values_schema", _anything(by_fit=by_fit))
    if sort == "model":
        found["schema"] = _with_extras(found["schema"], schema.get("config") or {}, by_fit=by_fit)
    if sort == "model-fields":
        found["fields"] = {name: _unshared(field, by_fit=by_fit) for name, field in schema["fields"].items()}
    return found


def _anything(*, by_fit: bool) -> CoreSchema:
    return cast("CoreSchema", _unshared(core_schema.any_schema(), by_fit=by_fit))


def _with_extras(fields: dict[str, Any], config: Mapping[str, Any], *, by_fit: bool) -> dict[str, Any]:
    """The fields of a model, which may keep members that it does not have."""
    behavior = fields.get("extra_behavior") or config.get("extra_fields_behavior")
    if fields["type"] != "model-fields" or (behavior == "allow" and by_fit):
        raise _Unknown
    if behavior == "allow" and "extras_schema" not in fields:
        return {**fields, "extras_schema": as_it_is()}
    return fields


def _union(schema: dict[str, Any], *, by_fit: bool) -> Any:
    choices: list[Any] = [each[0] if isinstance(each, tuple) else each for each in schema["choices"]]
    if schema.get("mode", "smart") != "smart" or schema.get("custom_error_type"):
        raise _Unknown
    apart = _told_apart(choices)
    if apart is not None:
        # At most one of them can take the value.
        found = {word: _unshared(choice, by_fit=by_fit) for word, choice in apart.items()}
        return core_schema.tagged_union_schema(found, "type", strict=schema.get("strict"))
    return {**schema, "choices": [_unshared(choice, by_fit=True) for choice in choices]}


def _told_apart(choices: list[Any]) -> dict[str, Any] | None:
    """The models among which one chooses by the value of their field `type`, which must be given; None for others."""
    found: dict[str, Any] = {}
    for choice in choices:
        fields: Any = choice["schema"].get("fields", {}) if choice["type"] == "model" else {}
        field: Any = fields.get("type", {}) if is_object(fields) else {}
        words: Any = field.get("schema", {}).get("expected")
        if not is_array(words) or field["schema"]["type"] != "literal" or "validation_alias" in field:
            return None
        for word in words:
            if type(word) is not str or word in found:
                return None
            found[word] = choice
    return found
