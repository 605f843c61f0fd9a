"""Calls that fail."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from demo.provider import Behaviour, Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay

STATUSES = (400, 401, 403, 404, 409, 413, 418, 422, 429, 500, 503, 529)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_an_error_status_raises_the_same_typed_error(everyway: EveryWay, stream: bool) -> None:
    """Class, text, status, body, request id, headers and request of the SDK's error are the same."""

    async def program(app: App) -> None:
        once = app.vendor.resource(app.client.with_options(max_retries=0))
        more: dict[str, Any] = {"stream": True} if stream else {}
        for _ in STATUSES:
            await app.fails(lambda: once.create(**app.question(**more)), "APIStatusError")

    def fail(provider: Provider) -> None:
        provider.script(*(Behaviour(status=status) for status in STATUSES))

    responses = everyway(program, prepare=fail).responses
    assert [response.http_status for response in responses] == list(STATUSES)
    assert {response.status for response in responses} == {"error"}


@pytest.mark.parametrize("status", [429, 500])
def test_an_error_that_was_retried_in_vain_is_one_call(everyway: EveryWay, status: int) -> None:
    """The SDK's own retries stand in the recording as a number; in replay nothing is retried, nor waited for."""

    async def program(app: App) -> None:
        await app.fails(app.ask, "APIStatusError")

    outcome = everyway(program, prepare=lambda provider: provider.fail(status, times=3))
    (response,) = outcome.responses
    assert len(outcome.received) == 3
    if "x-stainless-retry-count" in outcome.received[-1].headers:
        assert response.retries_taken == 2


def test_a_call_that_the_sdk_retried_counts_its_retries(everyway: EveryWay) -> None:
    """A call that went well the third time is one recorded call with two retries, which a raw response tells."""

    async def program(app: App) -> None:
        response = await app.wait(app.resource.with_raw_response.create(**app.question()))
        app.see(response)
        app.see(await app.wait(response.parse()))

    outcome = everyway(program, prepare=lambda provider: provider.fail(429, times=2))
    assert len(outcome.received) == 3
    assert outcome.responses[0].retries_taken == 2


def test_a_stream_that_the_sdk_retried_is_recorded_once(everyway: EveryWay) -> None:
    """Errors before a stream began are the SDK's to retry; the recording holds the stream that came."""

    async def program(app: App) -> None:
        app.see(await app.every(await app.ask(stream=True)))

    outcome = everyway(program, prepare=lambda provider: provider.fail(503, times=1))
    assert len(outcome.received) == 2
    assert len(outcome.responses) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"<html>Bad gateway</html>", "text/html"), (b"", "application/json"), (b'{"error": "only text"}', "text/plain")],
    ids=["html", "empty", "odd"],
)
def test_an_error_with_an_unusual_body_is_the_same(everyway: EveryWay, body: bytes, content_type: str) -> None:
    """Errors whose body is no JSON, or not the vendor's, read the same."""

    async def program(app: App) -> None:
        once = app.vendor.resource(app.client.with_options(max_retries=0))
        await app.fails(lambda: once.create(**app.question()), "InternalServerError")

    def break_down(provider: Provider) -> None:
        provider.script(Behaviour(status=502, body=body, content_type=content_type))

    everyway(program, prepare=break_down)


def test_a_connection_that_breaks_raises_the_same_error(everyway: EveryWay) -> None:
    """Where no answer came, the SDK's connection error and its cause are of the same classes, with the same text."""

    async def program(app: App) -> None:
        once = app.vendor.resource(app.client.with_options(max_retries=0))
        await app.fails(lambda: once.create(**app.question()), "APIConnectionError")

    (response,) = everyway(program, prepare=lambda provider: provider.script(Behaviour(drop=True))).responses
    assert response.status == "error"
    assert response.http_status is None


def test_a_timeout_raises_the_same_error(everyway: EveryWay) -> None:
    """A call that ran into its timeout raises the SDK's timeout error in replay, at once."""
    never = threading.Event()

    async def program(app: App) -> None:
        once = app.vendor.resource(app.client.with_options(max_retries=0, timeout=0.05))
        await app.fails(lambda: once.create(**app.question()), "APITimeoutError")

    everyway(program, prepare=lambda provider: provider.script(Behaviour(hold=never)))


def test_a_connection_error_that_was_retried_in_vain_is_one_call(everyway: EveryWay) -> None:
    """Three broken connections are the SDK's affair: one recorded call, one error, and no wait in replay."""

    async def program(app: App) -> None:
        def at_once(*_args: object, **_more: object) -> float:
            return 0.001

        app.client._calculate_retry_timeout = at_once
        await app.fails(app.ask, "APIConnectionError")

    outcome = everyway(program, prepare=lambda provider: provider.script(*[Behaviour(drop=True)] * 3))
    assert len(outcome.received) == 3
    assert len(outcome.responses) == 1


def test_an_answer_that_breaks_off_is_the_same_error(everyway: EveryWay) -> None:
    """A whole answer whose connection broke in its middle is an error of the SDK, recorded and replayed."""

    async def program(app: App) -> None:
        once = app.vendor.resource(app.client.with_options(max_retries=0))
        await app.fails(lambda: once.create(**app.question()), "APIConnectionError")

    everyway(program, prepare=lambda provider: provider.script(Behaviour(cut_after=10)))


def test_an_error_in_between_keeps_its_place(everyway: EveryWay) -> None:
    """An agent that meets an error and goes on meets it in replay at the same place."""

    async def program(app: App) -> None:
        app.see(await app.ask("first"))
        await app.fails(lambda: app.ask("second"), "BadRequestError")
        app.see(await app.ask("second"))

    def fail_second(provider: Provider) -> None:
        provider.script(Behaviour(), Behaviour(status=400))

    everyway(program, prepare=fail_second)
