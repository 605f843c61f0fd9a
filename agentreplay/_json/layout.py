"""How a JSON text is laid out, so that a body kept as data can be given back as the text it came in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NoReturn

from pydantic_core import to_json

_SEPARATORS: Final[dict[str, tuple[int | str | None, str, str]]] = {
    "compact": (None, ",", ":"),
    "spaced": (None, ", ", ": "),
    "indent-1": (1, ",", ": "),
    "indent-2": (2, ",", ": "),
    "indent-4": (4, ",", ": "),
    "indent-tab": ("\t", ",", ": "),
}
ASCII: Final = "ascii"
"""The word in the name of a layout where everything else is escaped."""
_NEWLINE: Final = "newline"
_NO_INTEGER: Final = b":."
_SIGNS: Final = bytes.maketrans(b",[eENI", b"::....")
"""What stands before a value, and what a number has that is more than digits: a point, an exponent or a name."""
_INDENT: Final = re.compile(r"[{\[]\n([ \t]+)")
_SPACED: Final = re.compile(r'[\[{]*(?:"(?:[^"\\]|\\.)*"|[^"\[\]{},:]*)[:,] ')
"""A first key, or a first item, with a space behind what comes after it; what stands inside texts tells nothing."""
_INDENT_STYLES: Final = {" ": "indent-1", "  ": "indent-2", "    ": "indent-4", "\t": "indent-tab"}


class NotDataError(ValueError):
    """A text that is not JSON, or is JSON that data cannot stand for (repeated keys, NaN, lone surrogates)."""


def parse(text: str) -> tuple[Any, str]:
    """The value of a JSON text and the name of its layout.

    `render(value, layout)` gives a text of the same value, and the very same text where the layout is one of those
    known here: `compact` (`{"a":1}`), `spaced` (`{"a": 1}`), `indent-N`; `ascii` where everything else is escaped,
    `newline` where the text ends with one.

    Raises:
        NotDataError: the text has no value that renders to an equal text.
    """
    try:
        value = _decode(text)
        layout = _layout(text)
        rendered = render(value, layout)
        rendered.encode()
    except (ValueError, RecursionError) as error:
        raise NotDataError(str(error)) from None
    if rendered != text:
        _refuse_repeated_keys(text)
    return value, layout


def render(value: Any, layout: str | None) -> str:
    """The JSON text of `value` in a layout that `parse` named; compact where it is None.

    Raises:
        ValueError: no such layout.
    """
    return _renderer(layout or "compact")(value)


def rendered(values: Sequence[Any], layout: str | None, *, plain: bool = False) -> list[bytes]:
    """The texts of `values` that `render` gives, in UTF-8. `plain` says that they are plain JSON, as a parser gives it.

    Raises:
        ValueError: no such layout; or a value is none that UTF-8 can hold.
    """
    if plain and layout in {None, "compact"}:
        texts = _compact(values)
        if texts is not None:
            return texts
    encode = _renderer(layout or "compact")
    return [encode(value).encode() for value in values]


def _compact(values: Sequence[Any]) -> list[bytes] | None:
    """The compact texts of plain JSON values, by pydantic-core, which is quicker; None where it writes them otherwise.

    Fractions and exponents it writes in ways of its own.
    """
    try:
        texts = [*map(to_json, values)]
    except ValueError:
        return None
    # With digits left out, such a number begins with what makes it one. So may a piece of a text, which does no harm.
    return None if _NO_INTEGER in b":".join([b"", *texts]).translate(_SIGNS, b"0123456789-") else texts


@lru_cache(maxsize=64)
def _renderer(layout: str) -> Callable[[Any], str]:
    style, *flags = layout.split() or [""]
    if style not in _SEPARATORS or not {ASCII, _NEWLINE}.issuperset(flags):
        raise ValueError(f"unknown JSON layout {layout!r}")
    indent, item, key = _SEPARATORS[style]
    encoder = json.JSONEncoder(indent=indent, separators=(item, key), ensure_ascii=ASCII in flags, allow_nan=False)
    encode = (_prepared(encoder) if indent is None else None) or encoder.encode
    return encode if _NEWLINE not in flags else lambda value: encode(value) + "\n"


def _prepared(encoder: json.JSONEncoder) -> Callable[[Any], str] | None:
    """`encoder.encode`, without what it prepares anew for each value; None where this Python offers no such thing.

    The encoder has no indent.
    """
    make: Any = vars(json.encoder).get("c_make_encoder")
    if make is None:
        return None
    text = json.encoder.encode_basestring_ascii if encoder.ensure_ascii else json.encoder.encode_basestring
    encode = make(None, encoder.default, text, None, encoder.key_separator, encoder.item_separator, False, False, False)
    return lambda value: "".join(encode(value, 0))


def _layout(text: str) -> str:
    style = "spaced" if _SPACED.match(text) else "compact"
    if indented := _INDENT.match(text):
        style = _INDENT_STYLES.get(indented[1], "indent-2")
    flags = [ASCII] if "\\u" in text and text.isascii() else []
    if text.endswith("\n"):
        flags.append(_NEWLINE)
    return " ".join([style, *flags])


def _refuse_constant(name: str) -> NoReturn:
    raise NotDataError(f"{name} is not JSON")


_decode: Final = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _refuse_repeated_keys(text: str) -> None:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(items)
        if len(value) != len(items):
            raise NotDataError("a key stands twice")
        return value

    json.loads(text, object_pairs_hook=pairs)
