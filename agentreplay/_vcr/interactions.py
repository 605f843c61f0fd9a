"""From an HTTP exchange of the OpenAI or Anthropic protocol to the interaction that recording it would have made."""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from agentreplay._json.values import is_object
from agentreplay._recorded import Interaction, RecordedRequest
from agentreplay._streams import Body
from agentreplay._vcr.exchanges import Exchange, NotTakenError
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.requests import body_of_content, describe_files, fold
from agentreplay.integrations._stainless.vendor import Vendor
from agentreplay.integrations.anthropic import VENDOR as ANTHROPIC
from agentreplay.integrations.openai import VENDOR as OPENAI

_DEPLOYMENT: Final = re.compile(r".*/deployments/[^/]+")
"""What Azure puts before the path of an operation."""


@dataclass(frozen=True)
class _Answer:
    """The response as the recording of responses wants to see it."""

    status_code: int
    headers: Mapping[str, str]


def interaction_of(exchange: Exchange) -> Interaction:
    """The interaction for one exchange.

    Raises:
        NotTakenError: it is not of these protocols.
    """
    vendor, path = _operation(exchange)
    operation = vendor.routes.find(exchange.method, path)
    body = {} if exchange.method == "GET" else _body(exchange)
    query = fold(pair for pair in parse_qsl(urlsplit(exchange.url).query) if pair[0] not in _own_query(path))
    model = body.get("model")
    request = RecordedRequest(
        kind=vendor.kind(operation.method),
        method=operation.method,
        model=model if isinstance(model, str) else None,
        body=body,
        path=None if operation.fixed else path,
        query=query or None,
    )
    answer = _Answer(exchange.status, exchange.answer_headers)
    received = Body([exchange.answer], [0.0])
    response = responses.record(vendor, answer, received, stream=body.get("stream") is True, duration_ms=0)
    # A recording of HTTP knows nothing of time.
    response.duration_ms = response.event_times_ms = None
    return Interaction(request=request, response=response, metadata={"vendor": vendor.name})


def _operation(exchange: Exchange) -> tuple[Vendor, str]:
    """Whose protocol it is, and the path below the client's base URL."""
    parts = urlsplit(exchange.url)
    messages = parts.path[max(parts.path.rfind("/v1/"), 0) :]
    if dict(parse_qsl(parts.query)).get("beta") == "true":
        messages += "?beta=true"
    is_anthropic = "anthropic-version" in exchange.headers or (parts.hostname or "").endswith("anthropic.com")
    if is_anthropic and ANTHROPIC.routes.knows(exchange.method, messages):
        return ANTHROPIC, messages
    path = _DEPLOYMENT.sub("", parts.path)
    # The base URL ends somewhere: the longest rest that is an operation is what the client called.
    for start in (match.start() for match in re.finditer("/", path)):
        if OPENAI.routes.knows(exchange.method, path[start:]):
            return OPENAI, path[start:]
    protocol = "Anthropic" if is_anthropic else "OpenAI"
    where = f"{exchange.method} {parts.path} at {parts.hostname}"
    raise NotTakenError(f"{where} is no operation of the {protocol} protocol known here")


def _own_query(path: str) -> set[str]:
    """The query parameters that say which operation or version it is, not what is asked."""
    return {name for name, _ in parse_qsl(path.partition("?")[2])} | {"api-version"}


def _body(exchange: Exchange) -> dict[str, Any]:
    content_type = exchange.headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        return _form(exchange.body, content_type)
    if not exchange.body:
        return {}
    try:
        value = json.loads(exchange.body)
    except ValueError:
        return body_of_content(exchange.body)
    return value if is_object(value) else {"json": value}


def _form(body: bytes, content_type: str) -> dict[str, Any]:
    """Fields as text, and of files name, type, size and digest."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: list[tuple[str, Any]] = []
    files: list[tuple[str, Any]] = []
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition") or "")
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        filename = part.get_filename()
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            files.append((name, (filename, content, part.get_content_type())))
    return {**fold(fields), **describe_files(files)}
