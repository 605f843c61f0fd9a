"""Streams that are read to their end."""

from __future__ import annotations

from typing import Any

import pytest

from demo.provider import Behaviour, Provider, Turn
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.test_plain_calls import TOOLS


async def read_whole(app: App, **more: Any) -> None:
    """Ask for a stream, look at it before and after, and at each event."""
    stream = await app.ask(stream=True, **more)
    app.see(stream)
    async for event in app.each(stream):
        app.see(event)
    app.see(stream)


async def plain_stream(app: App) -> None:
    await read_whole(app)


def test_a_stream_in_a_loop_gives_the_same_events(everyway: EveryWay) -> None:
    """The stream's class, its response and every event are the same; the recording holds the events as JSON."""
    outcome = everyway(plain_stream)
    (response,) = outcome.responses
    assert response.events
    assert all(event.data is not None or event.text == "[DONE]" for event in response.events)
    assert not response.incomplete


def test_a_stream_in_a_with_block_gives_the_same_events(everyway: EveryWay) -> None:
    """A stream that is entered as a context manager is closed at the end of the block, as without us."""

    async def program(app: App) -> None:
        async with app.within(await app.ask(stream=True)) as stream:
            async for event in app.each(stream):
                app.see(event)
        app.see(stream)

    everyway(program)


def test_a_stream_of_tool_calls_gives_the_same_events(everyway: EveryWay) -> None:
    """Tool calls that are streamed in slices come back in the same slices."""

    async def program(app: App) -> None:
        await read_whole(app, tools=TOOLS[app.vendor.package])

    everyway(program)


@pytest.mark.surface(openai="chat.completions.create")
def test_usage_in_the_last_chunk_is_counted(everyway: EveryWay) -> None:
    """Where the app asks for the usage of a stream, the recording counts its tokens."""

    async def program(app: App) -> None:
        await read_whole(app, stream_options={"include_usage": True})

    (response,) = everyway(program).responses
    assert response.prompt_tokens
    assert response.completion_tokens


def test_interleaved_streams_keep_to_themselves(everyway: EveryWay) -> None:
    """Two streams that are read by turns are recorded and replayed each by itself."""

    async def program(app: App) -> None:
        one, other = await app.ask("one", stream=True), await app.ask("other", stream=True)
        events = app.each(other)
        async for event in app.each(one):
            app.see(event, await anext(events, None))
        app.see(await app.every(events))

    everyway(program)


@pytest.mark.parametrize(
    "framing",
    [
        Behaviour(gzip=True),
        Behaviour(crlf=True),
        Behaviour(comments=True),
        Behaviour(piece=1),
        Behaviour(piece=3, crlf=True, comments=True),
        Behaviour(piece=5, gzip=True),
    ],
    ids=["gzip", "crlf", "comments", "bytes", "odd pieces", "odd gzip"],
)
def test_framing_makes_no_difference(everyway: EveryWay, framing: Behaviour) -> None:
    """Compression, line ends, comments and characters that are cut in two change neither events nor recording."""
    everyway(plain_stream, prepare=lambda provider: provider.script(framing))


@pytest.mark.parametrize(
    "text",
    [
        "data: [DONE] is how it ends\n\ndata: {}",
        "\u2028 line \u2029 ends \x85 of Unicode \r\n",
        "\ufeff",
        "\\u00e9 / \x7f",
    ],
    ids=["looks like framing", "odd line ends", "byte order mark", "escapes"],
)
def test_text_that_looks_like_framing_is_only_text(everyway: EveryWay, text: str) -> None:
    """Nothing that a model says can break the recorded stream."""
    everyway(plain_stream, prepare=lambda provider: provider.script(Behaviour(turn=Turn(text=text))))


def test_a_stream_with_an_error_event_raises_the_same_error(everyway: EveryWay) -> None:
    """An error that comes as an event in a stream raises the SDK's error, after the same events."""

    async def program(app: App) -> None:
        stream = await app.ask(stream=True)
        try:
            async for event in app.each(stream):
                app.see(event)
        except app.vendor.sdk.APIError as error:
            app.see(error, stream)

    def break_off(provider: Provider) -> None:
        provider.script(Behaviour(error_after=3))

    (response,) = everyway(program, prepare=break_off).responses
    assert not response.incomplete


def test_a_stream_that_breaks_in_the_middle_raises_the_same_error(everyway: EveryWay) -> None:
    """Where the connection broke, the replayed stream raises the HTTP library's own error after the same events."""

    async def program(app: App) -> None:
        stream = await app.ask(stream=True)
        try:
            async for event in app.each(stream):
                app.see(event)
        except Exception as error:  # noqa: BLE001 - which one it is depends on the SDK's HTTP library
            app.see(error, stream)
        else:
            raise AssertionError("the stream ended as if it were whole")

    def cut(provider: Provider) -> None:
        provider.script(Behaviour(cut_after=3))

    (response,) = everyway(program, prepare=cut).responses
    assert response.error is not None


def test_an_empty_stream_is_replayed(everyway: EveryWay) -> None:
    """A stream that ends before its first event is no event, and no error of ours."""

    async def program(app: App) -> None:
        app.see(await app.every(await app.ask(stream=True)))

    def say_nothing(provider: Provider) -> None:
        provider.script(Behaviour(body=b"", content_type="text/event-stream"))

    everyway(program, prepare=say_nothing)
