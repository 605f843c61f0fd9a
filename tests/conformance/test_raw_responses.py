"""Responses that an app takes raw, at once or piece by piece."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.app import App
from tests.conformance.everyway import EveryWay


def test_a_raw_response_is_the_same_before_and_after_parsing(everyway: EveryWay) -> None:
    """`with_raw_response` gives the same status, headers, text, retries and request, and parses to the same object."""

    async def program(app: App) -> None:
        response = await app.wait(app.resource.with_raw_response.create(**app.question()))
        app.see(response, response.headers.get("x-request-id"), response.headers.get("request-id"))
        app.see(await app.wait(response.parse()))
        app.see(response, response.http_response.text, response.http_response.json())

    everyway(program)


def test_a_raw_response_of_a_stream_parses_to_the_same_stream(everyway: EveryWay) -> None:
    """`with_raw_response` with `stream=True` gives a response whose `parse()` is the stream."""

    async def program(app: App) -> None:
        response = await app.wait(app.resource.with_raw_response.create(**app.question(), stream=True))
        app.see(response)
        stream = await app.wait(response.parse())
        app.see(stream, await app.every(stream), response)

    everyway(program)


def test_a_streaming_response_is_read_whole(everyway: EveryWay) -> None:
    """`with_streaming_response` gives the body by `text()`, `read()`, `json()` and `parse()` alike, and closes it."""

    async def program(app: App) -> None:
        for read in ("text", "read", "json", "parse"):
            async with app.within(app.resource.with_streaming_response.create(**app.question(read))) as response:
                app.see(response)
                app.see(await app.wait(getattr(response, read)()))
            app.see(response)

    everyway(program)


def test_a_streaming_response_is_read_in_lines_and_pieces(everyway: EveryWay) -> None:
    """`iter_lines`, `iter_text` and `iter_bytes` give the same content in the same pieces."""

    async def program(app: App) -> None:
        create = app.resource.with_streaming_response.create
        async with app.within(create(**app.question("lines"))) as response:
            app.see(await app.every(response.iter_lines()), response)
        async with app.within(create(**app.question("text"))) as response:
            app.see("".join(await app.every(response.iter_text())), response)
        async with app.within(create(**app.question("bytes"))) as response:
            app.see(await app.every(response.iter_bytes(7)), response)

    everyway(program)


def test_the_lines_of_a_stream_hold_the_same_events(everyway: EveryWay) -> None:
    """An app with an event parser of its own reads the same lines, but for white space inside their JSON."""

    async def program(app: App) -> None:
        manager = app.resource.with_streaming_response.create(**app.question(), stream=True)
        async with app.within(manager) as response:
            async for line in app.each(response.iter_lines()):
                name, _, data = line.partition(": ")
                app.see(name, json.loads(data) if data.startswith("{") else data)

    everyway(program)


def test_a_streaming_response_that_is_left_unread_is_replayed(everyway: EveryWay) -> None:
    """An app that looks only at status and headers of a streaming response sees the same in replay."""

    async def program(app: App) -> None:
        async with app.within(app.resource.with_streaming_response.create(**app.question())) as response:
            app.see(response.status_code, response.headers.get("content-type"))
        app.see(response)

    everyway(program)


def test_a_streaming_response_of_a_stream_parses_to_the_same_stream(everyway: EveryWay) -> None:
    """`with_streaming_response` with `stream=True` parses to the SDK's stream, with the same events."""

    async def program(app: App) -> None:
        manager = app.resource.with_streaming_response.create(**app.question(), stream=True)
        async with app.within(manager) as response:
            stream = await app.wait(response.parse())
            app.see(stream, await app.every(stream), stream)

    everyway(program)


def test_how_a_response_is_taken_does_not_change_what_is_asked(everyway: EveryWay) -> None:
    """Plain, raw and streaming-raw calls with equal arguments are one question with three answers, by order."""

    async def program(app: App) -> None:
        app.see(await app.ask())
        raw = await app.wait(app.resource.with_raw_response.create(**app.question()))
        app.see(await app.wait(raw.parse()))
        async with app.within(app.resource.with_streaming_response.create(**app.question())) as response:
            app.see(await app.wait(response.parse()))

    ids = {interaction.id for interaction in everyway(program).cassette.interactions}
    assert len(ids) == 1


def test_a_raw_response_of_a_failed_call_is_on_the_error(everyway: EveryWay) -> None:
    """A call that fails raises from the raw forms as well, with the response on the error."""

    async def program(app: App) -> None:
        once: Any = app.client.with_options(max_retries=0)
        resource = app.vendor.resource(once)
        error = await app.fails(lambda: resource.with_raw_response.create(**app.question()), "BadRequestError")
        app.see(getattr(error, "response", None))

    everyway(program, prepare=lambda provider: provider.fail(400))
