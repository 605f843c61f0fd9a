"""The `anthropic` SDK: what is its own."""

from __future__ import annotations

from typing import Final

from agentreplay.integrations._stainless.integration import StainlessIntegration
from agentreplay.integrations._stainless.routes import Routes
from agentreplay.integrations._stainless.vendor import ClientClass, Vendor

VENDOR: Final = Vendor(
    name="anthropic",
    package="anthropic",
    routes=Routes("anthropic.tsv"),
    kinds={
        "completions.create": "llm",
        "messages.create": "llm",
        "beta.messages.create": "llm",
        "beta.prompt_caching.messages.create": "llm",
    },
    usage_paths=(("usage",), ("message", "usage")),
    final_events=frozenset({"message_stop", "error"}),
    key_attributes=(
        "api_key",
        "auth_token",
        "webhook_key",
        "access_token",
        "aws_access_key",
        "aws_secret_key",
        "aws_session_token",
    ),
    root_error="AnthropicError",
    key_classes=(
        ClientClass("Anthropic"),
        ClientClass("AsyncAnthropic"),
    ),
)

INTEGRATION: Final = StainlessIntegration(VENDOR)
