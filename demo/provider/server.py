"""The provider itself: a server on loopback that can be scripted, stopped and started again."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final

from demo.provider import (
    anthropic_messages,
    anthropic_objects,
    openai_chat,
    openai_files,
    openai_media,
    openai_responses,
    openai_vector_stores,
)
from demo.provider.behaviour import Behaviour
from demo.provider.clouds import at_the_vendor
from demo.provider.exchange import Received, Reply
from demo.provider.http import LoopbackServer
from demo.provider.model import Model, plain_model
from demo.provider.routing import Call, Router
from demo.provider.store import Store
from demo.provider.vendors import error_reply, usual_headers

_OPENAI: Final = Router(
    openai_chat.ROUTES,
    openai_responses.ROUTES,
    openai_media.ROUTES,
    openai_files.ROUTES,
    openai_vector_stores.ROUTES,
)
_ANTHROPIC: Final = Router(anthropic_messages.ROUTES, anthropic_objects.ROUTES)


@dataclass
class _Script:
    """Behaviours that wait for the requests they are meant for."""

    behaviours: deque[Behaviour]
    path: str
    model: str | None

    def meant_for(self, request: Received) -> bool:
        return bool(self.behaviours) and self.path in request.path and self.model in {None, request.model}


class Provider:
    """A model provider on 127.0.0.1; a context manager that runs it.

    Attributes:
        requests: what was received, in order.
        usual: how requests are answered for which nothing was scripted.
        hung_up: set once a client has left before its stream had ended.
        faults: exceptions of the provider's own, which no test should leave there.
    """

    def __init__(self, model: Model = plain_model) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._server: LoopbackServer | None = None
        self._port = 0
        self.forget()

    def forget(self) -> None:
        """Be as new, at the same address: nothing was received, scripted or stored."""
        self.requests: list[Received] = []
        self.usual = Behaviour()
        self.hung_up = threading.Event()
        self.faults: list[BaseException] = []
        self._numbers = itertools.count(1)
        self._scripts: list[_Script] = []
        self._store = Store()
        openai_files.fill(self._store)
        anthropic_objects.fill(self._store)

    @property
    def url(self) -> str:
        """Where the provider listens, or did: `base_url` for Anthropic, Bedrock and Azure."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def openai_url(self) -> str:
        """`base_url` for OpenAI."""
        return f"{self.url}/v1"

    @property
    def count(self) -> int:
        """How many requests were received."""
        return len(self.requests)

    def wait_for(self, count: int, seconds: float = 10) -> bool:
        """Whether so many requests have come, at the latest after so many seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.requests) >= count, seconds)

    def start(self) -> None:
        """Listen; after a `stop()` on the same port again."""
        if self._server is None:
            self._server = LoopbackServer(self, self._port)
            self._port = self._server.port

    def stop(self) -> None:
        """Close every connection and refuse new ones."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Provider:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def stopped(self) -> Generator[None, None, None]:
        """The provider is away for the length of a block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def script(self, *behaviours: Behaviour, path: str = "", model: str | None = None) -> None:
        """One behaviour each for the next requests whose path holds `path` and that ask for `model`, if it is given."""
        with self._lock:
            self._scripts.append(_Script(deque(behaviours), path, model))

    def fail(self, status: int, times: int = 1, **filters: str) -> None:
        """Answer the next requests, `times` of them, with this error."""
        self.script(*[Behaviour(status=status)] * times, **filters)

    def received(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Received:
        """A request, numbered and noted."""
        with self._lock:
            request = Received(next(self._numbers), method, path, query, headers, body)
            self.requests.append(request)
            self._arrived.notify_all()
        return request

    def behaviour_for(self, request: Received) -> Behaviour:
        """What was scripted for this request, once; else the usual behaviour."""
        with self._lock:
            for script in self._scripts:
                if script.meant_for(request):
                    return script.behaviours.popleft()
        return self.usual

    def reply_to(self, request: Received, behaviour: Behaviour) -> Reply:
        """What goes back."""
        reply = behaviour.replaces(request)
        if reply is None:
            there, cloud = at_the_vendor(request)
            reply = cloud.wrap(self._answer(there, behaviour))
        reply = behaviour.shape(request, reply)
        return replace(reply, headers={**usual_headers(request), **reply.headers})

    def _answer(self, request: Received, behaviour: Behaviour) -> Reply:
        router = _ANTHROPIC if request.is_anthropic else _OPENAI
        found = router.find(request.method, request.path)
        if found is None:
            return error_reply(request, 404, f"Unknown request URL: {request.method} {request.path}.")
        answer, ids = found
        turn = behaviour.turn
        model: Model = self._model if turn is None else lambda _question: turn
        return answer(Call(request, ids, model, self._store, self.url))
