"""Canonical JSON: one text for all values that mean the same, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from pydantic_core import to_jsonable_python

from agentreplay._json.values import is_array, is_object

_MAYBE_INTEGRAL_FLOAT: Final = re.compile(r"\d\.0(?!\d)|\de\+\d")
"""Where a number could be a float without a fraction. Matches inside strings too: that only costs a second pass."""


def canonical_json(value: Any) -> bytes:
    """The one UTF-8 text of all JSON values equal to `value`.

    Keys are sorted by code point, no white space, nothing escaped that need not be; a float without a fraction is
    written as the integer it equals (`1.0` is `1`, `-0.0` is `0`). What is not JSON (datetimes, models, sets, bytes …)
    is taken as pydantic would serialise it.

    Raises:
        ValueError: NaN or an infinity.
        PydanticSerializationError: a value that pydantic does not know how to serialise.
    """
    try:
        text = _dumps(value)
    except TypeError:
        value = to_jsonable_python(value)
        text = _dumps(value)
    # The two plain searches are some fifty times as fast as the expression, and rule it out for nearly every body.
    if (".0" in text or "e+" in text) and _MAYBE_INTEGRAL_FLOAT.search(text):
        text = _dumps(_with_integers(value))
    return text.encode("utf-8", "surrogatepass")


def canonical_plain(value: Any) -> bytes:
    """The canonical JSON of a `value` that `plain_json` calls plain, found sooner.

    Raises:
        ValueError: NaN, an infinity, or half a character.
    """
    text = "".join(_chunks(value, 0)) if _chunks is not None else _dumps(value)
    if (".0" in text or "e+" in text) and _MAYBE_INTEGRAL_FLOAT.search(text):
        text = _dumps(_with_integers(value))
    return text.encode()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_dumps: Final = _ENCODER.encode


def _made_once() -> Callable[[Any, int], Iterable[str]] | None:
    """What an encoder makes anew for each value, to look for cycles; None where Python's own is not written in C."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return None
    encoder = _ENCODER
    texts = json.encoder.encode_basestring
    chunks: Callable[[Any, int], Iterable[str]] = make(
        None,
        encoder.default,
        texts,
        None,
        encoder.key_separator,
        encoder.item_separator,
        encoder.sort_keys,
        encoder.skipkeys,
        encoder.allow_nan,
    )
    return chunks


_chunks: Final = _made_once()


def _with_integers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if is_object(value):
        return {key: _with_integers(item) for key, item in value.items()}
    if is_array(value) or isinstance(value, tuple):
        return [_with_integers(item) for item in cast("Iterable[Any]", value)]
    return value
