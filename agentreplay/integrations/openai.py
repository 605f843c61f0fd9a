"""The `openai` SDK: what is its own."""

from __future__ import annotations

from typing import Final

from agentreplay.integrations._stainless.express_table import ExpressTable, HotMethod
from agentreplay.integrations._stainless.failures import Failure
from agentreplay.integrations._stainless.integration import StainlessIntegration
from agentreplay.integrations._stainless.routes import Routes
from agentreplay.integrations._stainless.vendor import ClientClass, Vendor

_EXPRESS: Final = ExpressTable(
    methods=(
        HotMethod(
            "chat.completions.create",
            module="openai.resources.chat.completions",
            owners=("Completions", "AsyncCompletions"),
            answer="ChatCompletion",
            needed=frozenset({"messages", "model"}),
        ),
        HotMethod(
            "responses.create",
            module="openai.resources.responses",
            owners=("Responses", "AsyncResponses"),
            answer="Response",
            needed=frozenset(),
        ),
        HotMethod(
            "embeddings.create",
            module="openai.resources.embeddings",
            owners=("Embeddings", "AsyncEmbeddings"),
            answer="CreateEmbeddingResponse",
            needed=frozenset({"input", "model"}),
            adds=True,
        ),
    ),
    clients=("OpenAI", "AsyncOpenAI"),
    harmless_names=frozenset(
        {
            "validate_response_format",
            # Of embeddings, whose numbers come as base64 unless somebody asks otherwise
            "ValueError",
            "array",
            "b64decode",
            "base64",
            "body",
            "cast",
            "data",
            "embedding",
            "frombuffer",
            "has_numpy",
            "is_given",
            "isinstance",
            "np",
            "object",
            "post_parser",
            "prepare_embedding_request",
            "str",
            "tolist",
        }
    ),
)

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
    failures={
        "rate_limit": Failure(
            429,
            {
                "error": {
                    "message": "Rate limit reached for requests. Limit: 60 / min. Please try again in 20s.",
                    "type": "requests",
                    "param": None,
                    "code": "rate_limit_exceeded",
                }
            },
            {
                "x-request-id": "req_rate_limited_on_purpose",
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "20s",
            },
        ),
        "server_error": Failure(
            500,
            {
                "error": {
                    "message": "The server had an error while processing your request. Sorry about that!",
                    "type": "server_error",
                    "param": None,
                    "code": None,
                }
            },
            {"x-request-id": "req_broken_on_purpose"},
        ),
        "overloaded": Failure(
            503,
            {
                "error": {
                    "message": "The engine is currently overloaded, please try again later.",
                    "type": "server_error",
                    "param": None,
                    "code": None,
                }
            },
            {"x-request-id": "req_overloaded_on_purpose"},
        ),
    },
    express=_EXPRESS,
)

INTEGRATION: Final = StainlessIntegration(VENDOR)
