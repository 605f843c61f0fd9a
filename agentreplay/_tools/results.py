"""The result of a tool as JSON and back, by its return annotation where that says all."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple, cast

from pydantic import TypeAdapter, ValidationError

from agentreplay._errors.tools import ToolResultError, ToolValueError
from agentreplay._json.values import is_array, is_object
from agentreplay._tools.objects import JsonFunction, Rebuildable, fields_of
from agentreplay._tools.sameness import same
from agentreplay._tools.types import class_of
from agentreplay._tools.values import Unreadable, Unrecordable, decoded, encoded, has_tags, order

UNKNOWN: Final = Any
"""The annotation of what nothing is known of."""

_SAYS_NOTHING: Final = (Any, object, None, type(None))


class Written(NamedTuple):
    """JSON of a value; `tagged` where it is read by its tags alone, else the annotation says what it is."""

    data: Any
    tagged: bool


class ResultForm:
    """How values of one annotation are written and read."""

    def __init__(self, tool: str, annotation: Any, encode: JsonFunction | None, decode: JsonFunction | None) -> None:
        self._tool = tool
        self._objects = Rebuildable(annotation, encode, decode)
        self._adapter = None if annotation in _SAYS_NOTHING else _adapter(annotation)

    def write(self, value: Any, place: str = "result") -> Written:
        """The JSON of `value`; reading it gives the same again.

        Raises:
            ToolValueError: no JSON would.
        """
        if self._adapter is not None:
            plain = _plain(self._adapter, value)
            if plain is not None:
                return Written(plain.data, tagged=False)
        try:
            data = encoded(value, self._objects, place)
            json.dumps(data)
            self._require_return(data, value, place)
        except Unrecordable as error:
            raise ToolValueError.in_result(self._tool, error.place, error.found, error.why) from error.__cause__
        except ValueError as error:
            why = f"and JSON cannot hold it: {error}"
            raise ToolValueError.in_result(self._tool, place, class_of(value), why) from error
        return Written(data, tagged=self._adapter is not None or has_tags(data))

    def _require_return(self, data: Any, value: Any, place: str) -> None:
        """See now that `data` can be read, and not in replay that it cannot.

        What the user's own functions write and read is the user's: it need not even be comparable.
        """
        try:
            again = decoded(data, self._objects, place)
        except Unreadable as error:
            raise Unrecordable(place, class_of(value), f"which could not be read again: {error.why}") from error
        if not has_tags(data, "$encoded") and not same(again, value):
            raise Unrecordable(place, class_of(value), "which would come back as something else")

    def read(self, data: Any, *, tagged: bool, place: str = "result") -> Any:
        """The value that was written as `data`.

        Raises:
            ToolResultError: it does not fit the annotation, or what it needs is not there any more.
        """
        if self._adapter is not None and not tagged:
            try:
                return self._adapter.validate_json(json.dumps(data))
            except ValidationError as error:
                first = error.errors(include_url=False, include_context=False)[0]
                where = "".join(f"[{part!r}]" for part in first["loc"])
                more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
                raise ToolResultError(self._tool, f"{place}{where}", f"{first['msg']}{more}") from error
        try:
            return decoded(data, self._objects, place)
        except Unreadable as error:
            raise ToolResultError(self._tool, error.place, error.why) from error


class _Plain(NamedTuple):
    data: Any


def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    """What reads and writes by this annotation; None where pydantic cannot, as for classes that it does not know."""
    try:
        return TypeAdapter(annotation)
    except Exception:  # noqa: BLE001 (each thing that it cannot use has an exception of its own)
        return None


def _plain(adapter: TypeAdapter[Any], value: Any) -> _Plain | None:
    """The JSON that the annotation alone makes the same value of again; None where there is none."""
    try:
        data = _in_order(value, adapter.dump_python(value, mode="json", warnings=False))
        text = json.dumps(data, allow_nan=False)
        return _Plain(data) if same(adapter.validate_json(text), value) else None
    except Exception:  # noqa: BLE001 (a validator or serializer of the program's own may raise anything)
        return None


def _in_order(value: Any, data: Any) -> Any:
    """`data`, which is the JSON of `value`, with the items of sets in an order that is the same in every process."""
    fields = fields_of(value)
    if is_object(data):
        held = fields if fields is not None else cast("Any", value) if isinstance(value, dict) else {}
        return {name: _in_order(held.get(name), item) for name, item in data.items()}
    if not is_array(data):
        return data
    if isinstance(value, (set, frozenset)):
        inner: Any = next(iter(cast("Any", value)), None)
        return sorted((_in_order(inner, item) for item in data), key=order)
    if isinstance(value, (list, tuple)) and len(cast("list[Any]", value)) == len(data):
        return [_in_order(*pair) for pair in zip(cast("list[Any]", value), data, strict=True)]
    return data
