"""Agents on both SDKs, with clients that are built when this module is imported."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
from anthropic import Anthropic
from openai import OpenAI

from .agents import ask, ask_claude, ask_in_threads, ask_somebody, is_key_good

OPENAI = OpenAI(max_retries=1)
ANTHROPIC = Anthropic(max_retries=1)


@pytest.mark.agentreplay
def test_two_providers() -> None:
    assert ask(OPENAI, "One").startswith("Answer 1")
    assert ask_claude(ANTHROPIC, "Two").startswith("Answer 2")


@pytest.mark.agentreplay(match="exact")
def test_a_pool() -> None:
    answers = ask_in_threads(OPENAI, [f"Question {number}" for number in range(8)])
    assert [f"Question {number}" in answer for number, answer in enumerate(answers)] == [True] * 8


@pytest.mark.agentreplay
@pytest.mark.usefixtures("failing")
def test_an_overloaded_provider() -> None:
    with pytest.raises(Exception, match="Rate limit"):
        ask(OPENAI, "Are you well?")


@pytest.mark.agentreplay
@pytest.mark.usefixtures("refused")
def test_a_bad_key() -> None:
    assert not is_key_good(ANTHROPIC)


@pytest.mark.agentreplay
@pytest.mark.usefixtures("failing")
def test_a_spare_model() -> None:
    assert ask_somebody(OPENAI, ANTHROPIC, "Who is there?").startswith("Answer 3")


def test_the_session_can_be_asked(agentreplay_cassette: Any) -> None:
    ask(OPENAI, "Count me")
    assert agentreplay_cassette.report().calls == 1


def test_the_fixture_has_a_short_name(cassette: Any) -> None:
    ask(OPENAI, "Count me too")
    assert len(cassette.interactions) == 1


def test_nothing_to_do_with_models() -> None:
    assert OPENAI.max_retries == ANTHROPIC.max_retries


@pytest.mark.agentreplay
class TestOfTheStandardLibrary(unittest.TestCase):
    def setUp(self) -> None:
        self.greeting = ask(OPENAI, "Hello")

    def test_a_question(self) -> None:
        self.assertIn("Answer 2", ask(OPENAI, self.greeting))  # noqa: PT009 (as such classes do)
