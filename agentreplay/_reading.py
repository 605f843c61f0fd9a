"""From the bytes of a cassette to checked JSON: everything that can be wrong with them is one clear error."""

from __future__ import annotations

import gc
import json
import math
import re
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, TypeGuard

from pydantic import ValidationError

from agentreplay._errors import CassetteError
from agentreplay._errors.files import CassetteFormatError
from agentreplay._printable import QUOTE_LIMIT, printable

DIGIT_LIMIT: Final = 4300
"""Digits of the longest integer that is read: more would take time that grows with their square."""

_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "it begins with a byte order mark; save it as UTF-8 without one"),
    (b"\xff\xfe", "it is UTF-16 text, not UTF-8"),
    (b"\xfe\xff", "it is UTF-16 text, not UTF-8"),
)
_CONFLICT: Final = re.compile(rb"^(?:<{7}|\|{7}|={7}|>{7})(?:[ ][^\r\n]{0,80})?(?=[\r\n]|\Z)", re.MULTILINE)
"""A line that git leaves in a file it could not merge. No line of JSON can begin like this."""
_CUT_OFF: Final = "its end is missing, as if it was cut off"
_TAIL: Final = 4096
"""How much of the end is looked at to see whether the text is whole."""
_BRACKET_OR_TEXT: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_DEEP: Final = 200
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class _Refused(Exception):
    """What is wrong with the text, and where, as the parser's own exception would say it."""

    def __init__(self, reason: str, where: str | None = None) -> None:
        self.reason = reason
        self.where = where
        super().__init__(reason)


def json_object(data: bytes, path: Path | None = None) -> dict[str, Any]:
    """The JSON object that `data` is the UTF-8 text of.

    Stricter than `json.loads` where it would guess: no name twice in one object, no NaN or Infinity (neither by name
    nor by a number too large for a double), no integer of more than 4300 digits, no byte order mark. A lone surrogate
    is read where it is escaped, since providers do send half of a pair at a stream's seam.

    Raises:
        CassetteFormatError: it is anything else.
    """
    try:
        return _parsed(data)
    except _Refused as refused:
        reason, where = refused.reason, refused.where
    # Outside of the except block, so that the error does not keep the whole text alive as its context.
    conflict = _CONFLICT.search(data)
    if conflict:
        marker = printable(conflict.group().decode("utf-8", "replace"), QUOTE_LIMIT)
        raise CassetteFormatError.conflicted(marker, path=path, where=_line_column(data, conflict.start()))
    raise CassetteFormatError.damaged(reason, path=path, where=where)


def is_readable(data: bytes) -> bool:
    """Whether `data`, the text that a JSON object was written as, is one that `json_object` reads."""
    try:
        json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    return True


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def shape_error(error: ValidationError, path: Path | None, inside: tuple[str | int, ...] = ()) -> CassetteError:
    """The error for JSON that has not the shape of a cassette, or of what is to stand `inside` of one."""
    details = error.errors(include_url=False, include_context=False)
    first = details[0]
    reason = first["msg"].lower() if first["type"] != "value_error" else "this value cannot be read"
    if first["type"] == "missing":
        reason = "this field is missing"
    elif "should be" in reason:
        wanted = reason[reason.index("should be") :]
        wanted = "should be an object" if "dictionary" in wanted else wanted
        reason = f"it {wanted}, and is {_sort_of(first['input'])}"
    more = f" ({len(details) - 1} more such places)" if len(details) > 1 else ""
    reason = printable(reason, 2 * QUOTE_LIMIT) + more
    return CassetteFormatError.damaged(reason, path=path, where=dotted((*inside, *first["loc"])))


def dotted(place: Sequence[str | int]) -> str:
    """A place inside of JSON as people write it: `interactions[3].request.kind`, in at most 80 characters."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _NAME.fullmatch(step) and len(step) <= QUOTE_LIMIT:
            text += f".{step}" if text else step
        else:
            text += f'["{printable(step, QUOTE_LIMIT // 2)}"]'
    return printable(text, QUOTE_LIMIT)


@contextmanager
def collector_paused() -> Generator[None]:
    """Within, the cyclic garbage collector does not run: it makes building many objects two or three times slower."""
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def _parsed(data: bytes) -> dict[str, Any]:
    if not data or data.isspace():
        raise _Refused("it is empty")
    for mark, reason in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            raise _Refused(reason, "its first bytes")
    end = data[-_TAIL:].rstrip(b" \t\r\n")
    if data[:_TAIL].lstrip(b" \t\r\n").startswith(b"{") and end and not end.endswith(b"}"):
        # Said before parsing, which would build all that is there to find out the same.
        raise _Refused(_CUT_OFF, _line_column(data, len(data)))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Refused(f"the byte 0x{data[error.start]:02x} is no UTF-8", _line_column(data, error.start)) from None
    doubles: list[_Twice] = []

    def constant(name: str) -> Any:
        raise _Refused(f"{name} is no JSON number", _number_place(data, name))

    def number(written: str) -> float:
        value = float(written)
        if math.isinf(value):
            shown = printable(written, QUOTE_LIMIT // 2)
            raise _Refused(f"the number {shown} is too large for a double", _number_place(data, written))
        return value

    def integer(written: str) -> int:
        if len(written) > DIGIT_LIMIT:
            reason = f"a number has {len(written)} digits, more than {DIGIT_LIMIT}"
            raise _Refused(reason, _number_place(data, written))
        return int(written)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            found = _Twice(found)
            doubles.append(found)
            found.name = _first_repeated(pairs)
        return found

    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_constant=constant, parse_float=number, parse_int=integer
        )
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            reason = _CUT_OFF
        else:
            reason = f"it is no JSON: {error.msg[0].lower()}{error.msg[1:]}"
        raise _Refused(reason, f"line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise _Refused("it is nested too deep to be read", _deep_place(data)) from None
    if doubles:
        raise _Refused(
            f"the name {printable(json.dumps(doubles[0].name), QUOTE_LIMIT // 2)} stands twice in one object",
            _place_of(doubles[0], value),
        )
    if not _is_object(value):
        raise _Refused(f"it is JSON, but {_sort_of(value)} and no cassette")
    return value


class _Twice(dict[str, Any]):
    """An object in which one name stands twice; marked, so that its place is found once all is read."""

    name = ""


def _first_repeated(pairs: list[tuple[str, Any]]) -> str:
    names = Counter(name for name, _ in pairs)
    return next(name for name, times in names.items() if times > 1)


def _place_of(wanted: _Twice, value: Any) -> str | None:
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    while waiting:
        found, place = waiting.pop()
        if found is wanted:
            return dotted(place) or "the outermost object"
        if _is_object(found):
            waiting.extend((item, (*place, name)) for name, item in found.items())
        elif _is_list(found):
            waiting.extend((item, (*place, position)) for position, item in enumerate(found))
    return None


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _deep_place(data: bytes) -> str | None:
    depth = 0
    for token in _BRACKET_OR_TEXT.finditer(data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group()[:1], 0)
        if depth > _DEEP:
            return _line_column(data, token.start())
    return None


def _number_place(data: bytes, number: str) -> str | None:
    beginning = re.escape(number[:QUOTE_LIMIT].encode())
    found = re.search(rb"[\[,:]\s*(" + beginning + rb")", data)
    return _line_column(data, found.start(1)) if found else None


def _line_column(data: bytes, position: int) -> str:
    line = data.count(b"\n", 0, position) + 1
    line_end = data.rfind(b"\n", 0, position)
    return f"line {line} byte {position - line_end}"


_SORTS: Final[dict[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


def _sort_of(value: object) -> str:
    return "null" if value is None else _SORTS.get(type(value), "something else")
