"""Canonical JSON: one text for all values that mean the same, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
import marshal
import re
import secrets
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Final, cast

from pydantic_core import to_json, to_jsonable_python

from agentreplay._json.values import is_array, is_object

_MAYBE_INTEGRAL_FLOAT: Final = re.compile(r"\d\.0(?!\d)|\de\+\d")
"""Where a number could be a float without a fraction. Matches inside strings too: that only costs a second look."""

_LARGE: Final = 1 << 18
"""From how many bytes on it pays to look for long texts, which are images and documents."""

_LONG: Final = 1 << 12
"""From how many characters on a text is written by pydantic-core: the same, and five times faster."""

_STAND_IN: Final = f'"{secrets.token_hex(16)}"'
"""Stands for a long text until all else is written. Nobody can have put it into a value: it is drawn anew each time."""


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
        return _written(value)
    except TypeError:
        return _written(to_jsonable_python(value))


def canonical_plain(value: Any, *, large: bool = False) -> bytes:
    """The canonical JSON of a `value` that `plain_json` calls plain, found sooner; `large` ones may hold long texts.

    Raises:
        ValueError: NaN, an infinity, or half a character.
    """
    return _large(value, "strict") if large else _with_whole_numbers(value, _plain_text).encode()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_dumps: Final = _ENCODER.encode


def _made_once(
    texts: Callable[[str], str] = json.encoder.encode_basestring,
) -> Callable[[Any, int], Iterable[str]] | None:
    """What an encoder makes anew for each value, to look for cycles; None where Python's own is not written in C.

    `texts` writes texts.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return None
    encoder = _ENCODER
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


def _written(value: Any) -> bytes:
    try:
        # What goes in circles does not pass, and it takes a fraction of the time of what follows.
        size = len(marshal.dumps(value, 2))
    except ValueError:
        return _with_whole_numbers(value, _dumps).encode("utf-8", "surrogatepass")
    if size > _LARGE:
        return _large(value, "surrogatepass")
    return _with_whole_numbers(value, _plain_text).encode("utf-8", "surrogatepass")


def _plain_text(value: Any) -> str:
    return "".join(_chunks(value, 0)) if _chunks is not None else _dumps(value)


def _large(value: Any, errors: str) -> bytes:
    """The canonical JSON of a value that does not go in circles; its long texts are written apart from the rest."""
    long: list[bytes] = []

    def written(text: str) -> str:
        if len(text) < _LONG:
            return json.encoder.encode_basestring(text)
        try:
            long.append(to_json(text))
        except ValueError:
            long.append(json.encoder.encode_basestring(text).encode("utf-8", errors))
        return _STAND_IN

    chunks = _made_once(written)

    def without_long(value: Any) -> str:
        long.clear()
        return "".join(chunks(value, 0)) if chunks is not None else _dumps(value)

    first, *others = _with_whole_numbers(value, without_long).encode("utf-8", errors).split(_STAND_IN.encode())
    return b"".join([first, *chain.from_iterable(zip(long, others, strict=True))])


def _with_whole_numbers(value: Any, dumps: Callable[[Any], str]) -> str:
    """The text that `dumps` writes, with integers for floats that equal them."""
    text = dumps(value)
    # The two plain searches are some fifty times as fast as the expression, and rule it out for nearly every body.
    if (".0" in text or "e+" in text) and _MAYBE_INTEGRAL_FLOAT.search(text) and _holds_whole_floats(value):
        return dumps(_with_integers(value))
    return text


def _holds_whole_floats(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    if is_object(value):
        return any(map(_holds_whole_floats, value.values()))
    if is_array(value) or isinstance(value, tuple):
        return any(map(_holds_whole_floats, cast("Iterable[Any]", value)))
    return False


def _with_integers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if is_object(value):
        return {key: _with_integers(item) for key, item in value.items()}
    if is_array(value) or isinstance(value, tuple):
        return [_with_integers(item) for item in cast("Iterable[Any]", value)]
    return value
