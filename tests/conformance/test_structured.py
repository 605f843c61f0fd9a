"""Answers that the SDK parses into the app's own models, and its helpers around streams."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from demo.provider import Behaviour, Provider, Turn
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay

parse = pytest.mark.surface(
    openai="chat.completions.parse or beta.chat.completions.parse", anthropic="messages.parse or beta.messages.parse"
)
chat_stream = pytest.mark.surface(openai="chat.completions.stream or beta.chat.completions.stream")


class Weather(pydantic.BaseModel):
    """What the model is to fill in."""

    city: str
    days: int


def format_argument(app: App) -> dict[str, Any]:
    """The vendor's argument that asks for `Weather`."""
    return {"response_format" if app.vendor.package == "openai" else "output_format": Weather}


@parse
def test_a_parsed_answer_holds_the_apps_own_model(everyway: EveryWay) -> None:
    """`parse` gives the same object around an instance of the app's own class."""

    async def program(app: App) -> None:
        answer = await app.wait(app.surface(**app.question(), **format_argument(app)))
        app.see(answer)
        parsed = answer.choices[0].message.parsed if app.vendor.package == "openai" else answer.parsed_output
        assert type(parsed) is Weather

    everyway(program)


@parse
def test_an_answer_that_does_not_fit_is_the_same_error(everyway: EveryWay) -> None:
    """What the SDK's parser does not like it does not like in replay either, and the answer is in the recording."""

    async def program(app: App) -> None:
        with pytest.raises(pydantic.ValidationError) as caught:
            await app.wait(app.surface(**app.question(), **format_argument(app)))
        app.see(str(caught.value))

    def misfit(provider: Provider) -> None:
        provider.script(Behaviour(turn=Turn(text='{"city": 3}')))

    assert len(everyway(program, prepare=misfit).responses) == 1


@pytest.mark.surface(openai="chat.completions.parse or beta.chat.completions.parse")
def test_parsed_tool_calls_hold_the_apps_own_model(everyway: EveryWay) -> None:
    """`parse` with `pydantic_function_tool` gives the arguments as an instance of the app's own class."""

    async def program(app: App) -> None:
        tools = [app.vendor.sdk.pydantic_function_tool(Weather)]
        answer = await app.wait(app.surface(**app.question(), tools=tools))
        app.see(answer)
        assert type(answer.choices[0].message.tool_calls[0].function.parsed_arguments) is Weather

    everyway(program)


@pytest.mark.surface(openai="responses.parse")
def test_a_parsed_response_holds_the_apps_own_model(everyway: EveryWay) -> None:
    """`responses.parse` gives the same object around an instance of the app's own class."""

    async def program(app: App) -> None:
        answer = await app.wait(app.surface(model="gpt-4o-mini", input="Hello", text_format=Weather))
        app.see(answer)
        assert type(answer.output_parsed) is Weather

    assert everyway(program).methods == ["responses.create"]


@chat_stream
def test_the_chat_stream_helper_gives_the_same_events(everyway: EveryWay) -> None:
    """`stream()` gives the same typed events, snapshots and final completion."""

    async def program(app: App) -> None:
        async with app.within(app.surface(**app.question(), response_format=Weather)) as stream:
            async for event in app.each(stream):
                app.see(event)
            app.see(await app.wait(stream.get_final_completion()))
        async with app.within(app.surface(**app.question("again"))) as stream:
            await app.wait(stream.until_done())
            app.see(await app.wait(stream.get_final_completion()))

    assert everyway(program).methods == ["chat.completions.create"] * 2


@chat_stream
def test_a_chat_stream_helper_that_is_left_early_is_replayed(everyway: EveryWay) -> None:
    """Leaving the helper after its first event closes the stream, and is replayed so far."""

    async def program(app: App) -> None:
        async with app.within(app.surface(**app.question())) as stream:
            app.see(await anext(app.each(stream)))

    assert everyway(program).responses[0].incomplete


@pytest.mark.surface(openai="responses.stream")
def test_the_responses_stream_helper_gives_the_same_events(everyway: EveryWay) -> None:
    """`responses.stream()` gives the same typed events and final response."""

    async def program(app: App) -> None:
        async with app.within(app.surface(model="gpt-4o-mini", input="Hello", text_format=Weather)) as stream:
            async for event in app.each(stream):
                app.see(event)
            app.see(await app.wait(stream.get_final_response()))

    everyway(program)


@pytest.mark.surface(anthropic="messages.stream")
def test_the_message_stream_helper_gives_the_same_events(everyway: EveryWay) -> None:
    """`messages.stream()` gives the same events, text, snapshots and final message."""

    async def program(app: App) -> None:
        async with app.within(app.surface(**app.question())) as stream:
            async for event in app.each(stream):
                app.see(event, stream.current_message_snapshot)
            app.see(await app.wait(stream.get_final_message()), stream.response)
        async with app.within(app.surface(**app.question("words"))) as stream:
            app.see(await app.every(stream.text_stream))
            app.see(await app.wait(stream.get_final_text()))

    assert everyway(program).methods == ["messages.create"] * 2


@pytest.mark.surface(anthropic="beta.messages.stream")
def test_the_beta_message_stream_helper_gives_the_same_events(everyway: EveryWay) -> None:
    """`beta.messages.stream()` gives the same events and final message, under a name of its own."""

    async def program(app: App) -> None:
        async with app.within(app.surface(**app.question())) as stream:
            async for event in app.each(stream):
                app.see(event)
            app.see(await app.wait(stream.get_final_message()))

    assert everyway(program).methods == ["beta.messages.create"]


@pytest.mark.surface(anthropic="beta.messages.tool_runner")
def test_a_tool_runner_runs_the_same_turns(everyway: EveryWay) -> None:
    """The SDK's own agent loop calls the app's tools with the same arguments and ends with the same message."""

    async def program(app: App) -> None:
        def weather(city: str) -> str:
            """The weather in a city."""
            app.see("asked for", city)
            return "sunny"

        async def async_weather(city: str) -> str:
            """The weather in a city."""
            return weather(city)

        sdk = app.vendor.sdk
        tool = sdk.beta_async_tool(async_weather, name="weather") if app.vendor.is_async else sdk.beta_tool(weather)
        runner = app.surface(**app.question("What is the weather?"), tools=[tool])
        async for message in app.each(runner):
            app.see(message)

    assert everyway(program).methods == ["beta.messages.create"] * 2
