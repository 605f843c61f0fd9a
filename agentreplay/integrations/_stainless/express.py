"""The express lane: calls of the methods used most, answered from the recording before the SDK prepares a request.

It answers what the funnel would answer, and never otherwise: it takes calls whose arguments are plain JSON, of clients
and methods that nobody has changed, that a recorded answer or stream is found for by the very key that the funnel would
compute. All else goes on to the SDK, and so to the funnel, as if the lane were not there.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

import wrapt

from agentreplay._active import Scope, current, open_sessions
from agentreplay._cassette import Interaction
from agentreplay._decisions import Replay
from agentreplay._errors import SessionError
from agentreplay._foresight import Asked
from agentreplay._modes import Mode
from agentreplay.integrations._stainless.credentials import Learning
from agentreplay.integrations._stainless.express_streams import StreamWay
from agentreplay.integrations._stainless.express_table import ExpressTable, HotMethod
from agentreplay.integrations._stainless.express_way import NO_ANSWER, Way
from agentreplay.integrations._stainless.handing_over import handed_over
from agentreplay.integrations._stainless.vendor import Vendor

_AnyWrapper: Any = wrapt.FunctionWrapper


class ExpressLane:
    """The lane of one method of one SDK class.

    Attributes:
        open: False sends every call on, as does anything else that the lane does not know.
    """

    open: bool = True

    def __init__(
        self, vendor: Vendor, hot: HotMethod, owner: type, client_class: str, patched: Mapping[Any, Any]
    ) -> None:
        assert vendor.express is not None
        self._vendor = vendor
        self._table: ExpressTable = vendor.express
        self._hot = hot
        self._owner = owner
        self._client_class = client_class
        self._patched = patched
        self._method = vars(owner)["create"]
        self._learning = Learning(vendor)
        self._kind = vendor.kind(hot.method)
        self._way: Way | None = None
        self._streams: StreamWay | None = None
        self._closed = False

    def create(self, wrapped: Any, resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps the method of a class of the sync client."""
        scope = None if args else self._scope(resource, kwargs)
        if scope is None:
            return wrapped(*args, **kwargs)
        found = self._find(scope, resource, kwargs)
        if found is None:
            return wrapped(*args, **kwargs)
        answer, decision = found
        if decision is None:
            return answer
        with handed_over(decision):
            return wrapped(*args, **kwargs)

    def async_create(self, wrapped: Any, resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Wraps the method of a class of the async client."""
        way = None if args or self._scope(resource, kwargs) is None else self._way_of(resource)
        # What is wrong with the arguments is said at once, and nothing is done before somebody waits for it.
        if way is None or not way.takes(kwargs) or not way.is_async:
            return wrapped(*args, **kwargs)
        mine: Any = self._awaited(wrapped, resource, kwargs)
        mine.__name__, mine.__qualname__ = way.function.__name__, way.function.__qualname__
        return mine

    async def _awaited(self, wrapped: Any, resource: Any, kwargs: dict[str, Any]) -> Any:
        scope = self._scope(resource, kwargs)
        found = self._find(scope, resource, kwargs) if scope is not None else None
        if found is None:
            return await wrapped(**kwargs)
        answer, decision = found
        if decision is None:
            return answer
        with handed_over(decision):
            return await wrapped(**kwargs)

    def _scope(self, resource: Any, kwargs: Mapping[str, Any]) -> Scope | None:
        """The session that may answer the call in this lane; None where it is none of the lane's."""
        try:
            scope = current()
        except SessionError:
            return None
        if (
            scope is None
            or scope.mode is not Mode.REPLAY
            or scope.faults is not None
            or scope.draws is not None
            or scope.speed != _AT_ONCE
            or ((stream := kwargs.get("stream")) and stream is not True)
            or not self.open
            or self._closed
            or type(resource) is not self._owner
        ):
            return None
        return scope

    def _find(self, scope: Scope, resource: Any, kwargs: Mapping[str, Any]) -> tuple[Any, Replay | None] | None:
        """The answer; or, where another call was quicker and got it, what the session decided instead."""
        way = self._way_of(resource)
        client = resource._client
        if way is None or not way.is_open(resource, client):
            return None
        asking = way.asking(client, kwargs)
        if asking is None:
            return None
        engine = scope.engine
        self._learning.of(client, scope)
        asked = engine.foresight.asked(self._kind, self._hot.method, asking.body)
        if asked is None or not way.known.renamed.isdisjoint(asked.names):
            return None
        interaction = engine.foreseen(asked.key)
        if interaction is None or not engine.foresight.holds_no_secret(asked, interaction):
            return None
        if kwargs.get("stream"):
            answer = self._streams_of(way).answer(scope, client, kwargs, interaction)
        else:
            answer = way.answer(interaction, asking.parse)
        if answer is NO_ANSWER:
            return None
        for text, category in asking.warnings:
            # From where the SDK would warn: these frames stand in the place of its own.
            warnings.warn(text, category, stacklevel=4)
        return answer, self._decided(scope, asked, interaction)

    def _decided(self, scope: Scope, asked: Asked, interaction: Interaction) -> Replay | None:
        decision = scope.engine.replay(interaction, asked.key, parent=scope.around())
        scope.engine.foresight.answered(asked, interaction)
        assert isinstance(decision, Replay)
        return None if decision.interaction is interaction else decision

    def _way_of(self, resource: Any) -> Way | None:
        if self._way is None:
            way = Way.of(self._vendor, self._table, self._hot, self._method, self._client_class, self._patched)
            if way is None or type(resource._client) is not way.client_class:
                # Another client's class may be called next.
                self._closed = way is None
                return None
            self._way = way
        return self._way

    def _streams_of(self, way: Way) -> StreamWay:
        if self._streams is None:
            self._streams = StreamWay(self._vendor, way)
        return self._streams


_AT_ONCE: Final = float("inf")


class InReplay(_AnyWrapper):  # type: ignore[misc]
    """A method with a lane beside it. Looked up where nothing replays, it is the SDK's own, with nothing around it."""

    def __get__(self, instance: Any, owner: Any) -> Any:
        # The list itself is asked first: in an app that is being recorded nothing of ours that might fail stands here.
        if instance is None or not open_sessions or not _replays_here():
            return self.__wrapped__.__get__(instance, owner)
        bound: Any = super()
        return bound.__get__(instance, owner)


def _replays_here() -> bool:
    try:
        scope = current()
    except SessionError:
        return False
    return scope is not None and scope.mode is Mode.REPLAY
