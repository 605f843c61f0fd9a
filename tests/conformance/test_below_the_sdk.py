"""What comes from a transport of the app's own: failures of any class, redirections, and what the app says itself."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from agentreplay.integrations._stainless.requests import body_of_content
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.http_clients import own_library
from tests.conformance.vendors import Vendor

FAILURES: dict[str, Callable[[Any], Exception]] = {
    "timeout": lambda library: library.ReadTimeout("it takes too long"),
    "protocol": lambda library: library.RemoteProtocolError("it hung up"),
    "decoding": lambda library: library.DecodingError("it is no gzip"),
    "tls": lambda _: ssl.SSLError("it has no certificate"),
    "end": lambda _: anyio.EndOfStream("it is over"),
}
FIRST_EVENT = b'event: ping\ndata: {"type": "ping", "id": "x", "choices": []}\n\n'


def answering(handle: Callable[[Any], Any], **more: Any) -> Callable[[Vendor, Provider], Any]:
    """Makes a client whose transport answers by `handle`, given a request."""

    def client(vendor: Vendor, provider: Provider) -> Any:
        library = own_library(vendor)
        cls = library.AsyncClient if vendor.is_async else library.Client
        http_client = cls(transport=library.MockTransport(handle), **more)
        return vendor.new_client(
            api_key="sk-own-0123456789", base_url=vendor.base_url(provider), http_client=http_client, max_retries=0
        )

    return client


async def the_error_of(make: Callable[[], Awaitable[Any]]) -> tuple[str, ...]:
    """Class and text of what `make()` raises, and of its cause."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (that it is the same is what is tested)
        await make()
    error, cause = caught.value, caught.value.__cause__
    return type(error).__name__, str(error), type(cause).__name__, str(cause)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_of_the_transport_has_the_same_cause(everyway: EveryWay, failure: str) -> None:
    """Before any answer: the SDK's error, and below it the same class with the same text, whosever class it is."""

    async def program(app: App) -> None:
        app.see(await the_error_of(app.ask))

    def fail(request: Any) -> Any:
        raise FAILURES[failure](own_library(everyway.vendor))

    everyway(program, client=answering(fail))


@pytest.mark.parametrize("failure", FAILURES)
def test_a_stream_that_fails_fails_at_the_same_place(everyway: EveryWay, failure: str) -> None:
    """After its first event, with the same error as without us; it is not taken for one that the app had left."""

    async def program(app: App) -> None:
        stream = await app.ask(stream=True)

        async def read() -> None:
            app.see(await app.every(stream))

        app.see(await the_error_of(read))

    def fail(request: Any) -> Any:
        library = own_library(everyway.vendor)

        def body() -> Any:
            yield FIRST_EVENT
            raise FAILURES[failure](library)

        async def async_body() -> Any:
            for chunk in body():
                yield chunk

        content = async_body() if everyway.vendor.is_async else body()
        return library.Response(200, headers={"content-type": "text/event-stream"}, content=content)

    (response,) = everyway(program, client=answering(fail)).responses
    assert response.error is not None
    assert not response.incomplete


def test_a_redirection_that_is_not_followed_raises(everyway: EveryWay) -> None:
    """An answer of 302 is an error of the SDK's where the HTTP client follows none."""

    async def program(app: App) -> None:
        with pytest.raises(app.vendor.sdk.APIStatusError) as caught:
            await app.ask()
        app.see(str(caught.value), caught.value.status_code, caught.value.response.headers["location"])

    def redirect(request: Any) -> Any:
        return own_library(everyway.vendor).Response(302, headers={"location": "https://example.com/elsewhere"})

    (response,) = everyway(program, client=answering(redirect, follow_redirects=False)).responses
    assert response.http_status == 302
    assert response.status == "error"


def test_a_retry_count_of_the_apps_own_stays(everyway: EveryWay) -> None:
    """A header that the app sets itself stands in the replayed response's request, also after retries."""

    async def program(app: App) -> None:
        client = app.vendor.resource(app.client.with_options(max_retries=2))
        more = {"extra_headers": {"X-Stainless-Retry-Count": "42"}}
        response = await app.wait(client.with_raw_response.create(**app.question(), **more))
        app.see(response.http_response.request.headers["x-stainless-retry-count"])

    everyway(program, prepare=lambda provider: provider.fail(500, times=1))


def test_a_body_in_pieces_is_described_whole() -> None:
    """Raw content may be a list of bytes; it is recorded as the body that it makes."""
    assert body_of_content([b'{"in": ', b'"pieces"}']) == {"in": "pieces"}
    assert body_of_content((b"no ", b"JSON"))["content"]["size"] == 7
