"""Values of a request in a few plain words: short, on one line, nothing that a terminal obeys, no long base64."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from typing import Any, Final

from agentreplay._json.values import is_array, is_object, with_leaves
from agentreplay._printable import printable

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{128,}={0,2}")
_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.-]+)*;base64,")
_MAGIC: Final = (
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"%PDF", "PDF document"),
    (b"ID3", "MP3 audio"),
    (b"OggS", "Ogg audio"),
    (b"PK\x03\x04", "ZIP archive"),
)
_TYPES: Final = {bool: "a truth value", str: "text", int: "a number", float: "a number", type(None): "null"}


def excerpt(value: Any, limit: int) -> str:
    """What `value` is, in about `limit` characters: texts quoted, messages as `role: "text"`, the rest as JSON."""
    value = with_leaves(value, _media_named)
    if is_object(value):
        return _message(value, limit) or _tool(value) or printable(_json(value), limit)
    if is_array(value):
        return printable(_json(value), limit)
    return quoted(value, limit) if isinstance(value, str) and not _is_named(value) else printable(_text(value), limit)


def quoted(text: str, limit: int) -> str:
    """`text` in quotation marks, on one line."""
    return f'"{printable(text, limit)}"'


def type_in_words(value: Any) -> str:
    """What sort of JSON value this is."""
    if is_object(value) or is_array(value):
        return "an object" if isinstance(value, dict) else "a list"
    return next((words for kind, words in _TYPES.items() if isinstance(value, kind)), "a value")


def media_in_words(text: str) -> str | None:
    """What a long base64 text holds (sort, size in bytes, beginning of its SHA-256); None where it is no such text."""
    url = _DATA_URL.match(text)
    data = text[url.end() :] if url else text
    if len(data) < 128 or not _BASE64.fullmatch(data):
        return None
    plain = data.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - 1] if len(plain) % 4 == 1 else plain
    content = base64.b64decode(plain + "=" * (-len(plain) % 4))
    sort = next((name for magic, name in _MAGIC if content.startswith(magic)), None)
    if content[:4] == b"RIFF":
        sort = {b"WEBP": "WebP image", b"WAVE": "WAV audio"}.get(content[8:12])
    sort = sort or (url[1] if url and url[1] else "base64")
    return f"<{sort}, {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()[:8]}>"


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two short texts that differ, so written that a person sees how: what looks alike is escaped."""
    if _looks(one) != _looks(other):
        return printable(one), printable(other)
    return _escaped(one), _escaped(other)


def _escaped(text: str) -> str:
    return printable(text).encode("ascii", "backslashreplace").decode("ascii").replace(" ", "␣")


def _looks(text: str) -> str:
    visible = "".join(char for char in unicodedata.normalize("NFKC", text) if char.isprintable())
    return "".join(visible.split())


def _media_named(value: Any) -> Any:
    return (media_in_words(value) or value) if isinstance(value, str) else value


def _is_named(text: str) -> bool:
    return text.startswith("<") and text.endswith(">") and " bytes, sha256 " in text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _message(value: dict[str, Any], limit: int) -> str:
    """A message as `role: "text"`, with the tools it calls; nothing where `value` is none."""
    role = value.get("role")
    kind = value.get("type")
    if role is None and kind in {"function_call", "tool_use"}:
        return printable(f"call of {_call(value)}", limit)
    if role is None and kind in {"function_call_output", "tool_result"}:
        return f"tool result: {excerpt(value.get('output', value.get('content')), limit)}"
    if not isinstance(role, str):
        return ""
    text, calls = _said(value)
    parts = [quoted(text, limit)] if text else []
    parts += [f"calls {printable(call, limit)}" for call in calls[:3]]
    return f"{printable(role, 20)}: {', '.join(parts) or printable(_json(value.get('content')), limit)}"


def _said(message: dict[str, Any]) -> tuple[str, list[str]]:
    content = message.get("content")
    if isinstance(content, str):
        text, blocks = content, []
    else:
        blocks = [block for block in content if is_object(block)] if is_array(content) else []
        text = " ".join(str(block["text"]) for block in blocks if isinstance(block.get("text"), str))
    asked = message.get("tool_calls")
    calls = [call for call in asked if is_object(call)] if is_array(asked) else []
    calls += [block for block in blocks if block.get("type") == "tool_use"]
    return text, [_call(call) for call in calls]


def _call(call: dict[str, Any]) -> str:
    function = call.get("function")
    said = function if is_object(function) else call
    arguments = said.get("arguments", said.get("input", ""))
    return f"{said.get('name')}({_text(arguments)})"


def _tool(value: dict[str, Any]) -> str:
    function = value.get("function")
    name = (function if is_object(function) else value).get("name")
    described = value if not is_object(function) else function
    return f"tool {printable(str(name), 60)}" if name and {"parameters", "input_schema"} & described.keys() else ""
