"""A call of a running app that is being recorded: it goes live, and is noted on its way to be written later.

The guard around the funnel keeps from the app what fails here. Nothing is parsed or redacted in the thread of the call.
"""

from __future__ import annotations

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
from agentreplay.integrations._stainless.noted_calls import NotedCall
from agentreplay.integrations._stainless.noted_texts import texts_of
from agentreplay.integrations._stainless.snapshots import note_request
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
        self.noted.clear()
        self._place.unsaved.drop(self.size)
        self.size = 0


class AppCall(NotedCall):
    """One call. As a context manager it is the call that a response received meanwhile belongs to.

    Once it has its answer it is what the journal writes (see `UnsavedCall`).
    """

    __slots__ = (
        "_client",
        "_options",
        "_place",
        "headers",
        "number",
        "secrets",
        "session",
        "size",
        "started_at",
        "vendor_name",
    )

    def __init__(self, vendor: Vendor, place: Place, seat: Seat, client: Any, options: Any) -> None:
        super().__init__(vendor)
        self.session, self.number, self.started_at = seat
        self.vendor_name: str = vendor.name
        self.secrets = secrets_with_names(vendor, client)
        self.headers: Mapping[str, Any] = own_headers_of(client) or _NO_HEADERS
        self.size = 0
        self._place = place
        self._client = client
        self._options = options

    def __enter__(self) -> AppCall:
        self.begin()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self.end()
        if isinstance(error, Exception):
            try:
                self.failed(error)
            except Exception as fault:  # noqa: BLE001 (the app gets the SDK's error, as it was raised)
                tell(fault)

    def texts(self) -> CallTexts | None:
        """The call in texts; None where it has to be parsed."""
        assert self._asked is not None
        content = self._asked.content
        if content is None or self._answer is not None:
            return None
        return texts_of(self._asked.envelope, content, self._received())

    def tell(self) -> tuple[RecordedRequest, RecordedResponse]:
        """The call, parsed."""
        assert self._asked is not None
        return self._asked.tell(), self._answer or self._received().tell(self._vendor)

    def _note(self, sent: Any) -> None:
        if self._asked is None:
            self._asked = note_request(self._vendor, self._client, self._options, sent)
            # From here on nothing of the caller's is held.
            self._client = self._options = None

    def _watch(self, response: Any) -> None:
        passed = _Held(self._place, self._started, self._stream_ended)
        response.stream = guarded_tee(responses.library_of(response), response.stream, passed)
        self._place.watch(passed)

    def _stream_ended(self, passed: Passed) -> None:
        assert isinstance(passed, _Held)
        self._place.unwatch(passed)
        if not passed.let_go:
            self._passed = passed
            self._keep(0, reserved=passed.size)

    def _keep(self, size: int, *, reserved: int = 0) -> None:
        assert self._asked is not None
        self._took_ms = round(self._elapsed_ms(), 3)
        self.size = CALL_BYTES + self._asked.size + size + reserved
        self._place.keep(self, reserved=reserved)

    def _left(self) -> None:
        """Nothing is kept of it."""


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
