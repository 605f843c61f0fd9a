"""The nearest recording: the one that a person would pick, found quickly."""

from __future__ import annotations

import random

import pytest

from agentreplay._explaining.nearest import most_alike

from .payloads import EMBEDDINGS, Body, chat, request, trip

VOCABULARY = [f"word{number}" for number in range(3_000)]


def _conversations(number: int, words: int) -> list[Body]:
    chance = random.Random(5)
    return [chat(*[" ".join(chance.choices(VOCABULARY, k=words)) for _ in range(4)]) for _ in range(number)]


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_changed_message_is_found_among_many(place: int) -> None:
    """Whichever message of a conversation changed, the conversation is found among a thousand others."""
    bodies = _conversations(1_000, 60)
    asked = request(bodies[731])
    asked.body["messages"][place]["content"] = "something else entirely"
    found = most_alike(asked, [(number, request(body)) for number, body in enumerate(bodies)])
    assert found[0].position == 731
    assert found[0].similarity > found[1].similarity


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_same_turn_of_a_conversation_is_nearest(turn: int) -> None:
    """Of a conversation that grows, the turn with as many messages is the nearest."""
    asked = request(trip(turn, changed={1: "I want to go from Berlin to Nice by train in May."}))
    found = most_alike(asked, [(number, request(trip(number))) for number in range(1, 9)])
    assert found[0].position == turn


def test_similarity_tells_how_much_is_alike() -> None:
    """It is near 1 where one word of many changed, near 0 where nothing is common, and never 1."""
    bodies = _conversations(2, 60)
    asked = request(bodies[0])
    asked.body["messages"][1]["content"] += " more"
    near, far = most_alike(asked, [(0, request(bodies[0])), (1, request(bodies[1]))])
    assert 0.95 < near.similarity < 1
    assert far.similarity < 0.3
    swapped = request({**bodies[0], "messages": bodies[0]["messages"][::-1]})
    assert most_alike(swapped, [(0, request(bodies[0]))])[0].similarity < 1


def test_equally_near_ones_come_in_recorded_order() -> None:
    """The result does not depend on chance."""
    body = chat("Hi")
    found = most_alike(request(chat("Ho")), [(number, request(body)) for number in range(40)])
    assert [item.position for item in found] == list(range(len(found)))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": "text"},
        {"input": ["a", "b"]},
        {"prompt": "x"},
        {"messages": []},
        {"input": "\ud800"},
        {"messages": {}},
    ],
)
def test_requests_of_any_shape_are_compared(body: Body) -> None:
    """No shape of a body is an error: none, plain text, half a surrogate pair."""
    found = most_alike(request({**body, "extra": 1}, EMBEDDINGS), [(0, request(body, EMBEDDINGS)), (1, request({}))])
    assert {item.position for item in found} == {0, 1}
