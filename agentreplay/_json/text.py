"""JSON text of values, readable, as files have it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

_REPLACEMENT: Final = "\ufffd"
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def json_text(value: Any, indent: int | None = 2) -> str:
    """The JSON text of `value`, `indent` spaces a level; what is not JSON is written as pydantic would.

    Raises:
        ValueError: it is nothing that JSON could hold.
    """
    return written(lambda: to_json(value, indent=indent).decode(), lambda: value, indent)


def written(by_pydantic: Callable[[], str], value: Callable[[], Any], indent: int | None) -> str:
    """The text that pydantic writes, or where it writes no good one, that of the plain `value`."""
    # A lone surrogate (half of an emoji, at the seam of two stream events) is legal in JSON where it is escaped, and so
    # it was when it came. Pydantic refuses it in a value, mars it in a name, and nests 255 levels at most.
    with contextlib.suppress(PydanticSerializationError):
        text = by_pydantic()
        if _REPLACEMENT not in text:
            return text
    text = json.dumps(
        value(),
        indent=indent,
        separators=None if indent is not None else (",", ":"),
        ensure_ascii=False,
        default=to_jsonable_python,
    )
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
