"""The notation in which a value is written as what differs from an earlier one.

A value may be written so only in certain places: as a whole body (or data of an event), and inside of one that is
written so, as a member that differs, or as an item of a list that differs. Everywhere else any JSON is just itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from agentreplay._json.values import is_array, is_object

AS: Final = "$as"
"""What an object, text or run of items is like: `interaction -1`, `event -1`, `.`, `[2]`, `[:-1]`."""
PLAIN: Final = "$plain"
"""Alone in an object: the value is just what stands here, whatever it looks like."""
WITHOUT: Final = "$without"
"""Names of members that are not there any more."""
ORDER: Final = "$order"
"""All names of members in their order, where it is not that of the earlier value with new ones behind."""
THEN: Final = "$then"
"""Text that follows what was taken of the earlier text."""
END: Final = "$end"
"""What follows that, of the earlier text: `[-12:]`."""

MARKS: Final = frozenset({AS, PLAIN, WITHOUT, ORDER, THEN, END})

HERE: Final = "."
"""In `$as`: the value that stands in this place of the earlier one."""

_FAR: Final = re.compile(r"(interaction|event) -([1-9][0-9]{0,8})")
_RUN: Final = re.compile(r"\[(-?[0-9]{1,15})?:(-?[0-9]{1,15})?\]")
_ITEM: Final = re.compile(r"\[(-?[0-9]{1,15})\]")


def interaction_back(count: int) -> str:
    """How the interaction `count` places before is named."""
    return f"interaction -{count}"


def event_back(count: int) -> str:
    """How the event `count` places before is named."""
    return f"event -{count}"


def read_far(text: object) -> tuple[str, int] | None:
    """What is counted in, and how many back; None where the text names no earlier interaction or event."""
    return _read_far(text) if isinstance(text, str) else None


@lru_cache(maxsize=256)
def _read_far(text: str) -> tuple[str, int] | None:
    # Nearly all of a file say the same few.
    found = _FAR.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def run_text(start: int, stop: int, length: int) -> str:
    """How the items (or characters) from `start` up to `stop`, of `length`, are named."""
    first = "" if start == 0 else _from_nearer_end(start, length)
    last = "" if stop == length else _from_nearer_end(stop, length)
    return f"[{first}:{last}]"


def item_text(place: int, length: int) -> str:
    """How one item of a list is named."""
    return f"[{_from_nearer_end(place, length)}]"


def read_run(text: object, length: int) -> tuple[int, int] | None:
    """From where and up to where a run goes, both within `length`; None where the text names no such run."""
    found = _RUN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    start = _counted(found[1], length) if found[1] is not None else 0
    stop = _counted(found[2], length) if found[2] is not None else length
    return (start, stop) if 0 <= start <= stop <= length else None


def read_item(text: object, length: int) -> int | None:
    """The place of one item; None where the text names none of `length`."""
    found = _ITEM.fullmatch(text) if isinstance(text, str) else None
    place = _counted(found[1], length) if found else -1
    return place if 0 <= place < length else None


def is_marked(value: Any) -> bool:
    """Whether `value`, where a value may be written as a difference, is written as something else than itself."""
    return is_object(value) and (AS in value or PLAIN in value)


def escaped(value: Any) -> Any:
    """`value` as it is written as a whole or as an item, where it could be taken for a difference and is none."""
    return {PLAIN: value} if is_marked(value) else value


def escaped_member(value: Any) -> Any:
    """Likewise as a member of an object that is a difference: there the items of a list may be differences too."""
    if is_array(value) and any(map(is_marked, value)):
        return [*map(escaped, value)]
    return escaped(value)


def _counted(written: str, length: int) -> int:
    place = int(written)
    # Also "-0", which is the end and not the beginning.
    return place + length if written.startswith("-") else place


def _from_nearer_end(place: int, length: int) -> str:
    # So that it stays the same when something is put before.
    return str(place - length) if length - place < place else str(place)
