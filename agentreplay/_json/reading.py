"""Reading JSON values that may have any shape: what is not there, or is another type, counts as empty."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

Object: TypeAlias = "dict[str, Any]"


def as_object(value: Any) -> Object:
    """`value` if it is a JSON object, else an empty one."""
    return cast("Object", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """`value` if it is a JSON array, else an empty one."""
    return [*value] if isinstance(value, list) else []


def objects(value: Any) -> list[Object]:
    """The items of a JSON array that are objects."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def as_text(value: Any) -> str:
    """`value` if it is text, else none."""
    return value if isinstance(value, str) else ""


def text_or_none(value: Any) -> str | None:
    """`value` if it is text that says something."""
    return as_text(value) or None


def count_or_none(value: Any) -> int | None:
    """`value` if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def plain_text(content: Any) -> str:
    """The text of a message's content: text itself, or the text parts of a list, joined."""
    if isinstance(content, str):
        return content
    parts = (part if isinstance(part, str) else as_object(part).get("text") for part in as_list(content))
    return "".join(as_text(part) for part in parts)
