"""The methods that agents call most, as the installed SDK has them: what they may do beside sending their arguments."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin

from agentreplay._json.values import is_object
from agentreplay.integrations._stainless.express_table import ExpressTable, HotMethod

_TRANSFORMS: Final = frozenset({"maybe_transform", "async_maybe_transform"})
_USED_BY_ALL: Final = frozenset({"_post", "make_request_options", *_TRANSFORMS})
_BESIDE_THE_BODY: Final = frozenset({"extra_headers", "extra_query", "extra_body", "timeout"})
_CODE_IN_CODE: Final = types.CodeType


@dataclass(frozen=True)
class KnownMethod:
    """One method whose arguments are its body: for plain JSON, the SDK changes nothing in them.

    `arguments` are the names that may be given, `renamed` the names of members that the SDK sends under other names
    somewhere, `cast_to` the class of the answer, `namespace` the names of the module in which the method is written,
    and `uses` those that it uses.
    """

    arguments: frozenset[str]
    renamed: frozenset[str]
    cast_to: Any
    namespace: Mapping[str, Any]
    uses: frozenset[str]


def known_method(package: str, table: ExpressTable, hot: HotMethod, function: Any) -> KnownMethod | None:
    """What `function`, the SDK's own `hot.method`, does with its arguments; None where that cannot be told.

    It can be told of code that uses nothing but what the vendor's table knows to leave them alone, in a version whose
    transformation does so too.
    """
    code, namespace = function.__code__, function.__globals__
    uses = frozenset(_names_in(code))
    unknown = uses - _USED_BY_ALL - table.harmless_names
    # By their types alone: to look at a stand-in for a package that is not installed is to import it.
    parameters = [namespace[name] for name in unknown if type(namespace.get(name)) is types.ModuleType]
    for name in unknown:
        value = namespace.get(name)
        if not _is_type(value) and value not in parameters and not any(hasattr(each, name) for each in parameters):
            return None
    cast_to = namespace.get(hot.answer)
    if cast_to is None or code.co_argcount != 1 or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    renamed: frozenset[str] = frozenset()
    if uses & _TRANSFORMS:
        found = _renamed_by_transform(package)
        if found is None:
            return None
        renamed = found
    arguments = frozenset(code.co_varnames[1 : 1 + code.co_kwonlyargcount])
    return KnownMethod(arguments - _BESIDE_THE_BODY, renamed, cast_to, namespace, uses)


def _names_in(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, _CODE_IN_CODE):
            yield from _names_in(constant)


def _is_type(value: Any) -> bool:
    return isinstance(value, type) or get_origin(value) is not None or type(value).__name__ == "TypeAliasType"


def _renamed_by_transform(package: str) -> frozenset[str] | None:
    """The names of members that the SDK's transformation renames; None where it does more than that to plain JSON."""
    transform = sys.modules[f"{package}._utils._transform"].transform
    # Where an array is expected, the oldest make one of an object's names.
    if transform({"a": {"b": 1}}, Iterable[str]) != {"a": {"b": 1}}:
        return None
    found: set[str] = set()
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{package}.types.") and hasattr(module, "PropertyInfo"):
            for value in vars(module).values():
                if _says_alias(value) and not isinstance(value, type):
                    return None
                if is_object(notes := getattr(value, "__annotations__", None)):
                    found.update(key for key, note in notes.items() if _says_alias(note))
    return frozenset(found)


def _says_alias(note: Any) -> bool:
    """Whether an annotation, evaluated or not, gives a member another name."""
    text = getattr(note, "__forward_arg__", None)
    if text is None and isinstance(note, str):
        text = note
    if text is not None:
        return "alias" in text
    if getattr(note, "alias", None) is not None and type(note).__name__ == "PropertyInfo":
        return True
    return any(_says_alias(each) for each in get_args(note) if not isinstance(each, (str, int)))
