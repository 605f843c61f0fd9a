"""Middleware of the app's own, which some SDKs run between the funnel and the wire.

It is app code, so it runs in replay as it does live; where it would send the request it gets the recorded answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from agentreplay.integrations._stainless.arguments import Arguments


@dataclass(frozen=True)
class Served:
    """A recorded answer on its way through middleware: `respond` makes a response for the options it is given."""

    client: Any
    respond: Callable[[Any], Any]
    retries_taken: int


_served: ContextVar[Served | None] = ContextVar("agentreplay_served", default=None)


def retries_served(client: Any) -> int | None:
    """How often the call that `client` is answering was retried when it was recorded; None where it answers none."""
    served = _served.get()
    return served.retries_taken if served is not None and served.client is client else None


def serve(served: Served, call: Arguments, wrapped: Any) -> Any:
    """What the SDK's own funnel and the middleware make of a recorded answer."""
    before = _begin(served, call)
    try:
        return call.send(wrapped)
    finally:
        _served.set(before)


async def async_serve(served: Served, call: Arguments, wrapped: Any) -> Any:
    """What `serve` gives, of an async client."""
    before = _begin(served, call)
    try:
        return await call.send(wrapped)
    finally:
        _served.set(before)


def _begin(served: Served, call: Arguments) -> Served | None:
    # The recorded answer is the last one: the SDK is not to try again, nor to wait.
    call.options = call.options.model_copy(update={"max_retries": 0})
    before = _served.get()
    _served.set(served)
    return before


def attempt(wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps `SyncAPIClient._attempt_request`, which sends one request."""
    served = _served.get()
    if served is None or served.client is not client:
        return wrapped(*args, **kwargs)
    return served.respond(args[0]), args[0]


async def async_attempt(wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps `AsyncAPIClient._attempt_request`."""
    served = _served.get()
    if served is None or served.client is not client:
        return await wrapped(*args, **kwargs)
    return served.respond(args[0]), args[0]
