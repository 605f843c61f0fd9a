"""Every operation that an SDK's source offers, read from its `resources` modules: verb, path and what comes back.

The SDK must be installed where this runs. Its source is parsed for `self._get(...)`, `self._post(...)` and their like;
the result type is the call's own `cast_to=` (or `page=`, or `stream_cls=`), evaluated in the module that makes it.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final, get_args
from urllib.parse import parse_qsl

_VERBS: Final = {
    "_get": "GET",
    "_post": "POST",
    "_put": "PUT",
    "_patch": "PATCH",
    "_delete": "DELETE",
    "_get_api_list": "GET",
}
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Operation:
    """One call of an SDK method: what it sends where, and the types that its answer must fit."""

    name: str
    verb: str
    path: str
    """Begins with a slash; placeholders stand in braces."""
    query: Mapping[str, str]
    """What the method itself puts into the query (`beta=true`); two operations may differ in nothing else."""
    module: ModuleType
    result: ast.expr
    stream: ast.expr | None = None
    always_streams: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        literal = [re.escape(part) for part in _PLACEHOLDER.split(self.path)]
        object.__setattr__(self, "pattern", re.compile("[^/]+".join(literal)))

    @property
    def placeholders(self) -> int:
        """How many parts of the path vary."""
        return len(_PLACEHOLDER.findall(self.path))

    def result_type(self, sent: Mapping[str, object]) -> Any:
        """The declared type of the answer; where it depends on an argument, `sent` says what was sent for that."""
        return _evaluate(self.result, self.module, sent)

    def event_type(self) -> Any:
        """The declared type of one event of the answer's stream.

        Raises:
            LookupError: the operation offers no stream.
        """
        if self.stream is None:
            raise LookupError(f"{self.name} has no stream")
        declared = _evaluate(self.stream, self.module, {})
        bases = [
            declared,
            *getattr(declared, "__orig_bases__", ()),
        ]  # a stream class of the SDK's own has its type there
        return next(arguments[0] for base in bases if (arguments := get_args(base)))


def find_operations(vendor: str) -> list[Operation]:
    """All operations of the installed SDK `vendor`, each once (its async twin is the same operation)."""
    resources = importlib.import_module(f"{vendor}.resources")
    found: list[Operation] = []
    for info in pkgutil.walk_packages(resources.__path__, f"{resources.__name__}."):
        module = importlib.import_module(info.name)
        if not info.ispkg and module.__file__ is not None:
            found.extend(_operations_of(module))
    return found


def _operations_of(module: ModuleType) -> Iterator[Operation]:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for owner in tree.body:
        if not isinstance(owner, ast.ClassDef) or owner.name.startswith("Async"):
            continue
        for method in owner.body:
            if isinstance(method, ast.FunctionDef):
                for node in ast.walk(method):
                    if isinstance(node, ast.Call) and (
                        operation := _operation(module, f"{owner.name}.{method.name}", node)
                    ):
                        yield operation


def _operation(module: ModuleType, name: str, call: ast.Call) -> Operation | None:
    target = call.func
    if not (isinstance(target, ast.Attribute) and target.attr in _VERBS and _is_self(target.value) and call.args):
        return None
    url = _template(call.args[0])
    if url is None:
        return None
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    path, _, query = url.partition("?")
    verb = _literal(arguments.get("method"))
    streams = _literal(arguments.get("stream")) is True
    return Operation(
        name=f"{module.__name__}.{name}",
        verb=verb.upper() if isinstance(verb, str) else _VERBS[target.attr],
        path=path if path.startswith("/") else f"/{path}",
        query={**dict(parse_qsl(query)), **_qualifiers(arguments.get("options"))},
        module=module,
        result=arguments["page" if target.attr == "_get_api_list" else "cast_to"],
        stream=arguments.get("stream_cls"),
        always_streams=streams,
    )


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _template(node: ast.expr) -> str | None:
    """The path as the source spells it, or None where it is known only at run time (a URL from an earlier answer)."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "path_template":
        node = node.args[0]
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    value = _literal(node)
    return value if isinstance(value, str) else None


def _qualifiers(options: ast.expr | None) -> dict[str, str]:
    """`make_request_options(qualifiers={"beta": "true"})`: what anthropic's base client adds to the query."""
    if isinstance(options, ast.Call):
        for keyword in options.keywords:
            if keyword.arg == "qualifiers":
                return dict(ast.literal_eval(keyword.value))
    return {}


def _literal(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _evaluate(node: ast.expr, module: ModuleType, sent: Mapping[str, object]) -> Any:
    """The value of an expression of `module`; a name that is no global is an argument, and None if it was not sent."""
    globals_ = vars(module)
    names = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    arguments = {name: sent.get(name) for name in names if name not in globals_ and name not in _BUILTINS}
    code = compile(ast.Expression(body=node), str(module.__file__), "eval")
    return eval(code, globals_, arguments)  # the SDK's own expression, in its own module


_BUILTINS: Final = frozenset(vars(importlib.import_module("builtins")))
