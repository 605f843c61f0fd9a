"""A recorded answer that is reached through failures on purpose.

The SDK's own loop of attempts runs for real, on a copy of the client whose HTTP client has no network: what it would
send is answered in memory. Its waits between attempts are cut to nothing, and no credential is asked for.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from agentreplay._active import Scope
from agentreplay._cassette import RecordedError, RecordedResponse
from agentreplay._decisions import Replay
from agentreplay._faults import Attempt, Fault, FaultyCall
from agentreplay._pace import Pace, async_sleep, sleep
from agentreplay.integrations._stainless import built_responses, responses
from agentreplay.integrations._stainless.arguments import Arguments
from agentreplay.integrations._stainless.failures import no_answer
from agentreplay.integrations._stainless.unsent import build_request, is_error
from agentreplay.integrations._stainless.vendor import Vendor


class Attempts:
    """The attempts of one call to get its recorded answer."""

    def __init__(
        self,
        vendor: Vendor,
        scope: Scope,
        client: Any,
        decision: Replay,
        faulty: FaultyCall,
        *,
        is_async: bool,
        pace: Pace | None,
    ) -> None:
        self.is_async = is_async
        self._vendor = vendor
        self._scope = scope
        self._client = client
        self._decision = decision
        self._faulty = faulty
        self._pace = pace
        self._failed_by: Fault | None = None
        self._answered = decision.interaction.response
        self._changed_by: tuple[str, ...] = ()

    @property
    def client(self) -> Any:
        """A copy of the client that makes these attempts, and none over the network."""
        client = self._client
        library = responses.library_of(client._client)
        http = (_async_http_client if self.is_async else _http_client)(library)(self)
        # Not by the module `copy`, which leaves a note of its own on the client's class.
        attempting: Any = object.__new__(client.__class__)
        attempting.__dict__.update(client.__dict__)
        attempting._client = http
        attempting._send_request = http.send
        attempting._build_request = partial(self._build_request, client)
        attempting._calculate_retry_timeout = _no_time
        attempting._prepare_options = _async_same if self.is_async else _same
        attempting._prepare_request = _async_nothing if self.is_async else _nothing
        # What is made of the answer belongs to the app's own client: pages and streams ask it again.
        attempting._process_response = client._process_response
        if getattr(client, "_middleware", ()):
            attempting._middleware_chain = attempting._build_middleware_chain()
        return attempting

    def next(self) -> Attempt:
        """What becomes of the next attempt."""
        return self._faulty.attempt(self._decision.interaction.response)

    def response(self, attempt: Attempt, request: Any, *, stream: bool) -> Any:
        """The HTTP response to this attempt.

        Raises:
            TransportError: the HTTP library's own, where the attempt gets none.
        """
        self._failed_by, self._changed_by = attempt.failure, attempt.changed_by
        self._answered = attempt.answer
        if attempt.failure is not None:
            failure = self._vendor.failures.get(attempt.failure.kind)
            self._answered = failure.response(attempt.failure) if failure else no_answer(attempt.failure)
        return self._built(self._answered, request, stream=stream)

    def late(self, request: Any) -> Exception:
        """The HTTP library's timeout, for an answer that comes later than the client waits."""
        self._failed_by = Fault.timeout()
        self._answered = no_answer(self._failed_by)
        return _no_response(self._answered, request)

    def failed(self) -> None:
        """The SDK gave up. The recorded answer, if it was not that, is there for the next call that asks for it."""
        if self._failed_by is not None:
            self._scope.engine.fail(self._decision, self._answered, self._failed_by.kind)
        else:
            self.succeeded()

    def succeeded(self) -> None:
        """The app got the answer, changed or not."""
        if self._changed_by:
            self._scope.engine.change(self._decision, self._answered, ", ".join(self._changed_by))

    def left(self, error: BaseException) -> None:
        """The app waited no longer (its task was cancelled), so the recorded answer is still there."""
        given_up = RecordedResponse(status="error", error=RecordedError(type=type(error).__name__, message=str(error)))
        self._scope.engine.fail(self._decision, given_up, "slow")

    def _built(self, recorded: RecordedResponse, request: Any, *, stream: bool) -> Any:
        if recorded.error is not None and recorded.http_status is None:
            raise _no_response(recorded, request)
        return built_responses.build(
            recorded,
            request,
            self._decision.interaction.request.method,
            unread=stream and not is_error(recorded),
            is_async=self.is_async,
            pace=self._pace,
        )

    def _build_request(self, client: Any, options: Any, *, retries_taken: int = 0) -> Any:
        return build_request(self._vendor, client, options, retries_taken)


def answer_with_faults(attempts: Attempts, wrapped: Any, call: Arguments) -> Any:
    """What the SDK makes of these attempts.

    Raises:
        APIStatusError, APIConnectionError: the SDK's own exception, where it gave up.
    """
    try:
        result = call.send(partial(wrapped.__func__, attempts.client))
    except Exception:
        attempts.failed()
        raise
    except BaseException as error:
        attempts.left(error)
        raise
    attempts.succeeded()
    return result


async def async_answer_with_faults(attempts: Attempts, wrapped: Any, call: Arguments) -> Any:
    """What `answer_with_faults` gives, of an async client."""
    try:
        result = await call.send(partial(wrapped.__func__, attempts.client))
    except Exception:
        attempts.failed()
        raise
    except BaseException as error:
        attempts.left(error)
        raise
    attempts.succeeded()
    return result


def _no_response(recorded: RecordedResponse, request: Any) -> Exception:
    library = responses.library_of(request)
    error = built_responses.transport_error(library, recorded.error, request) if recorded.error else None
    unnamed: Exception = library.ConnectError("Connection error.", request=request)
    return error or unnamed


def _too_late(delay: float, request: Any) -> float | None:
    """After how many seconds the client no longer waits, if that is before `delay`."""
    limit = request.extensions.get("timeout", {}).get("read")
    return limit if limit is not None and limit < delay else None


def _no_time(*_: Any, **__: Any) -> float:
    return 0.0


def _same(options: Any) -> Any:
    return options


async def _async_same(options: Any) -> Any:
    return options


def _nothing(_request: Any) -> None:
    """What is done to a request that is not sent: it is not signed."""


async def _async_nothing(_request: Any) -> None:
    """What is done to a request that is not sent: it is not signed."""


@cache
def _http_client(library: Any) -> Any:
    """A client class of the library whose requests are answered by attempts."""

    class Wire(library.BaseTransport):  # type: ignore[misc]
        def __init__(self, attempts: Attempts) -> None:
            self._attempts = attempts

        def handle_request(self, request: Any) -> Any:
            attempt = self._attempts.next()
            delay = attempt.delay_ms / 1000
            limit = _too_late(delay, request)
            if delay:
                sleep(delay if limit is None else limit)
            if limit is not None:
                raise self._attempts.late(request)
            return self._attempts.response(attempt, request, stream=request.extensions["stream"])

    class AttemptingClient(library.Client):  # type: ignore[misc]
        def __init__(self, attempts: Attempts) -> None:
            library.Client.__init__(self, transport=Wire(attempts), trust_env=False)

        def send(self, request: Any, *, stream: bool = False, **_: Any) -> Any:
            request.extensions = {**request.extensions, "stream": stream}
            return library.Client.send(self, request, stream=stream)

    return AttemptingClient


@cache
def _async_http_client(library: Any) -> Any:
    """An async client class of the library whose requests are answered by attempts."""

    class AsyncWire(library.AsyncBaseTransport):  # type: ignore[misc]
        def __init__(self, attempts: Attempts) -> None:
            self._attempts = attempts

        async def handle_async_request(self, request: Any) -> Any:
            attempt = self._attempts.next()
            delay = attempt.delay_ms / 1000
            limit = _too_late(delay, request)
            if delay:
                await async_sleep(delay if limit is None else limit)
            if limit is not None:
                raise self._attempts.late(request)
            return self._attempts.response(attempt, request, stream=request.extensions["stream"])

    class AsyncAttemptingClient(library.AsyncClient):  # type: ignore[misc]
        def __init__(self, attempts: Attempts) -> None:
            library.AsyncClient.__init__(self, transport=AsyncWire(attempts), trust_env=False)

        async def send(self, request: Any, *, stream: bool = False, **_: Any) -> Any:
            request.extensions = {**request.extensions, "stream": stream}
            return await library.AsyncClient.send(self, request, stream=stream)

    return AsyncAttemptingClient
