"""The provider's Anthropic is one that Anthropic's own SDK takes for real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from anthropic import Anthropic, APIStatusError
from anthropic.lib.bedrock import AnthropicBedrock
from anthropic.lib.vertex import AnthropicVertex
from anthropic.types import MessageParam, ToolParam
from pydantic import BaseModel

from demo.provider import Behaviour, Provider

MODEL: Final = "claude-haiku-4-5"
HELLO: Final[list[MessageParam]] = [{"role": "user", "content": "hello"}]
TOOLS: Final[list[ToolParam]] = [
    {"name": name, "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
    for name in ("get_weather", "get_time")
]

CALLS: Final[dict[str, Callable[[Anthropic], BaseModel]]] = {
    "messages": lambda client: client.messages.create(
        model=MODEL, max_tokens=99, messages=HELLO, thinking={"type": "enabled", "budget_tokens": 50}
    ),
    "messages with tools": lambda client: client.messages.create(
        model=MODEL, max_tokens=9, tools=TOOLS, messages=[{"role": "user", "content": "get_weather and get_time"}]
    ),
    "beta messages": lambda client: client.beta.messages.create(
        model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "hello"}]
    ),
    "count_tokens": lambda client: client.messages.count_tokens(model=MODEL, messages=HELLO),
    "batches": lambda client: client.messages.batches.create(
        requests=[{"custom_id": "a", "params": {"model": MODEL, "max_tokens": 9, "messages": HELLO}}]
    ),
    "models": lambda client: client.models.retrieve(MODEL),
    "files": lambda client: client.beta.files.upload(file=("a.txt", b"hello", "text/plain")),
}


@pytest.mark.parametrize("name", CALLS)
def test_answers_have_every_field_that_the_sdk_declares(anthropic_client: Anthropic, name: str) -> None:
    """The SDK builds its objects without a check; with one they are valid too."""
    answer = CALLS[name](anthropic_client)
    type(answer).model_validate(answer.model_dump(mode="json", by_alias=True, exclude_unset=True))


def test_a_streamed_message_is_the_message(anthropic_client: Anthropic) -> None:
    """Thinking with its signature, text and tool input in pieces are put together by the SDK's helper."""
    with anthropic_client.messages.stream(
        model=MODEL, max_tokens=99, messages=HELLO, thinking={"type": "enabled", "budget_tokens": 50}
    ) as stream:
        thought = stream.get_final_message()
    with anthropic_client.messages.stream(
        model=MODEL, max_tokens=99, tools=TOOLS, messages=[{"role": "user", "content": "get_weather and get_time"}]
    ) as stream:
        called = stream.get_final_message()
    assert [block.type for block in thought.content] == ["thinking", "text"]
    assert [block.input for block in called.content if block.type == "tool_use"] == [{"city": "sample 2"}] * 2


def test_a_raw_stream_has_a_ping(anthropic_client: Anthropic) -> None:
    """The service says that it is still there; the SDK keeps that to itself."""
    with anthropic_client.messages.with_streaming_response.create(
        model=MODEL, max_tokens=99, messages=HELLO, stream=True
    ) as response:
        assert "event: ping" in list(response.iter_lines())


def test_batch_results_are_lines_of_json(anthropic_client: Anthropic) -> None:
    """The SDK asks for the batch, then for its results at the address given there."""
    batch = anthropic_client.messages.batches.create(
        requests=[
            {"custom_id": name, "params": {"model": MODEL, "max_tokens": 9, "messages": HELLO}} for name in ("a", "b")
        ]
    )
    results = list(anthropic_client.messages.batches.results(batch.id))
    assert [result.custom_id for result in results] == ["a", "b"]
    assert all(result.result.type == "succeeded" for result in results)


def test_lists_have_pages(anthropic_client: Anthropic) -> None:
    """Objects come two at a time, all of them in the end."""
    assert [model.id for model in anthropic_client.models.list(limit=2)] == [
        f"claude-{name}-4-5" for name in ("opus", "sonnet", "haiku")
    ]
    assert [file.id for file in anthropic_client.beta.files.list(limit=2)] == [f"file_there{n}" for n in range(1, 6)]


def test_files_come_back_as_they_were_sent(anthropic_client: Anthropic) -> None:
    """Bytes go up in a form and come down plain."""
    sent = anthropic_client.beta.files.upload(file=("a.bin", b"\xff\x00\r\n--", "application/octet-stream"))
    assert anthropic_client.beta.files.download(sent.id).read() == b"\xff\x00\r\n--"


def test_bedrock_has_its_own_paths_and_frames(provider: Provider) -> None:
    """The model stands in the path, and a stream comes in Amazon's binary frames, errors among them."""
    with AnthropicBedrock(
        base_url=provider.url, aws_region="us-east-1", aws_access_key="key", aws_secret_key="secret", max_retries=0
    ) as client:
        whole = client.messages.create(model="anthropic.claude-v1:0", max_tokens=9, messages=HELLO)
        events = list(client.messages.create(model="anthropic.claude-v1:0", max_tokens=9, messages=HELLO, stream=True))
        provider.script(Behaviour(error_after=3))
        stream = client.messages.create(model="anthropic.claude-v1:0", max_tokens=9, messages=HELLO, stream=True)
        with pytest.raises(APIStatusError, match="Overloaded"):
            list(stream)
    assert provider.requests[0].path == "/model/anthropic.claude-v1:0/invoke"
    assert whole.model == "anthropic.claude-v1:0"
    assert events[-1].type == "message_stop"


def test_vertex_has_its_own_paths(provider: Provider) -> None:
    """Project, place and model stand in the path."""
    with AnthropicVertex(
        base_url=f"{provider.url}/v1", project_id="mine", region="europe-west1", access_token="token"
    ) as client:
        whole = client.messages.create(model="claude-haiku-4-5@1", max_tokens=9, messages=HELLO)
        count = client.messages.count_tokens(model="claude-haiku-4-5@1", messages=HELLO)
    assert whole.model == "claude-haiku-4-5@1"
    assert count.input_tokens == 3
