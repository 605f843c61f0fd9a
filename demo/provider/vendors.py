"""What the two vendors send with every answer, and how they say that something is wrong."""

from __future__ import annotations

from typing import Final

from demo.provider.exchange import Event, Json, Received, Reply, compact, json_reply

CREATED: Final = 1_767_225_600
"""The time of the first answer, in seconds; each answer is a second later than the one before."""

_OPENAI_TYPES: Final = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: (
        "invalid_request_error",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    409: ("invalid_request_error", "conflict", "The resource was changed in the meantime."),
    422: ("invalid_request_error", None, "The request was well-formed but cannot be followed."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", None, "The server had an error while processing your request."),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}

_ANTHROPIC_TYPES: Final = {
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "model: unknown"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed the rate limit for your organization."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}

_RETRIED: Final = frozenset({408, 409, 429})


def usual_headers(request: Received) -> dict[str, str]:
    """The headers that come with every answer of the vendor to whom `request` was meant."""
    number = request.number
    common = {
        "server": "cloudflare",
        "cf-ray": f"{number:016x}-FRA",
        "cf-cache-status": "DYNAMIC",
        "set-cookie": f"__cf_bm=secret-cookie-{number}; path=/; HttpOnly; Secure; SameSite=None",
    }
    if request.is_anthropic:
        return {
            **common,
            "request-id": f"req_{number:024d}",
            "anthropic-organization-id": "org-of-the-key",
            "anthropic-ratelimit-requests-limit": "4000",
            "anthropic-ratelimit-requests-remaining": str(4000 - number),
            "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:00Z",
        }
    return {
        **common,
        "x-request-id": f"req_{number:032x}",
        "openai-organization": "org-of-the-key",
        "openai-processing-ms": str(100 + number),
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "5000",
        "x-ratelimit-remaining-requests": str(5000 - number),
        "x-ratelimit-reset-requests": "12ms",
    }


def error_reply(request: Received, status: int, message: str = "") -> Reply:
    """The vendor's answer with this error status.

    Where the SDKs try again it asks them to do so after a millisecond, so that nobody waits.
    """
    body = _anthropic_error(request, status, message) if request.is_anthropic else _openai_error(status, message)
    reply = json_reply(body, status=status, indent=None if request.is_anthropic else 2)
    again = {"retry-after-ms": "1"} if status in _RETRIED or status >= 500 else {"x-should-retry": "false"}
    return Reply(body=reply.body, status=status, headers=again)


def error_event(request: Received) -> Event:
    """The vendor's way to say, in a stream that began well, that it cannot go on."""
    if request.is_anthropic:
        error = {"details": None, "type": "overloaded_error", "message": "Overloaded"}
        return Event(compact({"type": "error", "error": error}), name="error")
    if request.path.endswith("/responses"):
        broke: Json = {"type": "error", "code": "server_error", "message": "It broke.", "param": None}
        return Event(compact({**broke, "sequence_number": 99}), name="error")
    return Event(compact(_openai_error(500, "The server had an error in mid-stream.")))


def _openai_error(status: int, message: str) -> Json:
    kind, code, text = _OPENAI_TYPES.get(status, ("invalid_request_error", None, "The request is not valid."))
    return {"error": {"message": message or text, "type": kind, "param": None, "code": code}}


def _anthropic_error(request: Received, status: int, message: str) -> Json:
    kind, text = _ANTHROPIC_TYPES.get(status, ("invalid_request_error", "The request is not valid."))
    error = {"type": kind, "message": message or text}
    return {"type": "error", "error": error, "request_id": f"req_{request.number:024d}"}
