"""Calls that are answered whole, and the ways in which an app can word them."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

from demo.provider import Behaviour, Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
TOOLS: dict[str, Any] = {
    "openai": [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
    "anthropic": [{"name": "weather", "input_schema": WEATHER}],
}


BODIES: list[tuple[bytes, str]] = [
    (b"", "application/json"),
    (b"null", "application/json"),
    (b"[1, 2.0, -0.0, 1e+16]", "application/json; charset=utf-8"),
    (b'{"n": 1.0, "big": 12345678901234567890, "a": "\\u00e9", "e": {}, "l": []}', "application/json"),
    (b'{\n  "n": 1.0,\n  "a": "\xc3\xa9/\\n",\n  "e": {},\n  "l": []\n}\n', "application/json"),
    (b'{"a": 1, "a": 2}', "application/json"),
    (b'{"text":"{\\"city\\": \\"Oslo\\", \\"days\\": 3}"}', "application/json"),
    ("plain, naïve\r\n".encode(), "text/plain; charset=utf-8"),
    (b"\xff\xfe not text", "application/octet-stream"),
    (b"\xefbroken", "text/plain"),
    (b"gr\xfc\xdfe", "text/plain; charset=latin-1"),
]


class Note(pydantic.BaseModel):
    """A pydantic model that an app sends as it is."""

    role: str = "user"
    content: str = "From a model"
    name: str | None = None


def test_a_plain_call_gives_the_same_object(everyway: EveryWay) -> None:
    """What a plain call returns is the same, recorded and replayed, and is recorded under its method's name."""

    async def program(app: App) -> None:
        app.see(await app.ask())

    assert everyway(program).methods == [everyway.vendor.method]


def test_a_conversation_with_tools_gives_the_same_objects(everyway: EveryWay) -> None:
    """The model's tool call comes back typed, and the turn that answers it is answered again."""

    async def program(app: App) -> None:
        tools = TOOLS[app.vendor.package]
        first = await app.ask("What is the weather like?", tools=tools)
        app.see(first)
        messages = app.question("What is the weather like?")["messages"]
        if app.vendor.package == "openai":
            wanted = first.choices[0].message
            answer: Any = {"role": "tool", "tool_call_id": wanted.tool_calls[0].id, "content": "sunny"}
        else:
            wanted = {"role": "assistant", "content": first.content}
            result = {"type": "tool_result", "tool_use_id": first.content[-1].id, "content": "sunny"}
            answer = {"role": "user", "content": [result]}
        app.see(await app.ask(tools=tools, messages=[*messages, wanted, answer]))

    assert "The tools say sunny" in everyway(program).text


def test_equal_questions_are_answered_in_recorded_order(everyway: EveryWay) -> None:
    """A question that was asked three times gets its three different answers, one after the other."""

    async def program(app: App) -> None:
        for _ in range(3):
            app.see(await app.ask())

    bodies = [response.body for response in everyway(program).responses]
    assert len({str(body) for body in bodies}) == 3


def test_compressed_answers_are_recorded_readable(everyway: EveryWay) -> None:
    """A gzip-encoded answer stands in the cassette as plain JSON, and is the same object."""

    async def program(app: App) -> None:
        app.see(await app.ask())

    def compress(provider: Provider) -> None:
        provider.script(Behaviour(gzip=True))

    outcome = everyway(program, prepare=compress)
    assert "«Hello»" in outcome.text
    assert "content-encoding" not in (outcome.responses[0].headers or {})


def test_extra_headers_query_and_body_reach_the_provider(everyway: EveryWay) -> None:
    """What an app adds by `extra_headers`, `extra_query` and `extra_body` is sent while recording; its query and body
    decide in replay which recorded call answers.
    """

    async def program(app: App) -> None:
        for mood in ("calm", "stormy"):
            app.see(
                await app.ask(
                    extra_headers={"x-app": "yes"}, extra_query={"trace": mood}, extra_body={"mood": {"level": mood}}
                )
            )

    outcome = everyway(program)
    for received, recorded, mood in zip(
        outcome.received, outcome.cassette.interactions, ("calm", "stormy"), strict=True
    ):
        assert received.headers["x-app"] == "yes"
        assert received.query["trace"] == mood
        assert received.json["mood"] == {"level": mood}
        assert recorded.request.query == {"trace": mood}
        assert recorded.request.body["mood"] == {"level": mood}


def test_extra_body_wins_over_an_argument_of_the_same_name(everyway: EveryWay) -> None:
    """Where `extra_body` and an argument both name a key, what is recorded is what the SDK sends."""

    async def program(app: App) -> None:
        app.see(await app.ask(stop_sequences=["a"], extra_body={"stop_sequences": ["b"]}))

    async def openai_program(app: App) -> None:
        app.see(await app.ask(stop=["a"], extra_body={"stop": ["b"]}))

    outcome = everyway(openai_program if everyway.vendor.package == "openai" else program)
    (interaction,) = outcome.cassette.interactions
    assert interaction.request.body == outcome.received[0].json


def test_options_and_copies_of_a_client_are_replayed(everyway: EveryWay) -> None:
    """Clients made by `with_options` and `copy` record and replay like the client they come from."""

    async def program(app: App) -> None:
        patient = app.client.with_options(timeout=5, max_retries=0)
        app.see(await app.wait(app.vendor.resource(patient).create(**app.question())))
        other = app.client.copy(default_headers={"x-copy": "yes"})
        app.see(await app.wait(app.vendor.resource(other).create(**app.question("Once more"))))

    outcome = everyway(program)
    assert outcome.received[1].headers["x-copy"] == "yes"


def test_pydantic_models_among_the_arguments_are_recorded_as_they_are_sent(everyway: EveryWay) -> None:
    """A pydantic model in a list of messages is sent, recorded and matched without what was not set in it."""

    async def program(app: App) -> None:
        app.see(await app.ask(messages=[Note(content="Just this", role="user")]))

    outcome = everyway(program)
    (interaction,) = outcome.cassette.interactions
    assert interaction.request.body["messages"] == [{"role": "user", "content": "Just this"}]
    assert interaction.request.body == outcome.received[0].json


@pytest.mark.surface(anthropic="messages.create")
def test_one_shot_iterators_are_not_used_up(everyway: EveryWay) -> None:
    """Messages given as a generator reach the provider whole, and are recorded."""

    async def program(app: App) -> None:
        app.see(await app.ask(messages=(dict(message) for message in app.question("Once")["messages"])))

    outcome = everyway(program)
    assert outcome.received[0].json["messages"] == [{"role": "user", "content": "Once"}]
    assert outcome.cassette.interactions[0].request.body == outcome.received[0].json


def test_calls_by_path_are_replayed(everyway: EveryWay) -> None:
    """A call by the client's `post` shares its recording with the method that sends the same."""

    async def program(app: App) -> None:
        path = "/chat/completions" if app.vendor.package == "openai" else "/v1/messages"
        question = app.question()
        typed = (await app.ask()).__class__
        app.see(await app.wait(app.client.post(path, body=question, cast_to=typed)))
        app.see(await app.wait(app.client.post(path, body=question, cast_to=object)))

    assert set(everyway(program).methods) == {everyway.vendor.method}


def test_answers_of_a_path_that_no_table_knows_are_replayed(everyway: EveryWay) -> None:
    """An endpoint that is newer than agentreplay gets its verb and path as name, and works."""

    async def program(app: App) -> None:
        app.see(await app.wait(app.client.post("/v9/thoughts", body={"on": "life"}, cast_to=object)))
        app.see(await app.wait(app.client.get("/v9/thoughts", cast_to=object, options={"params": {"page": 2}})))

    def answer(provider: Provider) -> None:
        provider.usual = Behaviour(body=b'{"thought": true}')

    outcome = everyway(program, prepare=answer)
    assert outcome.methods == ["POST /v9/thoughts", "GET /v9/thoughts"]


def test_any_body_comes_back_byte_for_byte(everyway: EveryWay) -> None:
    """Whatever a provider sends, in whatever layout, is read from the replayed response as the same bytes."""

    async def program(app: App) -> None:
        for number in range(len(BODIES)):
            response = await app.wait(app.resource.with_raw_response.create(**app.question(str(number))))
            app.see(response.http_response.content, response.headers.get("content-type"), response.http_response)

    def answer(provider: Provider) -> None:
        provider.script(*(Behaviour(body=body, content_type=content_type) for body, content_type in BODIES))

    everyway(program, prepare=answer)


def test_json_in_an_odd_spelling_comes_back_as_equal_json(everyway: EveryWay) -> None:
    """Where a provider writes JSON in a way that no layout names, an app reads the same values."""

    async def program(app: App) -> None:
        path = "/chat/completions" if app.vendor.package == "openai" else "/v1/messages"
        app.see(await app.wait(app.client.post(path, body=app.question(), cast_to=object)))

    def answer(provider: Provider) -> None:
        provider.script(Behaviour(body=b'{ "a":1e3,\t"b" : "\\/\\u00e9", "c":0.10 }'))

    everyway(program, prepare=answer)
