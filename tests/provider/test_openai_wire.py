"""The provider's OpenAI is one that OpenAI's own SDK takes for real."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionToolParam
from pydantic import BaseModel

from demo.provider import Behaviour, Provider, ToolCall, Turn

MODEL: Final = "gpt-4o-mini"
PARAMETERS: Final[dict[str, object]] = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS: Final[list[ChatCompletionToolParam]] = [
    {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}},
    {"type": "function", "function": {"name": "get_time", "parameters": PARAMETERS}},
]


class Weather(BaseModel):
    """A shape that an answer can be asked for in."""

    city: str
    degrees: float


CALLS: Final[dict[str, Callable[[OpenAI], BaseModel]]] = {
    "chat": lambda client: client.chat.completions.create(
        model=MODEL, n=2, logprobs=True, messages=[{"role": "user", "content": "hello"}]
    ),
    "chat with tools": lambda client: client.chat.completions.create(
        model=MODEL, tools=TOOLS, messages=[{"role": "user", "content": "get_weather and get_time"}]
    ),
    "responses": lambda client: client.responses.create(model=MODEL, input="hello", reasoning={"effort": "low"}),
    "responses with tools": lambda client: client.responses.create(
        model=MODEL,
        input="hello",
        tools=[{"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": False}],
    ),
    "completions": lambda client: client.completions.create(model=MODEL, prompt="once"),
    "embeddings": lambda client: client.embeddings.create(model=MODEL, input=["a", "b c"]),
    "moderations": lambda client: client.moderations.create(input="violence"),
    "images": lambda client: client.images.generate(prompt="a lamp"),
    "image edits": lambda client: client.images.edit(prompt="a lamp", image=b"\x89PNG"),
    "transcriptions": lambda client: client.audio.transcriptions.create(model="whisper-1", file=("a.mp3", b"abc")),
    "models": lambda client: client.models.retrieve(MODEL),
    "files": lambda client: client.files.create(file=("a.jsonl", b"{}"), purpose="batch"),
    "batches": lambda client: client.batches.retrieve("batch_there1"),
    "fine tuning": lambda client: client.fine_tuning.jobs.create(model=MODEL, training_file="file-there1"),
    "vector stores": lambda client: client.vector_stores.create(name="shelf"),
    "uploads": lambda client: client.uploads.create(
        bytes=3, filename="a.txt", mime_type="text/plain", purpose="assistants"
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_answers_have_every_field_that_the_sdk_declares(openai_client: OpenAI, name: str) -> None:
    """The SDK builds its objects without a check; with one they are valid too."""
    answer = CALLS[name](openai_client)
    type(answer).model_validate(answer.model_dump(mode="json", by_alias=True, exclude_unset=True))


def test_a_streamed_chat_builds_the_answer_with_its_parallel_tool_calls(openai_client: OpenAI) -> None:
    """Arguments come in pieces, two calls at once, and the stream helper puts them together."""
    with openai_client.chat.completions.stream(
        model=MODEL,
        messages=[{"role": "user", "content": "get_weather and get_time"}],
        tools=TOOLS,
        stream_options={"include_usage": True},
    ) as stream:
        completion = stream.get_final_completion()
    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    assert [call.function.arguments for call in calls] == ['{"city": "sample 1"}'] * 2
    assert completion.usage is not None


def test_a_streamed_response_builds_the_same_response_as_a_whole_one(openai_client: OpenAI) -> None:
    """Text, reasoning and function calls come as the events that the SDK knows."""
    with openai_client.responses.stream(model=MODEL, input="hello", reasoning={"effort": "low"}) as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert "response.reasoning_summary_text.delta" in kinds
    assert response.output_text == openai_client.responses.retrieve(response.id).output_text


def test_structured_output_fits_the_schema(openai_client: OpenAI) -> None:
    """`.parse()` gives an object of the wanted class."""
    completion = openai_client.chat.completions.parse(
        model=MODEL, response_format=Weather, messages=[{"role": "user", "content": "Oslo"}]
    )
    response = openai_client.responses.parse(model=MODEL, text_format=Weather, input="Oslo")
    assert completion.choices[0].message.parsed == Weather(city="sample 1", degrees=1.5)
    assert response.output_parsed == Weather(city="sample 2", degrees=2.5)


def test_tool_results_lead_to_an_answer(openai_client: OpenAI, provider: Provider) -> None:
    """The model sees what the tools said."""
    provider.script(Behaviour(turn=Turn(calls=(ToolCall("get_weather", {"city": "Oslo"}),))))
    messages: list[Any] = [{"role": "user", "content": "weather?"}]
    first = openai_client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
    messages.append(first.model_dump(exclude_none=True))
    messages.append({"role": "tool", "tool_call_id": (first.tool_calls or [])[0].id, "content": "12 degrees"})
    second = openai_client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
    assert "12 degrees" in (second.content or "")


@pytest.mark.parametrize("prefix", ["file-there", "ftjob-there", "batch_there"])
def test_lists_have_pages(openai_client: OpenAI, provider: Provider, prefix: str) -> None:
    """Five objects at two a page are three requests."""
    pages: dict[str, Iterable[Any]] = {
        "file-there": openai_client.files.list(limit=2),
        "ftjob-there": openai_client.fine_tuning.jobs.list(limit=2),
        "batch_there": openai_client.batches.list(limit=2),
    }
    before = provider.count
    assert [item.id for item in pages[prefix]] == [f"{prefix}{number}" for number in range(1, 6)]
    assert provider.count - before == 2


def test_helpers_that_poll_come_to_an_end(openai_client: OpenAI) -> None:
    """A file in a vector store is on its way first and ready then; an upload in parts is one file in the end."""
    shelf = openai_client.vector_stores.create(name="shelf")
    kept = openai_client.vector_stores.files.upload_and_poll(vector_store_id=shelf.id, file=("a.txt", b"hello"))
    batch = openai_client.vector_stores.file_batches.upload_and_poll(shelf.id, files=[("b.txt", b"123")])
    upload = openai_client.uploads.upload_file_chunked(
        file=b"0123456789", filename="c.txt", bytes=10, mime_type="text/plain", purpose="assistants", part_size=4
    )
    assert [kept.status, batch.status, upload.status] == ["completed"] * 3
    assert upload.file is not None
    assert openai_client.files.content(upload.file.id).read() == b"0123456789"


def test_sound_is_bytes(openai_client: OpenAI) -> None:
    """Speech is a body that is neither JSON nor text."""
    sound = openai_client.audio.speech.create(model="tts-1", voice="alloy", input="hello").read()
    with pytest.raises(UnicodeDecodeError):
        sound.decode()


def test_azure_has_its_own_paths(provider: Provider) -> None:
    """A deployment answers as the model does, and its stream begins with what the filter found."""
    from openai import AzureOpenAI

    with AzureOpenAI(azure_endpoint=provider.url, api_version="2024-10-21", api_key="key") as client:
        chunks = list(
            client.chat.completions.create(model="mine", messages=[{"role": "user", "content": "hi"}], stream=True)
        )
        vector = client.embeddings.create(model="mine", input="hi").data[0].embedding
    assert provider.requests[0].path == "/openai/deployments/mine/chat/completions"
    assert chunks[0].choices == []
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[1:]).startswith("Answer 1")
    assert vector[0] == 2 / 64
