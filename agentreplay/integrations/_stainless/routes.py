"""From an HTTP verb and path to the name people know the operation by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class Operation:
    """What a call is: its method name, and whether the name alone says the path (nothing in it varies)."""

    method: str
    fixed: bool


class Routes:
    """The operations of one SDK, read from the table beside this package.

    The table has a line for each: method name, verb and path template, separated by tabs. It is generated from the
    SDK's own source, and a test holds it against the installed SDK.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    @cached_property
    def lines(self) -> list[tuple[str, str, str]]:
        """Method name, verb and path template of every operation."""
        text = (files("agentreplay.integrations") / "routes" / self._table).read_text("utf-8")
        rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
        return [(method, verb, path) for method, verb, path in rows]

    @cached_property
    def _fixed(self) -> dict[tuple[str, str], str]:
        return {(verb, path): method for method, verb, path in self.lines if "{" not in path}

    @cached_property
    def _templates(self) -> dict[tuple[str, int, str], list[tuple[list[str], str]]]:
        found: dict[tuple[str, int, str], list[tuple[list[str], str]]] = {}
        for method, verb, path in self.lines:
            if "{" in path:
                segments, query = _parts(path)
                found.setdefault((verb, len(segments), query), []).append((segments, method))
        for candidates in found.values():
            # A segment spelled out is nearer than a parameter in the same place.
            candidates.sort(key=lambda candidate: [segment.startswith("{") for segment in candidate[0]])
        return found

    def find(self, verb: str, path: str) -> Operation:
        """The operation of `verb` on `path` (no host, no query but one that belongs to the operation itself).

        One that the table does not know is named by its verb and path.
        """
        method = self._fixed.get((verb, path))
        if method is not None:
            return Operation(method, fixed=verb == "POST")
        segments, query = _parts(path)
        for template, name in self._templates.get((verb, len(segments), query), []):
            if _fits(template, segments):
                return Operation(name, fixed=False)
        return Operation(f"{verb} {path}", fixed=True)

    def knows(self, verb: str, path: str) -> bool:
        """Whether `verb` on `path`, its query included (`/v1/messages?beta=true`), is an operation of the table."""
        return (verb, path) in self._fixed or self.find(verb, path).method != f"{verb} {path}"


def _parts(path: str) -> tuple[list[str], str]:
    """The segments of a path, and the query behind it."""
    plain, _, query = path.partition("?")
    return plain.split("/"), query


def _fits(template: Sequence[str], segments: Sequence[str]) -> bool:
    return all((want.startswith("{") and got) or want == got for want, got in zip(template, segments, strict=True))
