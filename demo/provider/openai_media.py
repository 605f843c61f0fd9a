"""OpenAI's embeddings, images, audio, moderations and the list of models."""

from __future__ import annotations

import base64
import struct
from typing import Any, Final

from demo.provider.exchange import Event, Json, Reply, compact, json_reply, stream_reply
from demo.provider.model import pieces, tokens
from demo.provider.routing import Call, Routes
from demo.provider.vendors import CREATED

_MODELS: Final = ("gpt-4o-mini", "gpt-4.1", "text-embedding-3-small")

_SPEECH: Final = b"ID3\x04\x00\x00" + bytes(range(256)) * 8
"""Sound, as far as a client can tell: bytes that are no text."""

_CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)


def embed(call: Call) -> Reply:
    """`POST /v1/embeddings`: four numbers for each input, as a list or packed into base64."""
    inputs = _inputs(call)
    data: list[Json] = []
    for index, item in enumerate(inputs):
        vector = [call.number / 64, index / 8, -0.5, tokens(item) / 128]
        packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        as_text = call.body.get("encoding_format") == "base64"
        data.append({"object": "embedding", "index": index, "embedding": packed if as_text else vector})
    used = sum(tokens(item) for item in inputs)
    usage = {"prompt_tokens": used, "total_tokens": used}
    return json_reply({"object": "list", "data": data, "model": call.body.get("model"), "usage": usage}, indent=2)


def make_image(call: Call) -> Reply:
    """`POST /v1/images/generations`, and the edits and variations of a picture that is sent along."""
    given = call.request.files if call.request.is_form else []
    picture = b"\x89PNG\r\n\x1a\n" + call.number.to_bytes(4, "big") + b"".join(part.content for part in given)
    usage = {
        "input_tokens": 5,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 5},
        "output_tokens": 100,
        "total_tokens": 105,
    }
    data = [{"b64_json": base64.b64encode(picture).decode(), "revised_prompt": f"picture {call.number}"}]
    return json_reply({"created": call.created, "data": data, "usage": usage}, indent=2)


def speak(call: Call) -> Reply:
    """`POST /v1/audio/speech`: bytes."""
    return Reply(body=_SPEECH + call.number.to_bytes(4, "big"), content_type="audio/mpeg")


def transcribe(call: Call) -> Reply:
    """`POST /v1/audio/transcriptions`: JSON, plain text or a stream, whichever the form asks for."""
    fields = call.request.fields
    size = sum(len(part.content) for part in call.request.files)
    text = f"Transcript {call.number} of {size} bytes, für alle."
    if fields.get("response_format") in {"text", "srt", "vtt"}:
        return Reply(body=f"{text}\n".encode(), content_type="text/plain; charset=utf-8")
    usage = {"type": "tokens", "input_tokens": size, "output_tokens": tokens(text), "total_tokens": size + tokens(text)}
    if fields.get("stream") == "true":
        values: list[Json] = [{"type": "transcript.text.delta", "delta": word} for word in pieces(text)]
        values.append({"type": "transcript.text.done", "text": text, "usage": usage})
        return stream_reply([Event(compact(value)) for value in values])
    return json_reply({"text": text, "usage": usage})


def translate(call: Call) -> Reply:
    """`POST /v1/audio/translations`."""
    return json_reply({"text": f"Translation {call.number}."})


def moderate(call: Call) -> Reply:
    """`POST /v1/moderations`: what names violence is flagged."""
    results: list[Json] = []
    for text in _inputs(call):
        flagged = "violence" in text
        results.append(
            {
                "flagged": flagged,
                "categories": {name: flagged and name == "violence" for name in _CATEGORIES},
                "category_scores": dict.fromkeys(_CATEGORIES, call.number / 1024),
                "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
            }
        )
    model = call.body.get("model") or "omni-moderation-latest"
    return json_reply({"id": f"modr-{call.number:08d}", "model": model, "results": results}, indent=2)


def list_models(_call: Call) -> Reply:
    """`GET /v1/models`: all on one page."""
    return json_reply({"object": "list", "data": [_model(name) for name in _MODELS]}, indent=2)


def retrieve_model(call: Call) -> Reply:
    """`GET /v1/models/{}`."""
    return json_reply(_model(call.ids[0]), indent=2) if call.ids[0] in _MODELS else call.missing()


def delete_model(call: Call) -> Reply:
    """`DELETE /v1/models/{}`."""
    return json_reply({"id": call.ids[0], "object": "model", "deleted": True}, indent=2)


def _inputs(call: Call) -> list[str]:
    given: Any = call.body.get("input", "")
    return [given] if isinstance(given, str) else [str(item) for item in given]


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "system"}


ROUTES: Final[Routes] = {
    ("POST", "/v1/embeddings"): embed,
    ("POST", "/v1/images/generations"): make_image,
    ("POST", "/v1/images/edits"): make_image,
    ("POST", "/v1/images/variations"): make_image,
    ("POST", "/v1/audio/speech"): speak,
    ("POST", "/v1/audio/transcriptions"): transcribe,
    ("POST", "/v1/audio/translations"): translate,
    ("POST", "/v1/moderations"): moderate,
    ("GET", "/v1/models"): list_models,
    ("GET", "/v1/models/{}"): retrieve_model,
    ("DELETE", "/v1/models/{}"): delete_model,
}
