"""Text from outside, made fit to stand in a message."""

from __future__ import annotations

from typing import Final

QUOTE_LIMIT: Final = 80
"""How many characters of a file's content a message may quote."""


def printable(text: str, limit: int | None = None, *, lines: bool = False) -> str:
    """`text` as one line that a terminal neither obeys nor hides, cut in its middle to `limit` characters.

    Control characters, marks of direction and lone surrogates are escaped; line ends are kept where `lines` is true.
    """
    if limit is not None and len(text) > 2 * limit:
        # Of a text of many megabytes, only what can be shown is escaped.
        return _cut(_escaped(text[:limit], lines) + _escaped(text[-limit:], lines), limit)
    escaped = _escaped(text, lines)
    return escaped if limit is None or len(escaped) <= limit else _cut(escaped, limit)


def _escaped(text: str, lines: bool) -> str:
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or (lines and char == "\n") else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _cut(text: str, limit: int) -> str:
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[head + 1 - limit :]}"
