"""The plainest differences, as most events of a stream are written: nothing in them needs to be weighed."""

from __future__ import annotations

from typing import Any, Final, cast

from agentreplay._json.values import is_array, is_object
from agentreplay._linear.marks import AS, HERE, MARKS, PLAIN, is_marked

_FIRST: Final = "[0]"
_OTHER_MARKS: Final = MARKS - {AS}


def plainly_changed(written: dict[str, Any], base: Any) -> dict[str, Any] | None:
    """What `written` says, as a difference from `base`; None where it is not one of the plainest.

    These only give members other values. Each part of `base` is taken once at most, so that what comes out weighs no
    more than both together. It shares its parts with them.
    """
    if not is_object(base) or not _OTHER_MARKS.isdisjoint(written):
        return None
    found = base.copy()
    # These steps are taken for each part of each event: no calls where there is nothing to be found out.
    for name, value in written.items():
        if name == AS:
            continue
        if type(value) is dict and (AS in value or PLAIN in value):
            told = cast("dict[str, Any]", value)
            changed = plainly_changed(told, base.get(name)) if told.get(AS) == HERE else None
            if changed is None:
                return None
            found[name] = changed
        elif is_array(value) and any(map(is_marked, value)):
            changed = _first_changed(value, base.get(name))
            if changed is None:
                return None
            found[name] = [changed]
        else:
            found[name] = value
    return found


def _first_changed(written: list[Any], base: Any) -> dict[str, Any] | None:
    """The only item of a list that differs from the first one of `base`."""
    if len(written) > 1 or written[0].get(AS) != _FIRST or not is_array(base) or not base:
        return None
    return plainly_changed(written[0], base[0])
