"""Where ids stand in requests and responses of model APIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias

from agentreplay._cassette import RecordedRequest
from agentreplay._json.values import is_array, is_object


class IdPlace(Enum):
    """What an id at some place stands for.

    - `CALL`: it names a tool call whose arguments or result stand beside it.
    - `ITEM`: it names the message or item that it stands in.
    - `REFERENCE`: it stands for something that the request does not show (a file, an earlier response).
    """

    CALL = "call"
    ITEM = "item"
    REFERENCE = "reference"


Swap: TypeAlias = Callable[[str, IdPlace, str], str]
"""Takes an id, its place and the name it stands under; gives what is to stand there instead."""

_CALL_NAMES: Final = frozenset({"tool_call_id", "tool_use_id", "call_id"})
_REFERENCE_NAMES: Final = frozenset({"conversation", "container"})
_CONVERSATIONS: Final = frozenset({"messages", "input", "contents"})
_FREE_FORM: Final = frozenset({"arguments", "metadata", "input_schema", "parameters", "schema", "json_schema"})
"""What stands below these is the app's own, whatever it calls its fields."""
_PLAIN_WORD: Final = re.compile(r"[a-z_]+")


def swap_ids(value: Any, swap: Swap) -> Any:
    """`value` with every id in it replaced by what `swap` gives for it.

    Members of objects are visited in the order of their names, so that equal values are visited alike. What holds no
    id is shared with `value`, not copied.
    """
    return _swapped(value, "", {}, swap, in_conversation=False)


def swap_request_ids(request: RecordedRequest, swap: Swap) -> RecordedRequest:
    """`request` with every id in its body, its path and its query replaced by what `swap` gives for it."""
    path = request.path
    if path is not None:
        path = "/".join(
            part if _PLAIN_WORD.fullmatch(part) or not part else swap(part, IdPlace.REFERENCE, "path")
            for part in path.split("/")
        )
    query = {
        name: swap(value, IdPlace.REFERENCE, name) if isinstance(value, str) else value
        for name, value in sorted((request.query or {}).items())
    }
    update = {"body": swap_ids(request.body, swap), "path": path, "query": query or request.query}
    return request.model_copy(update=update)


def _swapped(value: Any, name: str, holder: Mapping[str, Any], swap: Swap, *, in_conversation: bool) -> Any:
    if isinstance(value, str):
        place = _place(name, holder, in_conversation=in_conversation)
        return value if place is None else swap(value, place, name)
    if name in _FREE_FORM or (name == "input" and "name" in holder):
        return value
    if is_object(value):
        inside = in_conversation and name not in _REFERENCE_NAMES
        new = {key: _swapped(value[key], key, value, swap, in_conversation=inside) for key in sorted(value)}
        return value if all(new[key] is value[key] for key in new) else {key: new[key] for key in value}
    if is_array(value):
        inside = in_conversation or name in _CONVERSATIONS
        one = name[: -len("s")] if name.endswith("_ids") else ""
        # A plain string in a list of any other name is text, whatever the list is called.
        items = [
            item if isinstance(item, str) and not one else _swapped(item, one, {}, swap, in_conversation=inside)
            for item in value
        ]
        return value if all(old is item for old, item in zip(value, items, strict=True)) else items
    return value


def _place(name: str, holder: Mapping[str, Any], *, in_conversation: bool) -> IdPlace | None:
    if name in _CALL_NAMES or (name == "id" and _is_tool_call(holder)):
        return IdPlace.CALL
    if name == "id":
        own = in_conversation and holder.get("type") != "item_reference" and len(holder) > 1
        return IdPlace.ITEM if own else IdPlace.REFERENCE
    return IdPlace.REFERENCE if name.endswith("_id") or name in _REFERENCE_NAMES else None


def _is_tool_call(holder: Mapping[str, Any]) -> bool:
    kind = holder.get("type")
    if isinstance(kind, str) and kind.endswith(("_call", "tool_use")):
        return True
    return "function" in holder or "arguments" in holder
