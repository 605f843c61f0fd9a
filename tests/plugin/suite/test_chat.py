"""Agents on OpenAI's chat completions, one call or several."""

from __future__ import annotations

import pytest
from openai import OpenAI

from .agents import Conversation, ask, describe_city, forecast, nearest, told

pytestmark = pytest.mark.agentreplay


def test_a_question(openai_client: OpenAI) -> None:
    assert "«What is rain?»" in ask(openai_client, "What is rain?")


def test_the_same_question_twice(openai_client: OpenAI) -> None:
    assert ask(openai_client, "Again?") != ask(openai_client, "Again?")


@pytest.mark.parametrize("language", ["Deutsch", "日本語", "a/b\\c", "", "LONG " * 80], ids=str)
def test_languages(openai_client: OpenAI, language: str) -> None:
    assert language.strip() in ask(openai_client, f"Rain in {language}")


def test_a_conversation(openai_client: OpenAI) -> None:
    talk = Conversation(openai_client, "Be brief.")
    assert len({talk.say(f"Line {number}") for number in range(4)}) == 4
    assert len(talk.messages) == 9


def test_a_tool(openai_client: OpenAI) -> None:
    assert "rain in sample 1" in forecast(openai_client, "What about the weather?")


def test_a_tool_that_is_not_needed(openai_client: OpenAI) -> None:
    assert forecast(openai_client, "no tools, please").startswith("Answer 1")


def test_a_stream(openai_client: OpenAI) -> None:
    pieces = list(told(openai_client, "Tell me all"))
    assert len(pieces) > 3
    assert "".join(pieces).startswith("Answer 1 to «Tell me all»")


def test_a_stream_that_is_left(openai_client: OpenAI) -> None:
    assert next(told(openai_client, "Tell me a word")) == "Answer "


def test_a_structured_answer(openai_client: OpenAI) -> None:
    city = describe_city(openai_client, "Ulm")
    assert city is not None
    assert city.inhabitants == 1


def test_embeddings(openai_client: OpenAI) -> None:
    assert nearest(openai_client, "rain", ["sun", "rain"]) in {"sun", "rain"}


def test_responses(openai_client: OpenAI) -> None:
    first = openai_client.responses.create(model="gpt-4o-mini", input="Hello")
    second = openai_client.responses.create(model="gpt-4o-mini", input="And then?", previous_response_id=first.id)
    assert first.output_text != second.output_text


def test_a_streamed_response(openai_client: OpenAI) -> None:
    with openai_client.responses.stream(model="gpt-4o-mini", input="Hello") as stream:
        kinds = [event.type for event in stream]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
