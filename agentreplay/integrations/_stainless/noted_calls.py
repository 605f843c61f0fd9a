"""A call on its way to the provider and back, of which is noted what is seen; it is read once somebody asks for it."""

from __future__ import annotations

import sys
import time
from contextvars import ContextVar
from typing import Any, Protocol

from agentreplay._recorded import RecordedResponse
from agentreplay._streams import Body, Passed
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.attempts import retries_served
from agentreplay.integrations._stainless.noted_texts import Received
from agentreplay.integrations._stainless.snapshots import Asked, ResponseHead
from agentreplay.integrations._stainless.vendor import Vendor


class Watching(Protocol):
    """A call that wants to see its response."""

    def received(self, response: Any, *, stream: bool, retries: int) -> None:
        """The SDK hands `response` to its parser."""
        ...


live_call: ContextVar[Watching | None] = ContextVar("agentreplay_live_call", default=None)
"""The call that a response received now belongs to."""


def observe_response(wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps `_process_response`, where the SDK hands what it received to its own parser."""
    call = live_call.get()
    served_retries = retries_served(client)
    if served_retries is not None:
        kwargs["retries_taken"] = served_retries
    elif call is not None:
        call.received(kwargs["response"], stream=bool(kwargs.get("stream")), retries=kwargs.get("retries_taken", 0))
    return wrapped(*args, **kwargs)


class NotedCall:
    """One call that goes live.

    What becomes of it is noted as bytes that nobody changes any more, and as what stands before them. Who keeps it
    says so in the methods that raise `NotImplementedError` here.
    """

    __slots__ = (
        "_answer",
        "_asked",
        "_before",
        "_content",
        "_head",
        "_passed",
        "_retries",
        "_started",
        "_stream",
        "_took_ms",
        "_vendor",
    )

    def __init__(self, vendor: Vendor) -> None:
        self._started = time.perf_counter()
        self._vendor = vendor
        self._asked: Asked | None = None
        self._head: ResponseHead | None = None
        self._content: bytes | None = None
        self._passed: Passed | None = None
        self._answer: RecordedResponse | None = None
        self._stream = False
        self._retries = 0
        self._took_ms = 0.0
        self._before: Watching | None = None

    def begin(self) -> None:
        """Let the responses that are received from here on belong to this call."""
        self._before = live_call.get()
        live_call.set(self)

    def end(self) -> None:
        """Let them belong to what they did before."""
        # Set back by hand, not by a context token, which holds in the context alone that it was taken in.
        live_call.set(self._before)
        self._before = None

    def received(self, response: Any, *, stream: bool, retries: int) -> None:
        """The SDK hands `response` to its parser. One that is not read yet is noted as the app reads it."""
        self._note(response.request)
        self._head = ResponseHead.of(response)
        self._stream = stream
        self._retries = retries
        try:
            self._content = response.content
        except responses.library_of(response).ResponseNotRead:
            self._watch(response)

    def returned(self, result: Any) -> None:
        """The SDK returned to the app."""
        if self._head is None:
            self._returned_without_response(result)
        elif self._content is not None:
            self._keep(len(self._content))

    def failed(self, error: Any) -> None:
        """The SDK raised."""
        sdk = sys.modules[self._vendor.package]
        if isinstance(error, sdk.APIStatusError):
            response = error.response
            self._note(response.request)
            self._retries = self._retries_of(response.request)
            self._head = ResponseHead.of(response)
            self._content = content = response.content if responses.is_read(response) else b""
            self._keep(len(content))
        elif self._head is not None:
            # It came, and the SDK's parser (or the app's, by way of it) did not like it.
            if self._content is not None:
                self._keep(len(self._content))
        elif isinstance(error, sdk.APIConnectionError):
            self._note(error.request)
            self._answer = RecordedResponse(
                status="error",
                error=responses.error_record(error),
                duration_ms=round(self._elapsed_ms(), 3),
                retries_taken=self._retries_of(error.request) or None,
            )
            self._keep(0)
        else:
            self._left()

    def _returned_without_response(self, result: Any) -> None:
        """Something in the SDK (a middleware of the app) answered in the provider's place."""
        dump = getattr(result, "model_dump", None)
        if dump is None:
            self._left()
            return
        self._note(None)
        body = dump(mode="json", by_alias=True, exclude_unset=True)
        self._answer = RecordedResponse(body=body, http_status=200, headers={"content-type": "application/json"})
        self._keep(0)

    def _received(self) -> Received:
        assert self._head is not None
        return Received(self._head, self._body(), self._stream, self._took_ms, self._retries)

    def _body(self) -> Body:
        if self._passed is not None:
            assert self._head is not None
            return responses.decoded(self._head, self._passed.body())
        return Body([self._content or b""], [self._took_ms])

    def _retries_of(self, request: Any) -> int:
        return int(request.headers.get("x-stainless-retry-count", self._retries))

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000

    def _note(self, sent: Any) -> None:
        """Note what was asked, unless it is known. The HTTP library's request `sent` says it, if there is one."""
        raise NotImplementedError

    def _watch(self, response: Any) -> None:
        """Note the body of `response` while the app reads it, in `_passed`."""
        raise NotImplementedError

    def _keep(self, size: int) -> None:
        """Keep the call, which has its answer, of so many bytes."""
        raise NotImplementedError

    def _left(self) -> None:
        """Nothing came of the call."""
        raise NotImplementedError
