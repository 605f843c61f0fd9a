"""Middleware of the app's own inside Anthropic's client: app code, which runs in replay as it does live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from demo.provider import Behaviour, Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay

pytestmark = pytest.mark.surface(anthropic="middleware")


def put_before(app: App, before: Callable[[Any], Any], after: Callable[[Any], Any] = lambda response: response) -> None:
    """Give the app's client a layer: `before` sees each request and may answer it, `after` sees each response."""

    def layer(request: Any, call_next: Any) -> Any:
        answer = before(request)
        return answer if answer is not None else after(call_next(request))

    async def async_layer(request: Any, call_next: Any) -> Any:
        answer = before(request)
        return answer if answer is not None else after(await call_next(request))

    app.client = app.client.with_options(middleware=[async_layer if app.vendor.is_async else layer])


def test_middleware_that_looks_sees_the_same(everyway: EveryWay) -> None:
    """A layer that watches sees the same requests and responses, of whole, raw, streamed and failed calls."""

    async def program(app: App) -> None:
        def look(response: Any) -> Any:
            app.see(response.status_code, response.headers.get("request-id"))
            return response

        put_before(app, lambda request: app.see(request.options.json_data, request.stream), look)
        app.see(await app.ask())
        app.see(await app.every(await app.ask(stream=True)))
        raw = await app.wait(app.resource.with_raw_response.create(**app.question()))
        app.see(raw.status_code, await app.wait(raw.parse()))
        app.client = app.client.with_options(max_retries=0)
        await app.fails(lambda: app.ask(model="wrong"), "BadRequestError")

    outcome = everyway(program, prepare=lambda provider: provider.fail(400, path="messages", model="wrong"))
    assert len(outcome.responses) == 4


def test_middleware_that_changes_requests_is_recorded_as_the_app_asked(everyway: EveryWay) -> None:
    """What a layer adds to a request reaches the provider, and the recording holds what the app asked for."""

    async def program(app: App) -> None:
        def add(request: Any) -> None:
            request.options.json_data = {**request.options.json_data, "metadata": {"user_id": "some-user"}}

        put_before(app, add)
        app.see(await app.ask())

    outcome = everyway(program)
    assert outcome.received[0].json["metadata"] == {"user_id": "some-user"}
    assert "metadata" not in outcome.cassette.interactions[0].request.body


def test_middleware_that_changes_answers_changes_them_in_replay(everyway: EveryWay) -> None:
    """An app that rewrites what comes back reads its own words in replay too."""

    async def program(app: App) -> None:
        def shout(response: Any) -> Any:
            message = response.parse()
            message.content[0].text = message.content[0].text.upper()
            return message

        async def async_shout(request: Any, call_next: Any) -> Any:
            message = await (await call_next(request)).parse()
            message.content[0].text = message.content[0].text.upper()
            return message

        if app.vendor.is_async:
            app.client = app.client.with_options(middleware=[async_shout])
        else:
            put_before(app, lambda _request: None, shout)
        answer = await app.ask()
        app.see(answer)
        assert answer.content[0].text.isupper()

    everyway(program)


def test_middleware_that_answers_by_itself_answers_in_replay(everyway: EveryWay) -> None:
    """A layer that has the answer at hand gives it, recorded and replayed, and nothing is sent."""

    async def program(app: App) -> None:
        known = await app.ask("first")
        put_before(app, lambda _request: known)
        app.see(known, await app.ask("second"))

    outcome = everyway(program)
    assert len(outcome.received) == 1


def test_middleware_that_asks_twice_gets_an_answer_in_replay(everyway: EveryWay) -> None:
    """A layer that tries again on its own has one answer in the recording: the one that the app got."""

    async def program(app: App) -> None:
        def twice(request: Any, call_next: Any) -> Any:
            call_next(request)
            return call_next(request)

        async def async_twice(request: Any, call_next: Any) -> Any:
            await call_next(request)
            return await call_next(request)

        app.client = app.client.with_options(middleware=[async_twice if app.vendor.is_async else twice])
        app.see(await app.ask())

    outcome = everyway(program)
    assert len(outcome.received) == 2
    assert len(outcome.responses) == 1


def test_errors_that_are_retried_below_middleware_are_one_call(everyway: EveryWay) -> None:
    """The SDK's retries run through the layers; the recording holds the last answer, whole and streamed."""

    async def program(app: App) -> None:
        put_before(app, lambda _request: None)
        app.see(await app.ask())
        app.see(await app.every(await app.ask(stream=True)))

    def fail(provider: Provider) -> None:
        provider.script(Behaviour(status=503), Behaviour(), Behaviour(status=529), Behaviour())

    outcome = everyway(program, prepare=fail)
    assert len(outcome.received) == 4
    assert [response.retries_taken for response in outcome.responses] == [1, 1]
