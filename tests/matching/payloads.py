"""Small requests as real agents make them, in the formats of both providers."""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any

from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse

Body = dict[str, Any]

CHAT = "chat.completions.create"
MESSAGES = "messages.create"
RESPONSES = "responses.create"
EMBEDDINGS = "embeddings.create"

WEATHER_TOOL: Body = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of one day in one city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "day": {"type": "string", "format": "date"}},
            "required": ["city"],
        },
    },
}
TRAIN_TOOL: Body = {
    "type": "function",
    "function": {
        "name": "find_trains",
        "description": "Trains between two cities.",
        "parameters": {"type": "object", "properties": {"start": {"type": "string"}, "end": {"type": "string"}}},
    },
}
HOTEL_TOOL: Body = {
    "type": "function",
    "function": {
        "name": "book_hotel",
        "description": "Books a room.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "nights": {"type": "integer"}}},
    },
}
TRIP_TURNS = (
    "I want to go from Berlin to Lyon by train in May.",
    "Fine. Which week would you choose?",
    "Three to five days, I think. Is the first week good?",
    "Let us say Monday to Thursday. How is the weather in Lyon then?",
    "And is there a night train?",
    "Good. Which hotel near the station do you advise?",
    "Not more than 120 euros a night, please.",
    "Then book it for two people.",
)


def request(body: Body, method: str = CHAT, **fields: Any) -> RecordedRequest:
    """A request with this body, of which it keeps a copy of its own."""
    kind = "embedding" if method == EMBEDDINGS else "llm"
    return RecordedRequest(kind=kind, method=method, model=body.get("model"), body=copy.deepcopy(body), **fields)


def recorded(body: Body, method: str = CHAT, answer: Any = None, **fields: Any) -> Interaction:
    """An interaction with this request."""
    return Interaction(request=request(body, method, **fields), response=RecordedResponse(body=answer))


def user(text: str) -> Body:
    return {"role": "user", "content": text}


def assistant(text: str) -> Body:
    return {"role": "assistant", "content": text}


def chat(*messages: Body | str, **options: Any) -> Body:
    """A body of the chat format; plain texts are the user's."""
    return {
        "model": "gpt-4o-mini",
        "messages": [user(message) if isinstance(message, str) else message for message in messages],
        **options,
    }


def trip(turns: int, *, changed: dict[int, str] | None = None) -> Body:
    """The request of the `turns`-th turn of a conversation; `changed` gives other words to some of the user's turns."""
    messages: list[Body] = [{"role": "system", "content": "You plan trips by train through Europe. Be brief."}]
    for number, text in enumerate(TRIP_TURNS[:turns], start=1):
        messages.append(user((changed or {}).get(number, text)))
        if number < turns:
            messages.append(assistant(f"Of course. Here is what I found for step {number} of your trip."))
    return {"model": "gpt-4o-mini", "temperature": 0, "messages": messages, "tools": [WEATHER_TOOL, TRAIN_TOOL]}


def whole_trip() -> list[Interaction]:
    """All eight turns of the conversation."""
    return [recorded(trip(turns), answer=f"answer {turns}") for turns in range(1, 9)]


def tool_turn(call_id: str = "call_9fX2kQ", result: str = '{"celsius": 21, "sky": "clear"}') -> Body:
    """The request that hands the result of a tool back to the model."""
    call = {"id": call_id, "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Lyon"}'}}
    return chat(
        "How is the weather in Lyon?",
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": result},
        tools=[WEATHER_TOOL],
    )


def tool_answer(call_id: str) -> Body:
    """An answer that asks for a tool, in the chat format."""
    call = {"id": call_id, "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Lyon"}'}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"id": "chatcmpl-1", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}


def picture(seed: str, size: int = 6_000) -> str:
    """Base64 of something that begins like a PNG image; another one for each seed."""
    noise = b"".join(hashlib.sha256(f"{seed}{number}".encode()).digest() for number in range(size // 32))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + noise).decode()


def document(changed: str = "harbour", sentences: int = 120) -> str:
    """A document of some two thousand words, in one of which a word can be another."""
    sentence = "In the year {} the council of the town met {} times and heard what the {} would cost."
    return " ".join(
        sentence.format(1700 + number, number % 9 + 2, changed if number == 87 else "harbour")
        for number in range(sentences)
    )
