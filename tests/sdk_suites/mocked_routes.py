"""What respx notes in replay: the requests that replayed answers stand for, as if they had come down to it.

Some tests look at the last request that reached a mocked route: at its body, its headers, its query. In replay none is
sent, but the SDK hands out an answer that carries the request it answers, so that is the one noted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pytest

_PACKAGES: Final = ("respx", "tests.respx2")
"""respx, and the copy of it that openai's tests bring along."""


def note_replayed_requests(patch: pytest.MonkeyPatch) -> None:
    """Until `patch` is undone, the SDKs' own last steps tell respx of the response that they are given."""
    for vendor in ("openai", "anthropic"):
        base = sys.modules.get(f"{vendor}._base_client")
        if base is not None:
            patch.setattr(base.SyncAPIClient, "_process_response", _noting(base.SyncAPIClient._process_response))
            patch.setattr(base.AsyncAPIClient, "_process_response", _noting(base.AsyncAPIClient._process_response))
            patch.setattr(
                base.BaseClient,
                "_make_status_error_from_response",
                _noting(base.BaseClient._make_status_error_from_response),
            )


def demand_no_calls() -> None:
    """From now on respx does not demand that each mocked route is called: a token that nobody needs is not fetched."""
    for package in _PACKAGES:
        router = sys.modules.get(f"{package}.router")
        if router is not None:
            router.Router.assert_all_called = _demand_nothing


def _demand_nothing(_router: object) -> None:
    """What was not called is not reported."""


def _noting(step: Any) -> Any:
    def note_and_go_on(client: Any, *args: Any, **kwargs: Any) -> Any:
        _note(kwargs["response"] if "response" in kwargs else args[0])
        return step(client, *args, **kwargs)

    return note_and_go_on


def _note(response: Any) -> None:
    request = response.request
    if isinstance(request.stream, Iterable):
        request.read()  # as respx does with what comes down to it, so that a test may look at the content
    for router in _active_routers():
        route = next((route for route in router.routes if route.pattern is None or route.pattern.match(request)), None)
        router.record(request, response=response, route=route)


def _active_routers() -> Iterator[Any]:
    for package in _PACKAGES:
        mocks = sys.modules.get(f"{package}.mocks")
        if mocks is not None:
            for mocker in mocks.Mocker.registry.values():
                yield from mocker.routers
