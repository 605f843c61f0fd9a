"""The `openai` SDK: what is its own."""

from __future__ import annotations

from typing import Final

from agentreplay.integrations._stainless.integration import StainlessIntegration
from agentreplay.integrations._stainless.routes import Routes
from agentreplay.integrations._stainless.vendor import ClientClass, Vendor

VENDOR: Final = Vendor(
    name="openai",
    package="openai",
    routes=Routes("openai.tsv"),
    kinds={
        "chat.completions.create": "llm",
        "completions.create": "llm",
        "responses.create": "llm",
        "beta.responses.create": "llm",
        "embeddings.create": "embedding",
    },
    usage_paths=(("usage",), ("response", "usage")),
    final_events=frozenset({"response.completed", "response.failed", "response.incomplete", "error"}),
    key_attributes=("api_key", "admin_api_key", "webhook_secret", "_azure_ad_token"),
    root_error="OpenAIError",
    key_classes=(
        ClientClass("OpenAI"),
        ClientClass("AsyncOpenAI"),
        ClientClass("AzureOpenAI"),
        ClientClass("AsyncAzureOpenAI"),
    ),
    websocket_modules=(
        "openai.resources.realtime.realtime",
        "openai.resources.realtime.translations.translations",
        "openai.resources.beta.realtime.realtime",
        "openai.resources.responses.responses",
        "openai.resources.beta.responses.responses",
        "openai.resources.live.live",
        "openai.resources.live.forks",
        "openai.resources.live.sideband",
    ),
)

INTEGRATION: Final = StainlessIntegration(VENDOR)
