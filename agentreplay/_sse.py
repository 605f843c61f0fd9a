"""Server-sent events as records: readable in a file, and lossless for the parser that reads them again.

Format: WHATWG HTML, section "Server-sent events". Events end with a blank line; lines end with LF, CRLF or CR.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from agentreplay._alike import Alike, Slot
from agentreplay._cassette import StreamEvent
from agentreplay._json.layout import ASCII, NotDataError, parse, rendered

_LINE_END: Final = r"(?:\r\n|\n|\r(?!\n))"
_EVENT_END: Final = re.compile(_LINE_END + _LINE_END)
_PLAIN: Final = re.compile(
    r"(?:event:(?P<event_space> ?)(?P<event>[^\r\n]*)(?P<event_end>\r\n|\n|\r(?!\n)))?"
    r"data:(?P<space> ?)(?P<data>[^\r\n]*)(?P<end>\r\n|\n|\r(?!\n))(?P<blank>\r\n|\n|\r(?!\n))"
)
_LINE_ENDS: Final = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_NAMES: Final = {end: name for name, end in _LINE_ENDS.items()}
_TIGHT: Final = "tight"
_DEFAULT: Final = "compact"


def split(text: str) -> list[str]:
    """The events of a stream, each with the blank line that ends it; the last may lack one."""
    pieces: list[str] = []
    start = 0
    for end in _EVENT_END.finditer(text):
        pieces.append(text[start : end.end()])
        start = end.end()
    if start < len(text):
        pieces.append(text[start:])
    return pieces


def read(pieces: Sequence[str]) -> tuple[list[StreamEvent], str | None]:
    """The records of a stream's events, and the layout they share (None for the plainest one)."""
    layout = next((found for piece in pieces if (found := _layout_of(piece))), _DEFAULT)
    return [_read_event(piece) for piece in pieces], None if layout == _DEFAULT else layout


def write(events: Sequence[Alike], layout: str | None, *, plain: bool = False) -> list[bytes]:
    """The bytes of events, in the layout that `read` named.

    `plain` says that their data is plain JSON.

    Raises:
        ValueError: no such layout; or a text is none that UTF-8 can hold.
    """
    json_layout, end, space = _parts(layout)
    fields = [each.fields for each in events]
    told = [each.get("data") for each in fields if each.get("raw") is None and each.get("text") is None]
    data = iter(rendered(told, json_layout, plain=plain))
    after = (end + end).encode()
    before: dict[str | None, bytes] = {None: f"data:{space}".encode()}
    pieces: list[bytes] = []
    for event in events:
        name, text, raw = map(event.fields.get, ("event", "text", "raw"))
        if raw is not None:
            pieces.append(raw.encode())
            continue
        if name not in before:
            before[name] = f"event:{space}{name}{end}data:{space}".encode()
        piece = before[name] + (next(data) if text is None else text.encode()) + after
        if event.slots:
            pieces += event.texts(piece, [_texts_of(slot, json_layout) for slot in event.slots])
        else:
            pieces.append(piece)
    return pieces


def _texts_of(slot: Slot, json_layout: str) -> Sequence[bytes]:
    """The JSON of what stands in `slot`, as it stands in an event of this layout."""
    is_ascii = ASCII in json_layout.split()
    if slot.texts is not None and not is_ascii:
        return slot.texts
    return rendered(slot.values, f"compact {ASCII}" if is_ascii else None, plain=True)


def _read_event(piece: str) -> StreamEvent:
    plain = _PLAIN.fullmatch(piece)
    if not plain:
        return StreamEvent(raw=piece)
    try:
        value, _ = parse(plain["data"])
    except NotDataError:
        return StreamEvent(event=plain["event"], text=plain["data"])
    return StreamEvent(event=plain["event"], data=value)


def _layout_of(piece: str) -> str | None:
    plain = _PLAIN.fullmatch(piece)
    if not plain:
        return None
    try:
        _, json_layout = parse(plain["data"])
    except NotDataError:
        return None
    words = [json_layout]
    if plain["end"] != "\n":
        words.append(_NAMES[plain["end"]])
    if not plain["space"]:
        words.append(_TIGHT)
    return " ".join(words)


@lru_cache(maxsize=64)
def _parts(layout: str | None) -> tuple[str, str, str]:
    """The JSON layout, the line end and the space after a colon that a stream's layout names."""
    words = (layout or _DEFAULT).split()
    end = next((_LINE_ENDS[word] for word in words if word in _LINE_ENDS), "\n")
    space = "" if _TIGHT in words else " "
    return " ".join(word for word in words if word not in _LINE_ENDS and word != _TIGHT), end, space
