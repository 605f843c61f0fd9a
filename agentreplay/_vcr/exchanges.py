"""Reads recordings made by vcrpy and its pytest plugins: HTTP exchanges in YAML or JSON.

Format: vcrpy's documentation, "serializers", as its versions 1 and later write it: `interactions`, each with a
`request` (`method`, `uri`, `headers`, `body`) and a `response` (`status`, `headers`, `body`). Bodies stand as text, as
binary, as base64, or parsed (`parsed_body`), compressed or not.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agentreplay._errors import ConfigurationError
from agentreplay._json.values import is_array, is_object

ENDINGS: Final = (".yaml", ".yml", ".json")


class NotTakenError(Exception):
    """Something that cannot be taken over, and why."""


@dataclass(frozen=True)
class Exchange:
    """One HTTP request and its response; header names in lower case, transport compression undone."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes


def read_exchanges(path: Path) -> Iterator[Exchange | NotTakenError]:
    """The exchanges of a file in their order; for one that cannot be read, the reason.

    Raises:
        NotTakenError: the file as a whole is no such recording.
        ConfigurationError: it is YAML, and PyYAML is not installed.
    """
    data = _parsed(path)
    recorded = data.get("interactions") if is_object(data) else None
    if not is_array(recorded):
        raise NotTakenError("it holds no list `interactions`, so it is no recording of vcrpy's")
    yield from map(_exchange_or_reason, recorded)


def _exchange_or_reason(entry: Any) -> Exchange | NotTakenError:
    try:
        return _exchange(entry)
    except NotTakenError as reason:
        return reason
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return NotTakenError(f"its form is not vcrpy's ({type(error).__name__}: {error})")


def _parsed(path: Path) -> Any:
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise NotTakenError(f"it is no JSON: {error}") from None
    try:
        import yaml
    except ImportError:
        raise ConfigurationError('reading YAML needs PyYAML: pip install "agentreplay[vcr]"') from None

    class Loader(yaml.SafeLoader):
        """Builds plain values only, whatever a tag in the file asks for."""

    def text_of(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
        return loader.construct_scalar(node)

    # Written by vcrpy under Python 2; nothing but text.
    Loader.add_constructor("tag:yaml.org,2002:python/unicode", text_of)
    try:
        return yaml.load(text, Loader)  # noqa: S506 (it is a safe loader)
    except yaml.YAMLError as error:
        raise NotTakenError(f"it is no YAML that could be read safely: {error}") from None


def _exchange(entry: Any) -> Exchange:
    request, response = entry["request"], entry["response"]
    headers, answer_headers = _headers(request.get("headers")), _headers(response.get("headers"))
    status = response["status"]
    return Exchange(
        method=str(request["method"]).upper(),
        url=str(request.get("uri") or request["url"]),
        headers=headers,
        body=_decompressed(_body(request), headers),
        status=int(status["code"] if is_object(status) else status),
        answer_headers={name: value for name, value in answer_headers.items() if name != "content-encoding"},
        answer=_decompressed(_body(response), answer_headers),
    )


def _headers(value: Any) -> dict[str, str]:
    """Headers with one value each: recorders keep a list for each name."""
    items = value.items() if is_object(value) else ()
    return {name.lower(): ", ".join(map(str, v)) if is_array(v) else str(v) for name, v in items}


def _body(message: Mapping[str, Any]) -> bytes:
    if message.get("parsed_body") is not None:
        return json.dumps(message["parsed_body"], ensure_ascii=False, separators=(",", ":")).encode()
    body = message.get("body")
    if is_object(body):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        if body.get("encoding") == "base64":
            return base64.b64decode(body["string"])
        if "string" not in body:
            return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        body = body["string"]
    if body is None:
        return b""
    if is_object(body) or is_array(body):
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return body if isinstance(body, bytes) else str(body).encode()


def _decompressed(data: bytes, headers: Mapping[str, str]) -> bytes:
    """The body with the compression undone that its headers name, if it is still in place."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"} or not data:
        return data
    try:
        if encoding in {"gzip", "x-gzip"}:
            return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        if encoding == "deflate":
            return _inflated(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NotTakenError(f"its {encoding} body is damaged: {error}") from None
    if _is_text(data):
        return data
    raise NotTakenError(f"its body is compressed with {encoding}; record it without, or have it decompressed first")


def _inflated(data: bytes) -> bytes:
    if _is_text(data):
        return data
    try:
        return zlib.decompress(data)
    except zlib.error:
        return zlib.decompress(data, -zlib.MAX_WBITS)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
