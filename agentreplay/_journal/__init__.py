"""The journal: what is kept of calls while they are made, a line for each, in a file that only grows.

Every line begins with a checksum of the rest, so that a line either says what was written or is known not to:

    {"crc32":"8d0f32c1","journal":1,"session":"shop/42","process":"20261122t231745-4711-9f3a77c2", …}
    {"crc32":"0c9be1d7","sdks":{"openai":"2.54.0"},"interaction":{…}}
    {"crc32":"5b01fd18","sdks":{"openai":"2.54.0"},"vendor":"openai","request":{…}, …}<1F>{"messages": …}<1F>{"id": …}

The first line says whose journal it is. A call out of which something was taken, or might have been, is an
interaction. Of another one the texts that were sent and received stand as they were behind the JSON, each after a unit
separator, with record separators for their line ends: to read them is left to whoever collects. A last line without its
newline was torn when its process died; it is no damage, and nobody was told that it was kept.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from agentreplay._errors import CassetteError
from agentreplay._errors.journal import JournalError
from agentreplay._json.reading import as_object
from agentreplay._reading import json_object, shape_error
from agentreplay._recorded import Interaction

JOURNAL_FORMAT: Final = 1
"""The format that this release writes and reads."""

JOURNALS: Final = "journal"
"""The folder of the journals, in the folder that recordings are collected into."""

SUFFIX: Final = ".jsonl"

_LINE: Final = re.compile(rb'\{"crc32":"([0-9a-f]{8})",(.*)', re.DOTALL)
_TEXT: Final = b"\x1f"
_NEWLINE: Final = b"\x1e"
_SENT_AND_RECEIVED: Final = 2

_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=to_jsonable_python).encode


Reader = Callable[[Mapping[str, Any], bytes, bytes], Interaction]
"""Makes the interaction of a call whose texts were kept: given what is said beside them, what was sent, what received.

Raises ValueError, KeyError or TypeError where that says no call.
"""


@dataclass(frozen=True)
class Heading:
    """Whose journal it is: `process` is a name that no other process ever has, `started_at` an ISO time in UTC."""

    session: str
    process: str
    started_at: str
    agentreplay_version: str = ""

    def line(self) -> bytes:
        """The first line of the journal."""
        return _line({"journal": JOURNAL_FORMAT, **vars(self)})


@dataclass
class Journal:
    """What a journal holds.

    `sdks` are the versions that calls were made with. `torn` says that its last line was cut off; `damaged` are the
    errors of lines that were left out.
    """

    heading: Heading
    interactions: list[Interaction] = field(default_factory=list[Interaction])
    sdks: dict[str, str] = field(default_factory=dict[str, str])
    torn: bool = False
    damaged: list[CassetteError] = field(default_factory=list[CassetteError])


def interaction_line(interaction: Mapping[str, Any], sdks: Mapping[str, str]) -> bytes:
    """The line that keeps `interaction` (as it would stand in a cassette), made with these versions of SDKs.

    Raises:
        ValueError, TypeError, RecursionError: it is not to be said in JSON.
    """
    return _line({"sdks": dict(sdks), "interaction": dict(interaction)})


def texts_line(said: Mapping[str, Any], sdks: Mapping[str, str], sent: bytes, received: bytes) -> bytes | None:
    """The line that keeps a call as the texts that were `sent` and `received`, with what is `said` beside them in JSON.

    None where a text cannot stand in a line.
    """
    if any(separator in text for separator in (_TEXT, _NEWLINE) for text in (sent, received)):
        return None
    return _line({"sdks": dict(sdks), **said}, _TEXT + sent + _TEXT + received)


def read_journal(data: bytes, path: Path, reader: Reader, *, skip_damaged: bool = False) -> Journal | None:
    """What the journal at `path`, whose bytes are `data`, holds; None where not even its first line is whole.

    `reader` makes interactions of texts. With `skip_damaged`, lines that cannot be read are left out and told of; the
    first line must be right all the same.

    Raises:
        JournalError: a complete line is damaged.
    """
    lines = data.split(b"\n")
    torn = bool(lines.pop())
    if not lines:
        return None
    journal = Journal(_heading(lines[0], path), torn=torn)
    for number, line in enumerate(lines[1:], start=2):
        try:
            interaction, sdks = _interaction(line, path, number, reader)
        except JournalError as error:
            if not skip_damaged:
                raise
            journal.damaged.append(error)
            continue
        journal.interactions.append(interaction)
        journal.sdks.update(sdks)
    return journal


def _line(value: Mapping[str, Any], texts: bytes = b"") -> bytes:
    # All of it ASCII: half a pair of surrogates is legal in JSON where it is escaped, and so it came.
    text = _encode(value)
    rest = text[1:].encode("ascii") + texts.replace(b"\n", _NEWLINE)
    return b'{"crc32":"%08x",%s\n' % (zlib.crc32(rest), rest)


def _members(line: bytes, path: Path, number: int) -> tuple[dict[str, Any], list[bytes]]:
    """What a line says in JSON, and the texts behind that."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise JournalError.damaged("it is no line of a journal", path=path, line=number)
    if int(match[1], 16) != zlib.crc32(match[2]):
        raise JournalError.damaged("the line is not what was written: its checksum is another", path=path, line=number)
    said, *texts = match[2].split(_TEXT)
    try:
        return json_object(b"{" + said), [text.replace(_NEWLINE, b"\n") for text in texts]
    except CassetteError as error:
        raise JournalError.damaged(error.reason, path=path, line=number) from None


def _heading(line: bytes, path: Path) -> Heading:
    members, _ = _members(line, path, 1)
    if members.get("journal") != JOURNAL_FORMAT:
        raise JournalError.unknown_format(members.get("journal"), JOURNAL_FORMAT, path=path)
    said = {name: members.get(name) for name in ("session", "process", "started_at", "agentreplay_version")}
    texts = {name: value for name, value in said.items() if isinstance(value, str)}
    if len(texts) < len(said) or not texts["session"]:
        raise JournalError.damaged("it does not say whose journal it is", path=path, line=1)
    return Heading(**texts)


def _interaction(line: bytes, path: Path, number: int, reader: Reader) -> tuple[Interaction, dict[str, str]]:
    members, texts = _members(line, path, number)
    sdks = {name: text for name, text in as_object(members.get("sdks")).items() if isinstance(text, str)}
    try:
        if len(texts) == _SENT_AND_RECEIVED:
            return reader(members, *texts), sdks
        return Interaction.model_validate(members.get("interaction")), sdks
    except ValidationError as error:
        reason = shape_error(error, path).reason
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"what it says of a call cannot be read ({type(error).__name__})"
    raise JournalError.damaged(reason, path=path, line=number)
