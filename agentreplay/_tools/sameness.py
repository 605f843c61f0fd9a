"""Whether two values are the same to a program: same types, same content, all the way down."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Set
from datetime import datetime, time
from typing import Any, cast

from agentreplay._tools.objects import fields_of
from agentreplay._tools.types import class_of


def same(one: Any, other: Any) -> bool:
    """Whether nothing but their identity tells the two values apart. They must not hold themselves."""
    kind = class_of(one)
    if kind is not type(other):
        return False
    if kind is float or kind is complex:
        # Equal is not enough for -0.0, and too much for NaN.
        return repr(one) == repr(other)
    if isinstance(one, (datetime, time)):
        return one == other and one.fold == other.fold and type(one.tzinfo) is type(other.tzinfo)
    fields = fields_of(one)
    if fields is not None:
        others = fields_of(other) or {}
        if fields.keys() != others.keys() or not all(same(item, others[name]) for name, item in fields.items()):
            return False
        # It may hold items besides its fields.
        if not isinstance(one, (list, tuple, Set, Mapping)):
            return True
    if isinstance(one, (list, tuple)):
        return _all_same(cast("Iterable[Any]", one), cast("Iterable[Any]", other))
    if isinstance(one, Set):
        return _all_same(sorted(cast("Any", one), key=repr), sorted(other, key=repr))
    if isinstance(one, Mapping):
        return _all_same(cast("Any", one).items(), other.items())
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and isinstance(one, (numpy.ndarray, numpy.generic)):
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    return bool(one == other)


def _all_same(one: Iterable[Any], other: Iterable[Any]) -> bool:
    items, others = list(one), list(other)
    return len(items) == len(others) and all(map(same, items, others))
