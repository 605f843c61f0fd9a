"""The responses of a replay: the HTTP library's own, built of what was recorded."""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import repeat
from typing import Any, Final, NoReturn

from agentreplay import _sse
from agentreplay._alike import Alike
from agentreplay._cassette import RecordedError, RecordedResponse
from agentreplay._errors import CassetteError, IncompleteStreamError
from agentreplay._json.layout import render
from agentreplay._pace import Pace
from agentreplay._streams import play
from agentreplay.integrations._stainless.responses import library_of

_BELOW: Final = ("ssl", "socket", "anyio", "aiohttp", "builtins")
"""Whose exceptions come through the HTTP library as they are, from a transport of its own or of the app's."""

_NEVER_RAISED_BELOW: Final = frozenset({"StopIteration", "StopAsyncIteration"})
"""Inside a stream they would mean its end."""


def build(
    recorded: RecordedResponse,
    request: Any,
    method: str,
    *,
    unread: bool,
    is_async: bool,
    pace: Pace | None = None,
    events: Sequence[Alike] | None = None,
    plain: bool = False,
) -> Any:
    """A response of the library that `request` comes from, holding what was recorded.

    With `unread` its body is still to come, as in a response that is streamed; its events come at `pace`, if that is
    given. `events` are these, where they are not to be taken from `recorded`; `plain` says that they are plain
    JSON.

    Raises:
        CassetteError: the record cannot be turned into bytes again.
    """
    library = library_of(request)
    chunks = _chunks(recorded, recorded._held_events() if events is None else events, plain=plain)
    common: dict[str, Any] = {
        "status_code": recorded.http_status or (200 if recorded.status == "ok" else 500),
        "headers": recorded.headers if recorded.headers is not None else {"content-type": _content_type(recorded)},
        "request": request,
        "extensions": {"http_version": b"HTTP/1.1"},
    }
    elapsed = timedelta(milliseconds=recorded.duration_ms or 0)
    if not (unread or recorded.incomplete or recorded.error):
        response = library.Response(**common, content=b"".join(chunks))
        response.elapsed = elapsed
        return response

    def closed() -> None:
        # As live: how long it took is known once the body is closed.
        response.elapsed = elapsed

    end = _end_of(recorded, method, library, request)
    times = recorded.event_times_ms if recorded.events is not None else None
    waits = pace.waits(times or ()) if pace is not None else repeat(0.0)
    response = library.Response(**common, stream=play(library, chunks, end, closed, waits=waits, is_async=is_async))
    return response


def transport_error(library: Any, error: RecordedError, request: Any) -> Exception | None:
    """The exception from below the SDK that was recorded; None where no class of that name is known here."""
    for name, message in ((error.type, error.message), (error.cause, error.cause_message)):
        if name is None or name in _NEVER_RAISED_BELOW:
            continue
        for module in (library, *(sys.modules[below] for below in _BELOW if below in sys.modules)):
            # Of what a module says in so many words: its own `__getattr__` may import.
            cls = vars(module).get(name)
            if isinstance(cls, type) and issubclass(cls, library.RequestError):
                return cls(message or "", request=request)  # type: ignore[no-any-return]
            if isinstance(cls, type) and issubclass(cls, Exception):
                return _made(cls, message or "")
    return None


def _made(cls: type[Exception], message: str) -> Exception:
    """An exception of this class; where it takes more than a text, one that names it."""
    try:
        return cls(message)
    except TypeError:
        return OSError(f"{cls.__name__}: {message}")


def _chunks(recorded: RecordedResponse, events: Sequence[Alike] | None, *, plain: bool) -> list[bytes]:
    try:
        if events is not None:
            return _sse.write(events, recorded.layout, plain=plain)
        if recorded.encoding == "base64":
            return [base64.b64decode(recorded.body, validate=True)]
        if recorded.encoding == "text":
            return [str(recorded.body).encode()]
        if recorded.body is not None or recorded.encoding == "json":
            return [render(recorded.body, recorded.layout).encode()]
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise CassetteError(
            f"a recorded response cannot be turned into bytes again ({error})", next_step="Record it again."
        ) from error
    return []


def _content_type(recorded: RecordedResponse) -> str:
    if recorded.events is not None:
        return "text/event-stream"
    return {"text": "text/plain", "base64": "application/octet-stream"}.get(recorded.encoding or "", "application/json")


def _end_of(recorded: RecordedResponse, method: str, library: Any, request: Any) -> Callable[[], None]:
    """What happens where the recorded body ends."""

    def left_here() -> NoReturn:
        raise IncompleteStreamError(method, len(recorded.events or []))

    def failed_here() -> None:
        error = transport_error(library, recorded.error, request) if recorded.error else None
        raise error or IncompleteStreamError(method, len(recorded.events or []))

    if recorded.error:
        return failed_here
    return left_here if recorded.incomplete else lambda: None
