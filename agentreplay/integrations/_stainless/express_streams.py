"""Streams in the express lane: the SDK's own stream over the recorded response, without the SDK's way to it.

The SDK's method says what it asks for, as it does for a call that is sent, but arguments are left as they are in it.
What becomes of that is what the funnel makes of it, to the last step: the request that the response belongs to, the
response, and the stream that the SDK's own parser makes of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine, Mapping
from types import FunctionType
from typing import Any, cast

from agentreplay._active import Scope
from agentreplay._cassette import Interaction
from agentreplay._decisions import Replay
from agentreplay._json.values import is_object
from agentreplay.integrations._stainless.arguments import Arguments
from agentreplay.integrations._stainless.express_way import NO_ANSWER, Way
from agentreplay.integrations._stainless.replay import ReplayedCall
from agentreplay.integrations._stainless.unsent import is_error
from agentreplay.integrations._stainless.vendor import Vendor


class StreamWay:
    """How a call that goes this `way`, and asks for a stream, is answered."""

    def __init__(self, vendor: Vendor, way: Way) -> None:
        self._vendor = vendor
        self._post = way.post
        self._is_async = inspect.iscoroutinefunction(way.post)
        function, absent = way.function, way.absent

        def given(body: Any, _type: Any) -> Any:
            if not is_object(body):
                return body
            return {name: value for name, value in body.items() if type(value) not in absent}

        async def async_given(body: Any, annotation: Any) -> Any:
            return given(body, annotation)

        here = {"maybe_transform": given, "async_maybe_transform": async_given, "warnings": _Silent()}
        self._function = FunctionType(function.__code__, {**function.__globals__, **here}, function.__name__)
        self._function.__kwdefaults__ = function.__kwdefaults__

    def answer(self, scope: Scope, client: Any, kwargs: Mapping[str, Any], interaction: Interaction) -> Any:
        """The stream that the funnel would give for `interaction`; `NO_ANSWER` where that is for the funnel to say.

        The arguments are plain JSON.
        """
        recorded = interaction.response._beside_events()
        if is_error(recorded) or recorded.error is not None or recorded.incomplete or recorded.events is None:
            return NO_ANSWER
        try:
            call = self._call(client, kwargs)
            if hasattr(client, "_copy_and_prepare"):
                call.options = _at_once(client._copy_and_prepare(call.options))
            replayed = ReplayedCall(self._vendor, scope, client, call, Replay(interaction), None, recorded=recorded)
            answer = replayed.async_answer(None) if self._is_async else replayed.answer(None)
            return replayed.quickened(_at_once(answer))
        except Exception:  # noqa: BLE001 (whatever there is against it is said by the SDK, or by the funnel)
            return NO_ANSWER

    def _call(self, client: Any, kwargs: Mapping[str, Any]) -> Arguments:
        """What the funnel would be called with."""
        sender = (_AsyncSender if self._is_async else _Sender)()
        _at_once(self._function(_Resource(client, self._post, sender), **kwargs))
        assert sender.call is not None
        return sender.call


class _Silent:
    """Stands in the place of the module `warnings`."""

    def warn(self, *_: Any, **_more: Any) -> None:
        """Says nothing: the lane says it."""


class _Sender:
    """Stands in the place of a client, and keeps what it would send."""

    def __init__(self) -> None:
        self.call: Arguments | None = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.call = Arguments(*args, **kwargs)


class _AsyncSender(_Sender):
    async def request(self, *args: Any, **kwargs: Any) -> Any:
        super().request(*args, **kwargs)


class _Resource:
    """Stands in the place of a resource of `client`."""

    def __init__(self, client: Any, post: Any, sender: _Sender) -> None:
        self._client = client
        self._post_by = post
        self._sender = sender

    def _post(self, *args: Any, **kwargs: Any) -> Any:
        return self._post_by(self._sender, *args, **kwargs)


def _at_once(value: Any) -> Any:
    """What a coroutine gives that waits for nothing; any other value itself."""
    if not inspect.iscoroutine(value):
        return value
    coroutine = cast("Coroutine[Any, Any, Any]", value)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError("it waits")
