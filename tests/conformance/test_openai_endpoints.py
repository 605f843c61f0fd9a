"""OpenAI's other endpoints: what they return, read in the ways in which apps read it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.app import App
from tests.conformance.everyway import EveryWay

responses = pytest.mark.surface(openai="responses.create")
openai_only = pytest.mark.surface(openai="chat.completions.create")

MODEL = "gpt-4o-mini"


@responses
def test_responses_are_the_same(everyway: EveryWay) -> None:
    """Responses, plain and with tools, chained by `previous_response_id`, are the same objects."""

    async def program(app: App) -> None:
        tool: dict[str, Any] = {
            "type": "function",
            "name": "weather",
            "parameters": {"type": "object", "properties": {}},
        }
        first = await app.wait(app.client.responses.create(model=MODEL, input="Hello", tools=[tool]))
        app.see(first)
        output = {"type": "function_call_output", "call_id": first.output[-1].call_id, "output": "sunny"}
        second = await app.wait(
            app.client.responses.create(model=MODEL, input=[output], previous_response_id=first.id, tools=[tool])
        )
        app.see(second, second.output_text)

    assert everyway(program).methods == ["responses.create"] * 2


@responses
def test_streams_of_responses_are_the_same(everyway: EveryWay) -> None:
    """The events of a response, read to the end or left by `with`, are the same objects."""

    async def program(app: App) -> None:
        stream = await app.wait(app.client.responses.create(model=MODEL, input="Hello", stream=True))
        app.see(stream, await app.every(stream), stream)
        again = await app.wait(app.client.responses.create(model=MODEL, input="Again", stream=True))
        async with app.within(again) as stream:
            app.see(await anext(app.each(stream)))

    first, second = everyway(program).responses
    assert not first.incomplete
    assert second.incomplete


@responses
def test_kept_responses_are_found_again(everyway: EveryWay) -> None:
    """Operations on one stored response are recorded by its path, and are the same objects."""

    async def program(app: App) -> None:
        made = await app.wait(app.client.responses.create(model=MODEL, input="Hello"))
        app.see(await app.wait(app.client.responses.retrieve(made.id)))
        app.see(await app.every(app.client.responses.input_items.list(made.id, limit=1)))
        app.see(await app.wait(app.client.responses.cancel(made.id)))
        app.see(await app.wait(app.client.responses.delete(made.id)))

    interactions = everyway(program).cassette.interactions
    assert [interaction.request.method for interaction in interactions] == [
        "responses.create",
        "responses.retrieve",
        *["responses.input_items.list"] * 3,
        "responses.cancel",
        "responses.delete",
    ]
    assert str(interactions[1].request.path).startswith("/responses/resp_")


@openai_only
def test_embeddings_are_the_same_numbers(everyway: EveryWay) -> None:
    """Embeddings come as the same floats by default (packed on the wire), as floats, and as base64."""

    async def program(app: App) -> None:
        for more in ({}, {"encoding_format": "float"}, {"encoding_format": "base64"}):
            app.see(
                await app.wait(app.client.embeddings.create(model="text-embedding-3-small", input=["a", "b c"], **more))
            )

    outcome = everyway(program)
    assert {interaction.request.kind for interaction in outcome.cassette.interactions} == {"embedding"}
    assert outcome.responses[0].prompt_tokens


@openai_only
def test_moderations_completions_and_models_are_the_same(everyway: EveryWay) -> None:
    """Moderations, old text completions (whole and streamed), and models by list and by name."""

    async def program(app: App) -> None:
        app.see(await app.wait(app.client.moderations.create(input=["violence", "peace"])))
        app.see(await app.wait(app.client.completions.create(model=MODEL, prompt="Once")))
        app.see(await app.every(await app.wait(app.client.completions.create(model=MODEL, prompt="x", stream=True))))
        app.see(await app.every(app.client.models.list()))
        app.see(await app.wait(app.client.models.retrieve(MODEL)))

    everyway(program)


@openai_only
def test_images_are_the_same_bytes(everyway: EveryWay) -> None:
    """Pictures that are made, and made of other pictures, come back as the same base64."""

    async def program(app: App) -> None:
        app.see(await app.wait(app.client.images.generate(model="gpt-image-1", prompt="A parrot")))
        picture = ("parrot.png", b"\x89PNG\r\n\x1a\n old", "image/png")
        app.see(await app.wait(app.client.images.edit(model="gpt-image-1", prompt="Older", image=picture)))

    everyway(program)


@openai_only
def test_speech_is_the_same_bytes_however_it_is_read(everyway: EveryWay, tmp_path: Path) -> None:
    """Sound is read whole, piece by piece, into a file, raw and streaming-raw, always as the same bytes."""

    async def program(app: App) -> None:
        speech = app.client.audio.speech
        spoken = {"model": "tts-1", "voice": "alloy", "input": "Hello"}
        whole = await app.wait(speech.create(**spoken))
        app.see(whole, whole.content, whole.read())
        target = tmp_path / "speech.mp3"
        (await app.wait(speech.create(**spoken))).write_to_file(target)
        app.see(target.read_bytes())
        raw = await app.wait(speech.with_raw_response.create(**spoken))
        app.see(raw)
        app.see((await app.wait(raw.parse())).content)
        async with app.within(speech.with_streaming_response.create(**spoken)) as response:
            app.see(response)
            app.see(await app.every(response.iter_bytes(1000)), response)
        async with app.within(speech.with_streaming_response.create(**spoken)) as response:
            await app.wait(response.stream_to_file(target))
        app.see(target.read_bytes())

    outcome = everyway(program)
    assert {response.encoding for response in outcome.responses} == {"base64"}


@openai_only
def test_speech_that_is_left_early_is_kept_as_far_as_it_went(everyway: EveryWay) -> None:
    """A sound that the app stops listening to is replayed up to there."""

    async def program(app: App) -> None:
        speech = app.client.audio.speech
        async with app.within(
            speech.with_streaming_response.create(model="tts-1", voice="alloy", input="Hello")
        ) as response:
            app.see(await anext(app.each(response.iter_bytes(16))))

    assert everyway(program).responses[0].incomplete


@openai_only
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_transcripts_are_the_same(everyway: EveryWay) -> None:
    """Sound that is sent in comes back as an object, as plain text, and translated."""

    async def program(app: App) -> None:
        audio = app.client.audio
        opened = ("speech.wav", io.BytesIO(b"RIFF\x00\x01 sound"))
        app.see(await app.wait(audio.transcriptions.create(model="whisper-1", file=opened)))
        sound = ("speech.wav", b"RIFF\x00\x01 sound")
        app.see(await app.wait(audio.transcriptions.create(model="whisper-1", file=sound, response_format="text")))
        app.see(await app.wait(audio.translations.create(model="whisper-1", file=sound)))

    everyway(program)


@responses
def test_streams_of_transcripts_are_the_same(everyway: EveryWay) -> None:
    """A transcript that is streamed for a form comes back as the same events."""

    async def program(app: App) -> None:
        sound = ("speech.wav", b"RIFF\x00\x01 sound")
        stream = await app.wait(
            app.client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound, stream=True)
        )
        app.see(stream, await app.every(stream))

    everyway(program)
