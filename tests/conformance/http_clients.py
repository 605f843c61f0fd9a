"""HTTP clients that an app can hand to an SDK's client."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from agentreplay.integrations._stainless.responses import library_of
from demo.provider import Provider
from tests.conformance.vendors import Vendor


def own_library(vendor: Vendor) -> Any:
    """The HTTP library that the SDK itself uses."""
    return library_of(vendor.shared()._client)


def _class_of(vendor: Vendor, library: Any) -> Any:
    return library.AsyncClient if vendor.is_async else library.Client


def _with_hooks(vendor: Vendor) -> Any:
    """The SDK's default client with a hook of the app's own."""
    name = "DefaultAsyncHttpxClient" if vendor.is_async else "DefaultHttpxClient"

    def hook(request: Any) -> None:
        request.headers["x-hook"] = "yes"

    async def async_hook(request: Any) -> None:
        hook(request)

    return getattr(vendor.sdk, name)(event_hooks={"request": [async_hook if vendor.is_async else hook]})


def _plain(vendor: Vendor) -> Any:
    """A bare client of the library that the SDK uses."""
    return _class_of(vendor, own_library(vendor))(timeout=30)


def _legacy(vendor: Vendor) -> Any:
    """A client of `httpx`, also where the SDK has moved on to another library."""
    return _class_of(vendor, importlib.import_module("httpx"))(timeout=30)


def _answers(library: Any) -> Callable[[Any], Any]:
    def answer(request: Any) -> Any:
        body = json.loads(request.content)
        text: dict[str, Any] = {
            "id": "x",
            "model": body["model"],
            "object": "chat.completion",
            "choices": [],
            "created": 1,
        }
        return library.Response(200, json={**text, "content": [], "role": "assistant", "type": "message"})

    return answer


def _transport(vendor: Vendor) -> Any:
    """A client whose transport answers by itself."""
    library = own_library(vendor)
    return _class_of(vendor, library)(transport=library.MockTransport(_answers(library)))


def _legacy_transport(vendor: Vendor) -> Any:
    """A client of `httpx` whose transport answers by itself."""
    library: Any = importlib.import_module("httpx")
    return _class_of(vendor, library)(transport=library.MockTransport(_answers(library)))


def _aiohttp(vendor: Vendor) -> Any:
    """The SDK's client on top of aiohttp."""
    if not vendor.is_async:
        raise TypeError("aiohttp is asynchronous")
    return vendor.sdk.DefaultAioHttpClient()


HTTP_CLIENTS: Final[dict[str, Callable[[Vendor], Any]]] = {
    "hooks": _with_hooks,
    "plain": _plain,
    "legacy": _legacy,
    "transport": _transport,
    "legacy transport": _legacy_transport,
    "aiohttp": _aiohttp,
}


def build(vendor: Vendor, name: str, provider: Provider) -> Any:
    """A client of the vendor's on the HTTP client `name`."""
    return vendor.new_client(
        api_key="sk-own-0123456789", base_url=vendor.base_url(provider), http_client=HTTP_CLIENTS[name](vendor)
    )


@cache
def takes(vendor: Vendor, name: str) -> bool:
    """Whether the installed SDK takes the HTTP client `name`."""
    try:
        vendor.new_client(api_key="sk-own-0123456789", http_client=HTTP_CLIENTS[name](vendor))
    except (TypeError, RuntimeError, AttributeError):
        return False
    return True
