"""Reads the operations of an installed SDK out of its own source, and writes the table that agentreplay ships.

    python tests/routes/generate.py openai agentreplay/integrations/routes/openai.tsv

What the file holds already and the installed SDK does not know stays, so that running this once for each supported
major gives the table of all of them; run it with the newest last.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

_VERBS = {"_get": "GET", "_post": "POST", "_put": "PUT", "_patch": "PATCH", "_delete": "DELETE", "_get_api_list": "GET"}
_CLIENTS = {"openai": "OpenAI", "anthropic": "Anthropic"}
_SAME_OPERATION = ("parse", "stream", "create_and_run_stream", "tool_runner", "connect")
"""Methods that are another way to call the operation beside them; they never name it."""


class Row(NamedTuple):
    """One operation: dotted method name, verb, path template."""

    method: str
    verb: str
    path: str


def operations(package: str) -> list[Row]:
    """All operations that the resource classes of the installed SDK offer, in alphabetical order."""
    module = importlib.import_module(package)
    client = getattr(module, _CLIENTS[package])(api_key="none")
    found: dict[tuple[str, str], Row] = {}
    for row in sorted(_walk(client, ""), key=_preference):
        found.setdefault((row.verb, row.path), row)
    return sorted(found.values())


def _preference(row: Row) -> tuple[bool, bool, Row]:
    """Where several methods share an operation, the plain one names it."""
    return row.method.rpartition(".")[2] in _SAME_OPERATION, row.method.startswith("beta."), row


def _walk(resource: Any, prefix: str) -> Iterator[Row]:
    # Older SDKs keep sub-resources as attributes of the instance, newer ones as cached properties of the class.
    owners = (resource, *type(resource).__mro__)
    for name in sorted({name for owner in owners for name in getattr(owner, "__dict__", ())}):
        if name.startswith(("_", "with_")):
            continue
        static = inspect.getattr_static(resource, name)
        if inspect.isfunction(static):
            yield from _rows_of(static, f"{prefix}{name}")
        else:
            value = getattr(resource, name, None)
            if ".resources." in type(value).__module__:
                yield from _walk(value, f"{prefix}{name}.")


@cache
def _functions(module: ModuleType) -> dict[str, ast.AST]:
    """The methods of the classes of a module, by qualified name."""
    tree = ast.parse(inspect.getsource(module))
    return {
        f"{owner.name}.{function.name}": function
        for owner in tree.body
        if isinstance(owner, ast.ClassDef)
        for function in owner.body
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def _rows_of(function: Any, method: str) -> Iterator[Row]:
    function = inspect.unwrap(function)
    tree = _functions(sys.modules[function.__module__]).get(function.__qualname__)
    if tree is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VERBS:
            path = _path(node.args[0]) if node.args else None
            if path is None or not path.startswith("/"):
                continue
            verb = _VERBS[node.func.attr]
            for keyword in node.keywords:
                if keyword.arg == "method" and isinstance(keyword.value, ast.Constant):
                    verb = str(keyword.value.value).upper()
            yield Row(method, verb, path + _qualifiers(node))


def _qualifiers(call: ast.Call) -> str:
    """The query that newer SDKs keep apart from the path of an operation: `options=…(qualifiers={…})`."""
    for node in ast.walk(call):
        if isinstance(node, ast.keyword) and node.arg == "qualifiers":
            return "?" + "&".join(f"{name}={value}" for name, value in ast.literal_eval(node.value).items())
    return ""


def _path(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{" + _name(part) + "}" for part in node.values]
        return "".join(str(part) for part in parts)
    if isinstance(node, ast.Call) and node.args:
        return _path(node.args[0])
    return None


def _name(part: ast.expr) -> str:
    return re.sub(r"\W+", "_", ast.unparse(part.value)) if isinstance(part, ast.FormattedValue) else "value"


def read_table(path: Path) -> list[Row]:
    """The rows of a table that was written before; none where there is no file."""
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()
    return [Row(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def main(package: str, target: str) -> None:
    """Bring the table `target` up to the installed SDK."""
    path = Path(target)
    rows = {(row.verb, re.sub(r"\{\w+\}", "{}", row.path)): row for row in [*read_table(path), *operations(package)]}
    head = f"# Operations of the {package} SDK: method, verb, path. Written by tests/routes/generate.py.\n"
    path.write_text(head + "".join("\t".join(row) + "\n" for row in sorted(rows.values())), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
