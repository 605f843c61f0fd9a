"""What a provider needs back unchanged is not touched, even where it looks like a secret."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from agentreplay._redaction import Redactor

from .samples import OPENAI, sample

DATA_URL = "data:application/pdf;base64," + base64.b64encode(OPENAI.encode()).decode()


def _knowing() -> Redactor:
    redactor = Redactor(environment=None, extra=["sk-proj-.*"])
    redactor.learn(OPENAI, "client-key")
    return redactor


@pytest.mark.parametrize(
    "key",
    [
        "id", "call_id", "tool_call_id", "tool_use_id", "response_id", "previous_response_id", "file_id", "item_id",
        "signature", "encrypted_content", "encrypted_index", "system_fingerprint", "obfuscation", "b64_json",
        "embedding",
    ],
)  # fmt: skip
def test_ids_signatures_and_encrypted_fields_stay(key: str) -> None:
    """Whatever is in them; the same object comes back."""
    value = {"items": [{"type": "thinking", key: OPENAI}]}
    assert _knowing().redact(value) is value


@pytest.mark.parametrize(
    "value",
    [
        {"type": "base64", "media_type": "image/png", "data": OPENAI},
        {"type": "image", "mimeType": "image/png", "data": OPENAI},
        {"type": "redacted_thinking", "data": OPENAI},
        {"type": "reasoning.encrypted", "data": OPENAI, "format": "google-gemini-v1"},
        {"type": "input_audio", "input_audio": {"data": OPENAI, "format": "wav"}},
        {"audio": {"id": "audio_1", "data": OPENAI, "expires_at": 1, "transcript": "Hello"}},
        {"type": "image_generation_call", "result": OPENAI},
        {"type": "response.audio.delta", "delta": OPENAI},
        {"type": "image_url", "image_url": {"url": DATA_URL}},
        {"file_ids": [OPENAI]},
    ],
)
def test_media_data_stay(value: Any) -> None:
    """Images, sounds and files as base64 are no text."""
    assert _knowing().redact(value) is value


@pytest.mark.parametrize(
    "value",
    [
        {"type": "text", "media_type": "text/plain", "data": f"my key: {OPENAI}"},
        {"type": "response.audio_transcript.delta", "delta": f"my key: {OPENAI}"},
        {"type": "function_call_output", "result": f"my key: {OPENAI}"},
        {"data": f"my key: {OPENAI}"},
        {"data": f"my key: {OPENAI}", "format": {"type": "text"}},
        {"user_id": f"my key: {OPENAI}"},
        {"url": f"data: my key: {OPENAI}"},
    ],
)
def test_text_under_the_same_names_is_judged(value: Any) -> None:
    """A plain document, a transcript or a tool's result may hold a secret."""
    assert OPENAI not in str(_knowing().redact(value))


def test_numbers_and_nothing_stay() -> None:
    """The same object comes back for every value without a string, and for the strings without secrets."""
    values: list[Any] = [None, True, 1, 1.5, [], {}, "", [[], {}], {"embedding": [0.1, 0.2]}, "a", [1, None]]
    for value in values:
        assert Redactor(environment=None).redact(value) is value


def test_nesting_has_no_limit() -> None:
    """A value may be deeper than the interpreter's stack."""
    value: Any = {"a": sample("ghp_")}
    for _ in range(20_000):
        value = [value]
    redacted = Redactor(environment=None).redact(value)
    for _ in range(20_000):
        redacted = redacted[0]
    assert redacted == {"a": "[REDACTED:github-token:1]"}
