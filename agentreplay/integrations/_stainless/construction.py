"""The SDKs' lenient construction of their models, done by pydantic-core: the same objects, many times faster.

The SDK's `construct_type` walks a JSON value and its type together and takes what it finds, valid or not. A `Shape` is
the plan of that walk for one type, drawn up once: what has one possible outcome is left to pydantic-core, and for all
else (a value of another type than declared, a missing field in a union, a class that is not plain) the plan calls the
SDK's own function, there and nowhere else.
"""

from __future__ import annotations

import inspect
import marshal
import sys
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, cast, get_args, get_origin

import pydantic
from pydantic_core import CoreSchema, core_schema

from agentreplay._json.values import is_object
from agentreplay.integrations._stainless.unshared import SCALARS, as_it_is, own, unshared, validator, validator_of

_AS_IT_IS: Final = (str, int, bool, bytes, object, Any)
"""Types whose values the SDK takes as they are, whatever they are."""

_NO_FIELDS: Final = frozenset({"_fields_set", "cls", "_BaseModel__cls"})
"""Names that the SDK's `construct` takes for its own arguments."""


class _Nothing:
    """What no value is."""


_NOTHING: Final = core_schema.is_instance_schema(_Nothing)

_CREDIT: Final = 64
_UNUSUAL: Final = 8
"""How many usual values an unusual one must be outweighed by, for values to be tried as usual ones first."""


class Shape:
    """How the SDK with the package name `package` makes a value of `cast_to` out of JSON.

    It gives what the SDK's `construct_type` gives for an equal value; nothing in it is shared with that value.
    """

    def __init__(self, package: str, cast_to: Any) -> None:
        models = sys.modules[f"{package}._models"]
        self._validator = validator(_Plan(models).schema(cast_to))
        self._of_usual = validator(_Plan(models, usual=True).schema(cast_to))
        self._credit = _CREDIT

    def build(self, value: Any) -> Any:
        """What the SDK makes of the JSON `value`.

        Raises:
            Exception: the SDK's own function raises; or the value is none that came out of JSON.
        """
        # Which takes no other value.
        marshal.dumps(value, 2)
        return self.build_of_json(value)

    def build_of_json(self, value: Any) -> Any:
        """Likewise of a value that is known to have come out of JSON, and to be as it came.

        Raises:
            Exception: the SDK's own function raises.
        """
        if self._credit > 0:
            try:
                usual = self._of_usual.validate_python(value)
            except Exception:  # noqa: BLE001 (all that is unusual has its place in the whole plan)
                self._credit -= _UNUSUAL
            else:
                self._credit += 1
                return usual
        return self._validator.validate_python(value)


class _Plan:
    """The core schemas for one SDK's types.

    Those of `usual` values refuse what needs the SDK's own function, or a look at the outcome: other values than
    declared, and members that a class does not have.
    """

    def __init__(self, models: Any, *, usual: bool = False) -> None:
        self._models = models
        self._usual = usual
        self._classes_above: list[type] = []

    def schema(self, type_: Any, metadata: Iterable[Any] | None = None) -> CoreSchema:
        """The schema that does what `construct_type` does for `type_`, whose annotations `metadata` holds."""
        whole = type_
        if _is_alias(type_):
            type_ = type_.__value__
        if not metadata and get_origin(type_) is Annotated:
            type_ = get_args(type_)[0]
        origin, args = get_origin(type_) or type_, get_args(type_)
        slow = self._constructed(whole, metadata)
        if origin in (Union, UnionType):
            return self._union(whole if _is_alias(whole) else type_, args, slow)
        if origin is list:
            items = self.schema(args[0] if args else object)
            return self._or_else([core_schema.list_schema(items, strict=True)], slow)
        if origin is dict:
            values = self.schema(args[1] if len(args) > 1 else object)
            return self._or_else([core_schema.dict_schema(core_schema.any_schema(), values, strict=True)], slow)
        if origin is float:
            return self._or_else([core_schema.is_instance_schema(float)], slow)
        if origin is Literal or type_ in _AS_IT_IS:
            return as_it_is()
        if inspect.isclass(type_) and issubclass(type_, self._models.BaseModel):
            return self._model(type_, slow)
        return slow

    def _or_else(self, choices: list[CoreSchema], slow: CoreSchema) -> CoreSchema:
        """The first of the choices that takes the value; else, where the value may be unusual, `slow`."""
        return _first(choices[:-1], choices[-1]) if self._usual else _first(choices, slow)

    def _constructed(self, type_: Any, metadata: Iterable[Any] | None) -> CoreSchema:
        """The SDK's own function, as a schema."""
        construct_type = self._models.construct_type
        # Before it looked at them, it was not told of annotations.
        more = {"metadata": list(metadata)} if metadata and "metadata" in _arguments_of(construct_type) else {}

        def construct(value: Any) -> Any:
            return construct_type(value=own(value), type_=type_, **more)

        return core_schema.no_info_plain_validator_function(construct)

    def _model(self, cls: Any, slow: CoreSchema) -> CoreSchema:
        if cls in self._classes_above or not self._is_plain(cls):
            return slow
        self._classes_above.append(cls)
        fields = {name: self._field(field) for name, field in cls.model_fields.items()}
        self._classes_above.pop()
        if not all(fields.values()):
            return slow
        known = cast("dict[str, core_schema.ModelField]", fields)
        extras = _NOTHING if self._usual else as_it_is()
        model = core_schema.model_schema(
            cls,
            core_schema.model_fields_schema(known, extra_behavior="allow", extras_schema=extras),
            config={"title": cls.__name__},
        )
        if self._usual:
            return model
        return _first([core_schema.no_info_after_validator_function(_with_set_fields, model)], slow)

    def _is_plain(self, cls: Any) -> bool:
        """Whether the SDK makes an object of `cls` as it does of most: by its own `construct`, of all fields alike."""
        models = self._models
        return bool(
            cls.construct.__func__ is models.BaseModel.construct.__func__
            and not cls.__pydantic_generic_metadata__["parameters"]
            and not cls.__private_attributes__
            and not getattr(models, "_get_extra_fields_type", _none)(cls)
            and cls.__new__ is object.__new__
            and cls.model_config.get("extra") == "allow"
            and not _NO_FIELDS & cls.model_fields.keys()
        )

    def _field(self, field: Any) -> core_schema.ModelField | None:
        """The schema of one field; None for one that has another name in JSON, or a default that is no plain value."""
        default = self._models.field_get_default(field)
        if field.alias or field.validation_alias or field.annotation is None or type(default) not in SCALARS:
            return None
        value = self.schema(field.annotation, getattr(field, "metadata", None))
        if default is None:
            # A null is the default, whatever the type.
            value = value if value == as_it_is() else core_schema.nullable_schema(value)
        else:
            value = _first([_null_as(default)], value)
        return core_schema.model_field(core_schema.with_default_schema(value, default=default))

    def _union(self, type_: Any, variants: tuple[Any, ...], slow: CoreSchema) -> CoreSchema:
        """What pydantic makes of a union; the SDK asks it first, and its own way where pydantic refuses."""
        quick: list[CoreSchema] = []
        if str in variants:
            quick.append(core_schema.str_schema(strict=True))
        if type(None) in variants:
            quick.append(core_schema.none_schema())
        if bool in variants:
            quick.append(core_schema.bool_schema(strict=True))
        if float in variants:
            quick.append(core_schema.is_instance_schema(float))
        if int in variants:
            quick.append(core_schema.int_schema(strict=True))
        if all(get_origin(variant) is Literal or variant in SCALARS for variant in variants) and str not in variants:
            words = [word for variant in variants if get_origin(variant) is Literal for word in get_args(variant)]
            if words and all(type(word) is str for word in words):
                quick.append(core_schema.literal_schema(words))
        # Of what may only be missing; of other unions the validators are made once they are needed: some have dozens.
        last = unshared(type_) if self._usual and len(variants) == 2 and type(None) in variants else None
        if last is None:
            last = core_schema.no_info_plain_validator_function(self._validated(type_, variants))
        return self._or_else([*quick, last], slow)

    def _validated(self, type_: Any, variants: tuple[Any, ...]) -> Callable[[Any], Any]:
        """A function that validates a value against a union."""
        by_type = _told_apart(variants)
        ready: dict[Any, Callable[[Any], Any]] = {}
        validate: Callable[[Any], Any] | None = None

        def validated(value: Any) -> Any:
            nonlocal validate
            word = value.get("type") if is_object(value) else None
            if type(word) is str and word in by_type:
                if word in ready:
                    return ready[word](value)
                # Each once it comes: some unions have dozens of them.
                ready[word] = _validated_by(by_type[word])
                return ready[word](value)
            if validate is None:
                validate = pydantic.TypeAdapter(type_).validate_python
            return validate(own(value))

        return validated


def _validated_by(model: Any) -> Callable[[Any], Any]:
    """What validates a value by this class, and shares nothing with it."""
    quick = validator_of(model)
    if quick is not None:
        return quick.validate_python
    return lambda value: model.model_validate(own(value))


def _first(choices: list[CoreSchema], last: CoreSchema) -> CoreSchema:
    """The first of these that takes the value."""
    flat = [*choices, *(last["choices"] if last["type"] == "union" else [last])]
    return core_schema.union_schema(cast("Any", flat), mode="left_to_right")


def _null_as(default: Any) -> CoreSchema:
    return core_schema.no_info_after_validator_function(lambda _: default, core_schema.none_schema())


def _with_set_fields(model: Any) -> Any:
    """`model`, with the set of fields that the SDK's `construct` gives it: without those that the class lacks."""
    extra = model.__pydantic_extra__
    if extra:
        if not _NO_FIELDS.isdisjoint(extra):
            raise ValueError("a name that the SDK takes for an argument")
        model.__pydantic_fields_set__.difference_update(extra)
    return model


def _told_apart(variants: tuple[Any, ...]) -> Mapping[Any, Any]:
    """The models of a union by the value of their field `type`, where each has its own and it must be given."""
    found: dict[Any, Any] = {}
    for variant in variants:
        fields = getattr(variant, "model_fields", {}) if inspect.isclass(variant) else {}
        field = fields.get("type")
        if field is None or get_origin(field.annotation) is not Literal or not field.is_required() or field.alias:
            return {}
        for word in get_args(field.annotation):
            if type(word) is not str or word in found:
                return {}
            found[word] = variant
    return found


def _is_alias(type_: Any) -> bool:
    return type(type_).__name__ == "TypeAliasType"


def _arguments_of(function: Any) -> Mapping[str, object]:
    return inspect.signature(function).parameters


def _none(_: object) -> None:
    return None
