"""A call on its way to the provider and back, watched."""

from __future__ import annotations

import sys
import time
from contextvars import ContextVar
from typing import Any, Protocol

from agentreplay._active import Scope
from agentreplay._cassette import RecordedResponse
from agentreplay._decisions import Live
from agentreplay._streams import Passed, tee
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.attempts import retries_served
from agentreplay.integrations._stainless.noted_texts import Answer, Received
from agentreplay.integrations._stainless.snapshots import ResponseHead
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


class LiveCall:
    """One live call. As a context manager it is the call that a response received meanwhile belongs to."""

    def __init__(self, vendor: Vendor, scope: Scope, decision: Live) -> None:
        self._vendor = vendor
        self._scope = scope
        self._decision = decision
        self._started = time.perf_counter()
        self._response: Any = None
        self._stream = False
        self._retries = 0
        self._passing: Passed | None = None
        self._before: Watching | None = None

    def __enter__(self) -> LiveCall:
        self._before = live_call.get()
        live_call.set(self)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        # Set back by hand, not by a context token, which holds in the context alone that it was taken in.
        live_call.set(self._before)
        if isinstance(error, Exception):
            self.failed(error)
        elif error is not None:
            self._scope.engine.abandon(self._decision)

    def received(self, response: Any, *, stream: bool, retries: int) -> None:
        """The SDK hands `response` to its parser. One that is not read yet is watched as it is read."""
        self._response = response
        self._stream = stream
        self._retries = retries
        if not responses.is_read(response):
            self._passing = Passed(self._started, self._ended)
            response.stream = tee(responses.library_of(response), response.stream, self._passing)
            self._scope.watch(self._passing)

    def returned(self, result: Any) -> None:
        """The SDK returned to the app."""
        if self._response is None:
            self._returned_without_response(result)
        elif self._passing is None:
            self._finish_read(self._response)

    def failed(self, error: Any) -> None:
        """The SDK raised."""
        sdk = sys.modules[self._vendor.package]
        if isinstance(error, sdk.APIStatusError):
            self._retries = self._retries_of(error.response.request)
            self._finish_read(error.response)
        elif self._response is not None:
            # It came, and the SDK's parser (or the app's, by way of it) did not like it.
            if self._passing is None:
                self._finish_read(self._response)
        elif isinstance(error, sdk.APIConnectionError):
            self._keep(
                RecordedResponse(
                    status="error",
                    error=responses.error_record(error),
                    duration_ms=round(self._elapsed_ms(), 3),
                    retries_taken=self._retries_of(error.request) or None,
                )
            )
        else:
            self._scope.engine.abandon(self._decision)

    def _retries_of(self, request: Any) -> int:
        return int(request.headers.get("x-stainless-retry-count", self._retries))

    def _ended(self, passed: Passed) -> None:
        self._scope.unwatch(passed)
        self._record(self._response, passed, compressed=True)

    def _finish_read(self, response: Any) -> None:
        passed = Passed(self._started, lambda _: None, exhausted=True)
        if responses.is_read(response):
            passed.note(response.content)
        self._record(response, passed, compressed=False)

    def _returned_without_response(self, result: Any) -> None:
        """Something in the SDK (a middleware of the app) answered in the provider's place."""
        dump = getattr(result, "model_dump", None)
        if dump is None:
            self._scope.engine.abandon(self._decision)
        else:
            body = dump(mode="json", by_alias=True, exclude_unset=True)
            self._keep(RecordedResponse(body=body, http_status=200, headers={"content-type": "application/json"}))

    def _record(self, response: Any, passed: Passed, *, compressed: bool) -> None:
        received = Received(
            ResponseHead.of(response),
            content=None if compressed else b"".join(passed.chunks),
            passed=passed,
            stream=self._stream,
            duration_ms=self._elapsed_ms(),
            retries=self._retries,
        )
        answer = Answer.of(received, received.chunks()[0])
        clean = answer is not None and answer.is_clean(self._scope.engine.redactor)
        self._keep(received.tell(self._vendor), clean=clean)

    def _keep(self, recorded: RecordedResponse, *, clean: bool = False) -> None:
        self._scope.engine.finish(self._decision, recorded, {"vendor": self._vendor.name}, clean=clean)

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000
