"""Scalars and small arrays of NumPy, where the program uses it: agentreplay itself never imports it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any, Final

_LARGEST: Final = 10_000
"""Items of an array that is still small."""

_NUMBERS: Final = re.compile(r"[<>|=]?[biufcSU]\d+|[<>|=]?[mM]8(\[\d*[a-z]+\])?")
"""Types of items that are written: numbers, texts, times."""


def array_tag(value: Any, encode: Callable[[Any], Any]) -> dict[str, Any] | None:
    """The tag of a scalar or a small array of NumPy; None of anything else."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or (type(value) is not numpy.ndarray and not isinstance(value, numpy.generic)):
        return None
    dtype = value.dtype.str
    if not _NUMBERS.fullmatch(dtype) or value.size > _LARGEST or (value.dtype.itemsize > 16 and dtype[1] in "fc"):
        return None
    plain = value.astype("int64") if value.dtype.kind in "mM" else value
    tag = {"$array": encode(plain.tolist()), "dtype": dtype}
    return {**tag, "shape": list(value.shape)} if type(value) is numpy.ndarray else tag


def array_from_tag(content: Any, data: dict[str, Any], decode: Callable[[Any], Any]) -> Any:
    """The scalar or array that a tag stands for.

    Raises:
        ValueError: the program has not imported NumPy, or the tag is none of ours.
    """
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        raise ValueError("it is an array of NumPy, which this program has not imported")
    dtype = data["dtype"]
    if not isinstance(dtype, str) or not _NUMBERS.fullmatch(dtype):
        raise ValueError(f"{dtype!r} is no type of numbers, texts or times")
    stored = "int64" if dtype.lstrip("<>|=")[0] in "mM" else dtype
    values = numpy.array(decode(content), dtype=stored).astype(dtype)
    return values.reshape(data["shape"]) if "shape" in data else values[()]
