"""The same models in other people's clouds: Azure for OpenAI's, Bedrock and Vertex for Anthropic's.

A request to a cloud becomes the request that the vendor itself would have had; the way back differs in little.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from demo.provider.exchange import Event, Json, Received, Reply, compact

_AZURE: Final = re.compile(r"/openai/(?:deployments/(?P<model>[^/]+)/|v1/)?(?P<rest>.+)")
_BEDROCK: Final = re.compile(r"/model/(?P<model>[^/]+)/(?P<verb>invoke|invoke-with-response-stream)")
_VERTEX: Final = re.compile(
    r"/v1/projects/.+/publishers/anthropic/models/(?P<model>[^:/]+):(?:rawPredict|streamRawPredict)"
)

AWS_STREAM: Final = "application/vnd.amazon.eventstream"


@dataclass(frozen=True)
class Cloud:
    """What a cloud puts around the vendor's answer."""

    headers: Mapping[str, str]
    aws_frames: bool = False
    filters_first: bool = False

    def wrap(self, reply: Reply) -> Reply:
        """`reply` as this cloud gives it."""
        wrapped = replace(reply, headers={**reply.headers, **self.headers})
        if reply.events is not None and self.aws_frames:
            return replace(wrapped, content_type=AWS_STREAM)
        if reply.events is not None and self.filters_first:
            return replace(wrapped, events=(Event(compact(_PROMPT_FILTER)), *reply.events))
        return wrapped


_PROMPT_FILTER: Final[Json] = {
    "choices": [],
    "created": 0,
    "id": "",
    "model": "",
    "object": "",
    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}],
}
"""Azure begins a stream with what its filter found in the prompt."""

_PLAIN: Final = Cloud({})


def at_the_vendor(request: Received) -> tuple[Received, Cloud]:
    """`request` as the vendor itself would have had it, and the cloud that it came through."""
    if match := _BEDROCK.fullmatch(request.path):
        streamed = match["verb"] != "invoke"
        there = _messages(request, match["model"], {"stream": streamed})
        return there, Cloud({"x-amzn-requestid": f"aws-{request.number}"}, aws_frames=streamed)
    if match := _VERTEX.fullmatch(request.path):
        if match["model"] == "count-tokens":
            return replace(request, path="/v1/messages/count_tokens"), _PLAIN
        return _messages(request, match["model"], {}), _PLAIN
    if match := _AZURE.fullmatch(request.path):
        chat = match["rest"] == "chat/completions"
        headers = {"apim-request-id": f"apim-{request.number}", "x-ms-region": "Sweden Central"}
        return replace(request, path=f"/v1/{match['rest']}"), Cloud(headers, filters_first=chat)
    return request, _PLAIN


def _messages(request: Received, model: str, extra: Json) -> Received:
    body = json.dumps({**request.json, **extra, "model": unquote(model)}).encode()
    return replace(request, path="/v1/messages", body=body)


def aws_frame(event: Event) -> bytes:
    """`event` as one message of Amazon's binary event stream; what is an error there is an exception frame."""
    if event.name == "error":
        kind: Json = {":message-type": "exception", ":exception-type": "throttlingException"}
        payload = compact({"message": json.loads(event.data)["error"]["message"]}).encode()
    else:
        kind = {":message-type": "event", ":event-type": "chunk"}
        payload = compact({"bytes": base64.b64encode(event.data.encode()).decode()}).encode()
    headers = b"".join(
        _aws_header(name, value) for name, value in {**kind, ":content-type": "application/json"}.items()
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    message = prelude + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _aws_header(name: str, value: str) -> bytes:
    text_header = 7
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", text_header, len(value)) + value.encode()
