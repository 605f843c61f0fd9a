"""The `anthropic` SDK: what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agentreplay.integrations._stainless.express_table import ExpressTable, HotMethod
from agentreplay.integrations._stainless.failures import Failure
from agentreplay.integrations._stainless.integration import StainlessIntegration
from agentreplay.integrations._stainless.routes import Routes
from agentreplay.integrations._stainless.vendor import ClientClass, Vendor


def _error(kind: str, message: str, what: str) -> dict[str, Any]:
    return {
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": f"req_{what}_on_purpose",
    }


_NEEDED: Final = frozenset({"max_tokens", "messages", "model"})
_WARNED_OF: Final = ("model", "thinking")
_HARMLESS: Final[Mapping[str, Any]] = {"max_tokens": 1, "messages": [], "stream": True}
_IN_HEADERS: Final = frozenset({"betas", "user_profile_id", "workspace_id"})


def _takes_as_it_is(client: Any, arguments: Mapping[str, Any], namespace: Mapping[str, Any]) -> bool:
    """Whether `messages.create` neither refuses these arguments nor rewrites them."""
    model, max_tokens = arguments["model"], arguments["max_tokens"]
    if type(model) is not str or type(max_tokens) is not int or "output_format" in arguments:
        return False
    if type(arguments["messages"]) is not list or type(arguments.get("tools", [])) is not list:
        return False
    if not arguments.get("stream") and hasattr(client, "_calculate_nonstreaming_timeout"):
        limits = namespace.get("MODEL_NONSTREAMING_TOKENS", {})
        try:
            client._calculate_nonstreaming_timeout(max_tokens, limits.get(model))
        except (ValueError, TypeError):
            # Whether the call is refused for it depends on time-outs.
            return False
    return True


_EXPRESS: Final = ExpressTable(
    methods=(
        HotMethod(
            "messages.create",
            module="anthropic.resources.messages",
            owners=("Messages", "AsyncMessages"),
            answer="Message",
            needed=_NEEDED,
            in_headers=_IN_HEADERS,
            warned_of=_WARNED_OF,
            harmless=_HARMLESS,
        ),
        HotMethod(
            "beta.messages.create",
            module="anthropic.resources.beta.messages",
            owners=("Messages", "AsyncMessages"),
            answer="BetaMessage",
            needed=_NEEDED,
            in_headers=_IN_HEADERS,
            warned_of=_WARNED_OF,
            harmless=_HARMLESS,
        ),
    ),
    clients=("Anthropic", "AsyncAnthropic"),
    harmless_names=frozenset(
        {
            "DEFAULT_TIMEOUT",
            "DEPRECATED_MODELS",
            "DeprecationWarning",
            "MODELS_TO_WARN_WITH_THINKING_ENABLED",
            "MODEL_NONSTREAMING_TOKENS",
            "NOT_GIVEN",
            "UserWarning",
            "_calculate_nonstreaming_timeout",
            "_client",
            "_merge_output_configs",
            "_stainless_helper_header",
            "_to_tool_params",
            "_validate_output_config_conflict",
            "_warn_output_format_deprecated",
            "get",
            "is_given",
            "join",
            "merge_headers",
            "messages_create_request_attributes",
            "not_given",
            "omit",
            "str",
            "strip_not_given",
            "timeout",
            "validate_output_format",
            "warn",
            "warnings",
        }
    ),
    takes_as_it_is=_takes_as_it_is,
    # The classes for clouds copy the method, and are to copy the SDK's own.
    once=True,
)

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
    failures={
        "rate_limit": Failure(
            429,
            _error("rate_limit_error", "This request would exceed your organization's rate limit.", "rate_limited"),
            {
                "request-id": "req_rate_limited_on_purpose",
                "x-should-retry": "true",
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2030-01-01T00:00:00Z",
            },
        ),
        "server_error": Failure(
            500,
            _error("api_error", "Internal server error", "broken"),
            {"request-id": "req_broken_on_purpose", "x-should-retry": "true"},
        ),
        "overloaded": Failure(
            529,
            _error("overloaded_error", "Overloaded", "overloaded"),
            {"request-id": "req_overloaded_on_purpose", "x-should-retry": "true"},
        ),
    },
    express=_EXPRESS,
)

INTEGRATION: Final = StainlessIntegration(VENDOR)
