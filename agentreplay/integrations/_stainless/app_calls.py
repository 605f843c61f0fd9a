"""A call of a running app that is being recorded: it goes live, and is noted on its way to be written later.

The guard around the funnel keeps from the app what fails here. Nothing is parsed or redacted in the thread of the call.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from agentreplay._app_recording import Place, Seat
from agentreplay._cassette import RecordedRequest, RecordedResponse
from agentreplay._guard import tell
from agentreplay._guarded_streams import guarded_tee
from agentreplay._journal.unsaved import CALL_BYTES, CallTexts
from agentreplay._streams import Passed
from agentreplay.integrations._stainless import responses
from agentreplay.integrations._stainless.credentials import own_headers_of, secrets_of
from agentreplay.integrations._stainless.live import Watching, live_call
from agentreplay.integrations._stainless.noted_texts import Received, texts_of
from agentreplay.integrations._stainless.snapshots import Asked, ResponseHead, note_request
from agentreplay.integrations._stainless.vendor import Vendor

_CHUNK_BYTES: Final = 100
"""What a chunk takes beside its bytes, roughly."""

_NO_HEADERS: Final[Mapping[str, Any]] = MappingProxyType({})


class _Held(Passed):
    """What has passed through a stream, as long as there is room for it."""

    def __init__(self, place: Place, started: float, on_end: Callable[[Passed], None]) -> None:
        super().__init__(started, on_end)
        self.size = 0
        self.let_go = False
        self._place = place

    def note(self, chunk: bytes) -> None:
        if self.let_go:
            return
        size = len(chunk) + _CHUNK_BYTES
        if self._place.unsaved.reserve(size):
            self.size += size
            super().note(chunk)
            return
        self.let_go = True
        self.chunks.clear()
        self.times_ms.clear()
        self._place.unsaved.drop(self.size)
        self.size = 0


class AppCall:
    """One call. As a context manager it is the call that a response received meanwhile belongs to.

    Once it has its answer it is what the journal writes (see `UnsavedCall`).
    """

    __slots__ = (
        "_answer",
        "_asked",
        "_before",
        "_client",
        "_content",
        "_duration_ms",
        "_head",
        "_options",
        "_passed",
        "_place",
        "_retries",
        "_started",
        "_stream",
        "_vendor",
        "headers",
        "number",
        "secrets",
        "session",
        "size",
        "started_at",
        "vendor_name",
    )

    def __init__(self, vendor: Vendor, place: Place, seat: Seat, client: Any, options: Any) -> None:
        self._started = time.perf_counter()
        self.session, self.number, self.started_at = seat
        self.vendor_name: str = vendor.name
        self.secrets = secrets_with_names(vendor, client)
        self.headers: Mapping[str, Any] = own_headers_of(client) or _NO_HEADERS
        self.size = 0
        self._vendor = vendor
        self._place = place
        self._client = client
        self._options = options
        self._asked: Asked | None = None
        self._head: ResponseHead | None = None
        self._content: bytes | None = None
        self._passed: Passed | None = None
        self._answer: RecordedResponse | None = None
        self._stream = False
        self._retries = 0
        self._duration_ms = 0.0
        self._before: Watching | None = None

    def __enter__(self) -> AppCall:
        self._before = live_call.get()
        live_call.set(self)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        live_call.set(self._before)
        self._before = None
        if isinstance(error, Exception):
            try:
                self._failed(error)
            except Exception as fault:  # noqa: BLE001 (the app gets the SDK's error, as it was raised)
                tell(fault)

    def received(self, response: Any, *, stream: bool, retries: int) -> None:
        """The SDK hands `response` to its parser. One that is not read yet is noted as the app reads it."""
        self._note(response.request)
        self._head = ResponseHead(response.status_code, response.headers)
        self._stream = stream
        self._retries = retries
        if responses.is_read(response):
            self._content = response.content
        else:
            passed = _Held(self._place, self._started, self._stream_ended)
            response.stream = guarded_tee(responses.library_of(response), response.stream, passed)
            self._place.watch(passed)

    def returned(self, result: Any) -> None:
        """The SDK returned to the app."""
        if self._head is None:
            self._returned_without_response(result)
        elif self._content is not None:
            self._keep(len(self._content))

    def texts(self) -> CallTexts | None:
        """The call in texts; None where it has to be parsed."""
        assert self._asked is not None
        content = self._asked.content
        if content is None or self._head is None or self._answer is not None:
            return None
        return texts_of(self._asked.envelope, content, self._received(self._head))

    def tell(self) -> tuple[RecordedRequest, RecordedResponse]:
        """The call, parsed."""
        assert self._asked is not None
        request = self._asked.tell()
        if self._answer is not None:
            return request, self._answer
        assert self._head is not None
        return request, self._received(self._head).tell(self._vendor)

    def _received(self, head: ResponseHead) -> Received:
        content = self._content if self._passed is None else None
        return Received(head, content, self._passed, self._stream, round(self._duration_ms, 3), self._retries)

    def _failed(self, error: Any) -> None:
        sdk = sys.modules[self._vendor.package]
        if isinstance(error, sdk.APIStatusError):
            self._note(error.response.request)
            self._retries = self._retries_of(error.response.request)
            content: bytes = error.response.content if responses.is_read(error.response) else b""
            self._content = content
            self._head = ResponseHead.of(error.response)
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

    def _note(self, sent: Any) -> None:
        if self._asked is None:
            self._asked = note_request(self._vendor, self._client, self._options, sent)
            # From here on nothing of the caller's is held.
            self._client = self._options = None

    def _retries_of(self, request: Any) -> int:
        return int(request.headers.get("x-stainless-retry-count", self._retries))

    def _returned_without_response(self, result: Any) -> None:
        """Something in the SDK (a middleware of the app) answered in the provider's place."""
        dump = getattr(result, "model_dump", None)
        if dump is not None:
            self._note(None)
            body = dump(mode="json", by_alias=True, exclude_unset=True)
            self._answer = RecordedResponse(body=body, http_status=200, headers={"content-type": "application/json"})
            self._keep(0)

    def _stream_ended(self, passed: Passed) -> None:
        assert isinstance(passed, _Held)
        self._place.unwatch(passed)
        if not passed.let_go:
            self._passed = passed
            self._keep(0, reserved=passed.size)

    def _keep(self, size: int, *, reserved: int = 0) -> None:
        assert self._asked is not None
        self._duration_ms = self._elapsed_ms()
        self.size = CALL_BYTES + self._asked.size + size + reserved
        self._place.keep(self, reserved=reserved)

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000


_last_secrets: dict[str, tuple[list[Any], tuple[tuple[str, str], ...]]] = {}
"""What the last client of a vendor held, and what was said of it; nearly always the next one holds the same."""


def secrets_with_names(vendor: Vendor, client: Any) -> tuple[tuple[str, str], ...]:
    """The keys that `client` holds, each with a name for it."""
    held = [getattr(client, name, None) for name in vendor.key_attributes]
    last = _last_secrets.get(vendor.name)
    if last is None or last[0] != held:
        found = tuple((secret, f"{vendor.name}-key") for secret in secrets_of(vendor, client))
        last = _last_secrets[vendor.name] = (held, found)
    return last[1]
