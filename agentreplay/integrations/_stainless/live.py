"""A live call of a session, noted on its way to be read once that is needed."""

from __future__ import annotations

from typing import Any, Final

from agentreplay._active import Scope
from agentreplay._decisions import Live
from agentreplay._noted import Told
from agentreplay._recorded import RecordedResponse
from agentreplay._redaction.texts import Texts
from agentreplay._streams import Body, Passed, tee
from agentreplay.integrations._stainless.noted_calls import NotedCall
from agentreplay.integrations._stainless.noted_texts import Answer, Received, asked_texts
from agentreplay.integrations._stainless.requests import Envelope, describe
from agentreplay.integrations._stainless.responses import decoded, library_of
from agentreplay.integrations._stainless.snapshots import envelope_of, note_bytes, says_all_in_bytes
from agentreplay.integrations._stainless.vendor import Vendor

_CHUNK_BYTES: Final = 150
"""What a chunk takes beside its bytes, roughly."""


class LiveCall(NotedCall):
    """One live call. As a context manager it is the call that a response received meanwhile belongs to.

    Once it has its answer it is what the engine keeps (see `_noted.NotedCall`).
    """

    __slots__ = ("_client", "_decision", "_envelope", "_options", "_scope", "_unpacked", "size")

    def __init__(self, vendor: Vendor, scope: Scope, decision: Live) -> None:
        super().__init__(vendor)
        self.size = 0
        self._scope = scope
        self._decision = decision
        self._client: Any = None
        self._options: Any = None
        self._envelope: Envelope | None = None
        self._unpacked: Body | None = None

    @classmethod
    def unread(cls, vendor: Vendor, scope: Scope, client: Any, options: Any) -> LiveCall | None:
        """The call with the funnel's `options`, of which only what is sent is noted; None where it must be known first.

        Raises:
            NotJSONError: its query is no JSON.
        """
        if not scope.records_all or not says_all_in_bytes(vendor, client, options):
            return None
        envelope = envelope_of(vendor, client, options)
        call = cls(vendor, scope, scope.begin_unread(envelope.method))
        call._client, call._options, call._envelope = client, options, envelope
        return call

    def __enter__(self) -> LiveCall:
        self.begin()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self.end()
        if isinstance(error, Exception):
            self.failed(error)
        elif error is not None:
            self._scope.engine.abandon(self._decision)

    def tell(self) -> Told:
        """The call, read."""
        request = self._asked.tell() if self._asked is not None else None
        if self._answer is not None:
            return Told(request, self._answer, None)
        received = self._received()
        response = received.tell(self._vendor)
        return Told(request, response, self._texts(received, response))

    def _texts(self, received: Received, response: RecordedResponse) -> Texts | None:
        """What the call consists of, as far as it was not known before; None where that is not all text."""
        strings: list[str] = []
        bodies: list[str] | None = []
        if self._asked is not None:
            content = self._asked.content
            bodies = asked_texts(self._asked.envelope, content) if content is not None else None
            strings = [self._asked.envelope.method]
        if bodies is None:
            return None
        answer = Answer.of(received, response)
        return answer.texts(strings, bodies) if answer is not None else None

    def _body(self) -> Body:
        return self._unpacked or super()._body()

    def _note(self, sent: Any) -> None:
        if self._options is not None and self._envelope is not None:
            self._asked = note_bytes(self._vendor, self._client, self._options, self._envelope, sent)
            # From here on nothing of the caller's is held.
            self._client = self._options = None

    def _watch(self, response: Any) -> None:
        self._passed = Passed(self._started, self._ended)
        response.stream = tee(library_of(response), response.stream, self._passed)
        self._scope.watch(self._passed)

    def _ended(self, passed: Passed) -> None:
        self._scope.unwatch(passed)
        assert self._head is not None
        if self._head.headers.get("content-encoding"):
            # What is wrong with it is said where it is read.
            self._unpacked = decoded(self._head, passed.body())
        self._keep(sum(len(chunk) for chunk, _ in passed.noted) + _CHUNK_BYTES * len(passed.noted))

    def _keep(self, size: int) -> None:
        self._took_ms = self._elapsed_ms()
        self.size = size + (self._asked.size if self._asked is not None else 0)
        self._scope.engine.keep(self._decision, self, {"vendor": self._vendor.name})

    def _left(self) -> None:
        self._scope.engine.abandon(self._decision)
        if self._options is not None:
            # If it was for something that is no JSON, that is what is said of it.
            describe(self._vendor, self._client, self._options)
