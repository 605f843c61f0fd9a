"""The types of the standard library that a tag may name."""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PosixPath, PurePath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any, Final
from uuid import UUID

TEXTS: Final[dict[str, Callable[[str], Any]]] = {
    kind.__name__: kind
    for kind in (
        UUID,
        Decimal,
        Fraction,
        ipaddress.IPv4Address,
        ipaddress.IPv6Address,
        ipaddress.IPv4Network,
        ipaddress.IPv6Network,
        ipaddress.IPv4Interface,
        ipaddress.IPv6Interface,
    )
}
"""Types whose text says all, by name."""

COLLECTIONS: Final[dict[str, Any]] = {kind.__name__: kind for kind in (Counter, OrderedDict, defaultdict, deque)}

FACTORIES: Final[dict[str, Any]] = {
    "none": None,
    **{kind.__name__: kind for kind in (list, dict, set, int, float, str, bool)},
}
"""What a `defaultdict` may begin its values with, by name."""


def class_of(value: object) -> Any:
    """The class of `value`, whatever is known of it already."""
    return type(value)


def factory_name(factory: Any) -> str | None:
    """The name of a factory that may be named, None of any other."""
    return next((name for name, known in FACTORIES.items() if known is factory), None)


_PURE_PATHS: Final[dict[str, type[PurePath]]] = {
    kind.__name__: kind for kind in (PurePath, PurePosixPath, PureWindowsPath)
}


def path_tag(value: Any) -> dict[str, Any] | None:
    """The tag of a path; None of anything else."""
    kind = class_of(value)
    # A path of this machine's own kind is one of that machine's kind where it is read.
    if kind in {PosixPath, WindowsPath}:
        return {"$path": str(value)}
    return {"$path": str(value), "class": kind.__name__} if kind in _PURE_PATHS.values() else None


def path_class(name: str | None) -> type[PurePath]:
    """The class that a path's tag names."""
    return Path if name is None else _PURE_PATHS[name]
