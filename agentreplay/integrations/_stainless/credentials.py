"""Clients that are built without a key while replaying, and the stand-in key that they get."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from operator import is_
from typing import Any

from agentreplay._active import Scope, current
from agentreplay._errors import SessionError, StandInKeyError
from agentreplay._modes import Mode
from agentreplay._outside import keyless
from agentreplay._patching import Wrapper
from agentreplay._redaction import Redactor
from agentreplay.integrations._stainless.vendor import Vendor

_replaying: ContextVar[bool] = ContextVar("agentreplay_stand_in_key", default=False)


class StandInKey(str):
    """A key that goes into no request: every way by which an SDK puts a key into a header raises.

    It passes through `copy()` and `with_options()`, and it outlives every session.
    """

    __slots__ = ()

    def __new__(cls) -> StandInKey:
        return super().__new__(cls, "agentreplay-stand-in-key")

    def _refuse_live(self) -> None:
        if not _replaying.get():
            raise StandInKeyError

    def __format__(self, spec: str) -> str:
        self._refuse_live()
        return super().__format__(spec)

    def __str__(self) -> str:
        self._refuse_live()
        return super().__str__()

    def __add__(self, other: str) -> str:
        self._refuse_live()
        return super().__add__(other)

    def __radd__(self, other: str) -> str:
        self._refuse_live()
        return other + super().__str__()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        self._refuse_live()
        return super().encode(encoding, errors)

    def __repr__(self) -> str:
        return "StandInKey()"


@contextmanager
def stand_ins_allowed() -> Iterator[None]:
    """Let stand-in keys be formatted: for the request that a replayed response carries, which is never sent."""
    before = _replaying.get()
    _replaying.set(True)
    try:
        yield
    finally:
        _replaying.set(before)


def build_without_key(key_argument: str, error_class: type[Exception]) -> Wrapper:
    """The wrapper for the constructor of a client that wants a key.

    Where a session replays, and outside every session where `keyless()` holds, a client that cannot be built for lack
    of credentials is built with a stand-in key.
    """

    def construct(wrapped: Any, _client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            return wrapped(*args, **kwargs)
        except error_class:
            if kwargs.get(key_argument) is not None or not _replays_here():
                raise
            try:
                return wrapped(*args, **{**kwargs, key_argument: StandInKey()})
            except error_class:
                pass
            # Not for lack of a key, then: the SDK's own complaint.
            raise

    return construct


def _replays_here() -> bool:
    try:
        scope = current()
    except SessionError:
        return False
    if scope is not None:
        return scope.mode is Mode.REPLAY
    return keyless()


def secrets_of(vendor: Vendor, client: Any) -> Iterator[str]:
    """The keys that `client` holds."""
    for name in vendor.key_attributes:
        value = getattr(client, name, None)
        if isinstance(value, str) and value and not isinstance(value, StandInKey):
            yield value


def learn_secrets(vendor: Vendor, scope: Scope, client: Any) -> None:
    """Let the session know the secrets that `client` would send."""
    for secret in secrets_of(vendor, client):
        scope.engine.redactor.learn(secret, f"{vendor.name}-key")
    scope.engine.redactor.learn_headers(own_headers_of(client))


class Learning:
    """Lets sessions know the secrets of one vendor's clients, of the same client again only where they changed."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._last: tuple[Redactor, list[Any]] | None = None

    def of(self, client: Any, scope: Scope) -> None:
        """Let the session know the secrets that `client` would send."""
        redactor = scope.engine.redactor
        keys = [getattr(client, name, None) for name in self._vendor.key_attributes]
        last = self._last
        # Headers are in a mapping that may have got others.
        if last is None or last[0] is not redactor or not all(map(is_, last[1], keys)) or own_headers_of(client):
            learn_secrets(self._vendor, scope, client)
            self._last = redactor, keys


def own_headers_of(client: Any) -> dict[str, Any]:
    """The headers that the app gave `client` for all its requests."""
    headers = getattr(client, "_custom_headers", None)
    return dict(headers) if headers else {}
