"""Older cassettes, brought up to date in memory: one step for each schema, on plain dictionaries.

A change of the format adds one entry to `UPGRADERS` and keeps one old file in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from agentreplay._errors.files import CassetteFormatError, CassetteSchemaError
from agentreplay._json.reading import as_object, objects
from agentreplay._linear.marks import escaped, is_marked

Upgrader = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes, of a cassette's raw JSON in one schema, that of the next; `meta.schema_version` is set for it."""


def _from_schema_0(data: dict[str, Any]) -> dict[str, Any]:
    """Schema 0 is what tools before the first release wrote: the same shape, not yet fixed."""
    return data


def _from_schema_1(data: dict[str, Any]) -> dict[str, Any]:
    """In schema 2 a body may be written as what differs from an earlier one; one that only looks so is marked."""
    for interaction in objects(data.get("interactions")):
        request, response = as_object(interaction.get("request")), as_object(interaction.get("response"))
        for holder, name in [(request, "body"), (response, "body")]:
            if is_marked(holder.get(name)):
                holder[name] = escaped(holder[name])
        for event in objects(response.get("events")):
            if is_marked(event.get("data")):
                event["data"] = escaped(event["data"])
    return data


UPGRADERS: Final[Mapping[int, Upgrader]] = {0: _from_schema_0, 1: _from_schema_1}
"""The step that leads on from each schema."""

_FIRST_SCHEMA: Final = 1
"""The schema of a file that names none."""


def schema_version(data: Mapping[str, Any], path: Path | None = None) -> int:
    """The schema that a cassette's raw JSON says it is of.

    Raises:
        CassetteFormatError: it has no `meta` object, or its `schema_version` is no whole number.
    """
    meta: object = data.get("meta")
    if not isinstance(meta, dict):
        reason = "this field is missing" if "meta" not in data else "it should be an object"
        raise CassetteFormatError.damaged(f"{reason}, so this is no cassette", path=path, where="meta")
    version: object = cast("dict[str, Any]", meta).get("schema_version", _FIRST_SCHEMA)
    if type(version) is not int:
        raise CassetteFormatError.damaged("it should be a whole number", path=path, where="meta.schema_version")
    return version


def upgraded(
    data: dict[str, Any], *, to: int, path: Path | None = None, upgraders: Mapping[int, Upgrader] = UPGRADERS
) -> dict[str, Any]:
    """The raw JSON of a cassette in schema `to`, one step after the other. `data` may be changed in place.

    Raises:
        CassetteSchemaError: it is of a newer schema, or no step leads on from its own.
        CassetteFormatError: it is too damaged for a step.
    """
    version = found = schema_version(data, path)
    while version != to:
        if version > to or version not in upgraders:
            raise CassetteSchemaError(found, to, path=path)
        try:
            data = upgraders[version](data)
            version += 1
            data["meta"]["schema_version"] = version
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            reason = f"it has not the shape of schema {version} ({type(error).__name__})"
            raise CassetteFormatError.damaged(reason, path=path) from error
    return data
