"""Agents on Anthropic's messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anthropic import Anthropic

from .agents import CLAUDE, ask_claude, ask_in_background, forecast_by_claude, told_by_claude


@pytest.fixture
def briefed(anthropic_client: Anthropic) -> Iterator[str]:
    """What the model says to its briefing, and to its dismissal: calls of a fixture are the test's."""
    yield ask_claude(anthropic_client, "This is your briefing.")
    assert "dismissed" in ask_claude(anthropic_client, "You are dismissed.")


@pytest.mark.agentreplay
class TestMessages:
    def test_a_question(self, anthropic_client: Anthropic) -> None:
        assert "«What is snow?»" in ask_claude(anthropic_client, "What is snow?")

    def test_a_tool(self, anthropic_client: Anthropic) -> None:
        assert "rain in sample 1" in forecast_by_claude(anthropic_client, "What about the weather?")

    def test_a_stream(self, anthropic_client: Anthropic) -> None:
        assert "".join(told_by_claude(anthropic_client, "Tell me all")).startswith("Answer 1")

    def test_a_fixture_that_asks(self, anthropic_client: Anthropic, briefed: str) -> None:
        assert briefed.startswith("Answer 1")
        assert ask_claude(anthropic_client, "What now?").startswith("Answer 2")

    @pytest.mark.parametrize("turns", [1, 3])
    def test_turns(self, anthropic_client: Anthropic, turns: int) -> None:
        said = [ask_claude(anthropic_client, f"Turn {turn}") for turn in range(turns)]
        assert said[-1].startswith(f"Answer {turns}")

    def test_counting(self, anthropic_client: Anthropic) -> None:
        counted = anthropic_client.messages.count_tokens(model=CLAUDE, messages=[{"role": "user", "content": "a b"}])
        assert counted.input_tokens > 0


class TestThreads:
    pytestmark = pytest.mark.agentreplay

    def test_a_thread(self, anthropic_client: Anthropic) -> None:
        assert ask_in_background(anthropic_client, "Who?").startswith("Answer 1")
