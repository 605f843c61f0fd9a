"""The funnel's wrappers: what happens with each call, live and in replay."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from agentreplay._active import Scope, current
from agentreplay._cassette import RecordedResponse
from agentreplay._engine import Live, Replay
from agentreplay._errors import SessionError
from agentreplay._modes import Mode, mode_from_environment
from agentreplay._patching import Patches
from agentreplay._streams import Passed, tee
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.connections import refuse_connection
from agentreplay.integrations._stainless.credentials import build_without_key, secrets_of, stand_ins_allowed
from agentreplay.integrations._stainless.requests import describe
from agentreplay.integrations._stainless.vendor import Vendor

_live_call: ContextVar[_LiveCall | None] = ContextVar("agentreplay_live_call", default=None)

_RAW_RESPONSE_HEADER = "x-stainless-raw-response"


class StainlessIntegration:
    """The integration of one SDK of this family."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.targets: dict[str, Callable[[ModuleType, Patches], None]] = {vendor.package: self._patch_clients}
        self.targets.update(dict.fromkeys(vendor.websocket_modules, self._patch_connections))

    def _patch_clients(self, sdk: ModuleType, patches: Patches) -> None:
        """Wrap the funnel and the constructors.

        Raises:
            AttributeError: the SDK lacks a method that every supported version has.
        """
        base = sys.modules[f"{sdk.__name__}._base_client"]
        funnel = _Funnel(self.vendor)
        patches.wrap(base.SyncAPIClient, "request", funnel.request)
        patches.wrap(base.AsyncAPIClient, "request", funnel.async_request)
        patches.wrap(base.SyncAPIClient, "_process_response", _observe_response)
        patches.wrap(base.AsyncAPIClient, "_process_response", _observe_response)
        resources = sys.modules[f"{sdk.__name__}._resource"]
        patches.wrap(resources.SyncAPIResource, "_sleep", _sleep_unless_replayed)
        patches.wrap(resources.AsyncAPIResource, "_sleep", _async_sleep_unless_replayed)
        for key_class in self.vendor.key_classes:
            constructor = build_without_key(key_class.key_argument, getattr(sdk, self.vendor.root_error))
            patches.wrap(getattr(sdk, key_class.name), "__init__", constructor)

    def _patch_connections(self, module: ModuleType, patches: Patches) -> None:
        """Wrap what opens a WebSocket: it does not pass the funnel, and nothing said there can be recorded."""
        refuse = refuse_connection(self.vendor)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and "connect" in vars(value):
                patches.wrap(value, "connect", refuse)


def _observe_response(wrapped: Any, _client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    call = _live_call.get()
    if call is not None:
        call.received(kwargs["response"], stream=bool(kwargs.get("stream")), retries=kwargs.get("retries_taken", 0))
    return wrapped(*args, **kwargs)


def _sleep_unless_replayed(wrapped: Any, _resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps the pause of the polling helpers: the answers of a recording do not get ripe by waiting."""
    scope = current()
    if scope is None or scope.mode is not Mode.REPLAY:
        wrapped(*args, **kwargs)


async def _async_sleep_unless_replayed(
    wrapped: Any, _resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    scope = current()
    if scope is None or scope.mode is not Mode.REPLAY:
        await wrapped(*args, **kwargs)


class _Arguments:
    """What the funnel was called with."""

    def __init__(
        self,
        cast_to: Any,
        options: Any,
        *rest: Any,
        stream: bool = False,
        stream_cls: Any = None,
        **more: Any,
    ) -> None:
        self.cast_to = cast_to
        self.options = options
        self.stream = stream
        self.stream_cls = stream_cls
        self._rest = rest
        self._more = more

    def send(self, wrapped: Any) -> Any:
        """Call the SDK's own funnel."""
        return wrapped(
            self.cast_to, self.options, *self._rest, stream=self.stream, stream_cls=self.stream_cls, **self._more
        )


class _Funnel:
    """The wrappers of one vendor's funnel."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def request(self, wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps `SyncAPIClient.request`."""
        scope = self._scope(args, kwargs)
        if scope is None:
            return wrapped(*args, **kwargs)
        self._learn_secrets(scope, client)
        call = _Arguments(*args, **kwargs)
        if hasattr(client, "_copy_and_prepare"):
            call.options = client._copy_and_prepare(call.options)
        decision = scope.engine.begin(describe(self._vendor, client, call.options))
        if isinstance(decision, Replay):
            response, processing = self._replay(client, call, decision, is_async=False)
            return client._process_response(response=response, **processing)
        live = _LiveCall(self._vendor, scope, decision)
        before = _live_call.get()
        _live_call.set(live)
        try:
            result = call.send(wrapped)
        except Exception as error:
            live.failed(error)
            raise
        finally:
            _live_call.set(before)
        live.returned(result)
        return result

    async def async_request(self, wrapped: Any, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps `AsyncAPIClient.request`."""
        scope = self._scope(args, kwargs)
        if scope is None:
            return await wrapped(*args, **kwargs)
        self._learn_secrets(scope, client)
        call = _Arguments(*args, **kwargs)
        if hasattr(client, "_copy_and_prepare"):
            call.options = await client._copy_and_prepare(call.options)
        decision = scope.engine.begin(describe(self._vendor, client, call.options))
        if isinstance(decision, Replay):
            response, processing = self._replay(client, call, decision, is_async=True)
            return await client._process_response(response=response, **processing)
        live = _LiveCall(self._vendor, scope, decision)
        before = _live_call.get()
        _live_call.set(live)
        try:
            result = await call.send(wrapped)
        except Exception as error:
            live.failed(error)
            raise
        finally:
            _live_call.set(before)
        live.returned(result)
        return result

    def _scope(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Scope | None:
        """The session that decides about this call; None where the SDK goes on as if we were not there."""
        scope = current()
        if scope is None:
            if mode_from_environment() is Mode.REPLAY:
                options = _Arguments(*args, **kwargs).options
                raise SessionError.outside(f"{self._vendor.name} {str(options.method).upper()} {options.url}")
            return None
        if scope.mode is Mode.LIVE:
            scope.engine.pass_through()
            return None
        return scope

    def _learn_secrets(self, scope: Scope, client: Any) -> None:
        for secret in secrets_of(self._vendor, client):
            scope.engine.learn_secret(secret, f"{self._vendor.name}-key")

    def _replay(self, client: Any, call: _Arguments, decision: Replay, *, is_async: bool) -> tuple[Any, dict[str, Any]]:
        """The recorded response, and what else the SDK's parser is to be given.

        Raises:
            APIStatusError, APIConnectionError: the SDK's own exception, where that is what was recorded.
        """
        interaction = decision.interaction
        recorded = interaction.response
        cast_to = client._maybe_override_cast_to(call.cast_to, call.options)
        request = _request_for(self._vendor, client, call.options, recorded.retries_taken or 0)
        if recorded.error and recorded.http_status is None:
            raise self._connection_error(recorded, request)
        raw = request.headers.get(_RAW_RESPONSE_HEADER)
        unread = call.stream or raw == "stream"
        is_error = recorded.status == "error" or (recorded.http_status or 200) >= 400
        response = responses.build(
            recorded, request, interaction.request.method, unread=unread and not is_error, is_async=is_async
        )
        if is_error:
            raise client._make_status_error_from_response(response) from None
        return response, {
            "cast_to": cast_to,
            "options": call.options,
            "stream": call.stream,
            "stream_cls": call.stream_cls,
            "retries_taken": recorded.retries_taken or 0,
        }

    def _connection_error(self, recorded: RecordedResponse, request: Any) -> Exception:
        sdk = sys.modules[self._vendor.package]
        assert recorded.error is not None
        if recorded.error.type == "APITimeoutError":
            error: Exception = sdk.APITimeoutError(request=request)
        else:
            error = sdk.APIConnectionError(message=recorded.error.message, request=request)
        error.__cause__ = responses.transport_error(responses.library_of(request), recorded.error, request)
        return error


def _request_for(vendor: Vendor, client: Any, options: Any, retries_taken: int) -> Any:
    """The HTTP request that the SDK would have sent, for the replayed response to carry. It is never sent."""
    with stand_ins_allowed():
        try:
            request = client._build_request(options)
        except Exception:  # noqa: BLE001 (each SDK and version raises its own)
            # Without credentials the SDK builds no request. It gets some, which are taken out again.
            lent = options.model_copy()
            lent.headers = {**(options.headers or {}), vendor.auth_header: "agentreplay"}
            request = client._build_request(lent)
            del request.headers[vendor.auth_header]
    if retries_taken:
        request.headers["x-stainless-retry-count"] = str(retries_taken)
    return request


class _LiveCall:
    """A call on its way to the provider and back, watched."""

    def __init__(self, vendor: Vendor, scope: Scope, decision: Live) -> None:
        self._vendor = vendor
        self._scope = scope
        self._decision = decision
        self._started = time.perf_counter()
        self._response: Any = None
        self._stream = False
        self._retries = 0
        self._passing: Passed | None = None

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

    def failed(self, error: Exception) -> None:
        """The SDK raised."""
        sdk = sys.modules[self._vendor.package]
        if isinstance(error, sdk.APIStatusError):
            self._retries = int(error.response.request.headers.get("x-stainless-retry-count", self._retries))
            self._finish_read(error.response)
        elif self._response is not None:
            # It came, and the SDK's parser (or the app's, by way of it) did not like it.
            if self._passing is None:
                self._finish_read(self._response)
        elif isinstance(error, sdk.APIConnectionError):
            self._keep(
                RecordedResponse(
                    status="error", error=responses.error_record(error), duration_ms=round(self._elapsed_ms(), 3)
                )
            )
        else:
            self._scope.engine.abandon(self._decision)

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
        recorded = responses.record(
            self._vendor,
            response,
            passed,
            stream=self._stream,
            compressed=compressed,
            duration_ms=self._elapsed_ms(),
        )
        recorded.retries_taken = self._retries or None
        self._keep(recorded)

    def _keep(self, recorded: RecordedResponse) -> None:
        self._scope.engine.finish(self._decision, recorded, {"vendor": self._vendor.name})

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000
