"""Recordings in which one answer is another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay import Cassette, ConfigurationError, Interaction, RecordedResponse, Session, SessionError
from agentreplay._answer_events import events_of
from agentreplay._cassette import StreamEvent
from agentreplay._trajectory.answer_streams import joined
from agentreplay._trajectory.answers import read_answer
from demo.provider import Provider
from tests.conformance.vendors import Vendor
from tests.fork.conversation import SYNC_VENDORS, talk

EVERY_WAY = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
NEW = "No, that is not what I meant to say: it is something else altogether."


@pytest.fixture(params=SYNC_VENDORS, ids=[vendor.name for vendor in SYNC_VENDORS])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture
def session(tmp_path: Path) -> Callable[..., Session]:
    def make(name: Any = "talk", **more: Any) -> Session:
        return agentreplay.cassette(name, directory=tmp_path, **more)

    return make


def the_file(folder: Path) -> Path:
    (path,) = folder.rglob("*.json")
    return path


@EVERY_WAY
@pytest.mark.parametrize("inside", [False, True], ids=["before", "inside"])
def test_an_answer_is_another_and_the_rest_replays(
    vendor: Vendor, provider: Provider, session: Callable[..., Session], stream: bool, inside: bool, tmp_path: Path
) -> None:
    """Later requests, which send the new answer in their history, are answered by what was recorded."""
    client = vendor.client(provider)
    with session(mode="record"):
        recorded = talk(vendor, client, "one", "two", "three", stream=stream)
    before = the_file(tmp_path).read_bytes()
    edited = session(mode="replay")
    if inside:
        with edited:
            edited.edit(1, text=NEW)
            answers = talk(vendor, client, "one", "two", "three", stream=stream)
    else:
        edited.edit(1, text=NEW)
        with edited:
            answers = talk(vendor, client, "one", "two", "three", stream=stream)
    assert answers == [recorded[0], NEW, recorded[2]]
    assert the_file(tmp_path).read_bytes() == before


@EVERY_WAY
def test_a_loaded_cassette_is_edited_and_replayed(
    vendor: Vendor, provider: Provider, session: Callable[..., Session], stream: bool, tmp_path: Path
) -> None:
    """`edited` gives a new cassette, which is replayed from memory, or saved under the hash of what it holds."""
    client = vendor.client(provider)
    with session(mode="record"):
        recorded = talk(vendor, client, "one", "two", stream=stream)
    cassette = Cassette.load(the_file(tmp_path))
    before = cassette.to_json()
    changed = agentreplay.edited(cassette, lambda item: item.sequence == 0, text=NEW)
    assert cassette.to_json() == before
    assert changed.verify_integrity()
    assert changed.meta.content_hash != cassette.meta.content_hash
    with session(changed):
        assert talk(vendor, client, "one", "two", stream=stream) == [NEW, recorded[1]]
    changed.save(the_file(tmp_path))
    with session(mode="replay"):
        assert talk(vendor, client, "one", "two", stream=stream) == [NEW, recorded[1]]


def test_a_body_changed_by_hand_is_what_is_replayed(
    vendor: Vendor, provider: Provider, session: Callable[..., Session], tmp_path: Path
) -> None:
    """A loaded cassette whose response is given another body in code says that, also where it is streamed."""
    client = vendor.client(provider)
    for stream in (False, True):
        with session(mode="record"):
            talk(vendor, client, "one", stream=stream)
        cassette = Cassette.load(the_file(tmp_path))
        (interaction,) = cassette.interactions
        response = interaction.response
        body: Any = joined(response.events) if response.events is not None else response.body
        if "choices" in body:
            body["choices"][0]["message"]["content"] = NEW
        else:
            body["content"] = [{"type": "text", "text": NEW}]
        response.body = body
        with session(cassette):
            assert talk(vendor, client, "one", stream=stream) == [NEW]


@EVERY_WAY
def test_one_response_is_given_another_text(
    vendor: Vendor, provider: Provider, session: Callable[..., Session], stream: bool, tmp_path: Path
) -> None:
    """`with_answer_text` does it for one response, which is put where the old one was."""
    client = vendor.client(provider)
    with session(mode="record"):
        talk(vendor, client, "one", stream=stream)
    cassette = Cassette.load(the_file(tmp_path))
    old = cassette.interactions[0].response
    cassette.interactions[0].response = agentreplay.with_answer_text(old, NEW)
    with session(cassette) as replayed:
        assert talk(vendor, client, "one", stream=stream) == [NEW]
    assert replayed.trajectory.final_text == NEW
    assert len(cassette.interactions[0].response.events or []) == len(old.events or [])


@EVERY_WAY
def test_a_function_changes_the_whole_answer(
    vendor: Vendor, provider: Provider, session: Callable[..., Session], stream: bool
) -> None:
    """It is given the body as if it had not been streamed, and changes it or gives a new one."""
    client = vendor.client(provider)

    def change(body: Any) -> Any:
        if "choices" in body:
            body["choices"][0]["message"]["content"] = NEW
            return None
        return {**body, "content": [{"type": "text", "text": NEW}]}

    with session(mode="record"):
        talk(vendor, client, "one", stream=stream)
    edited = session(mode="replay")
    edited.edit(-1, body=change)
    with edited:
        assert talk(vendor, client, "one", stream=stream) == [NEW]


def test_an_edit_and_a_fork_ask_what_would_have_been(
    vendor: Vendor, provider: Provider, session: Callable[..., Session], tmp_path: Path
) -> None:
    """The run hears another answer, and what it then asks goes live."""
    client = vendor.client(provider)
    with session(mode="record"):
        talk(vendor, client, "one", "two")
    asked = len(provider.requests)
    fork = session(replay_until=1)
    fork.edit(0, text=NEW)
    with fork:
        talk(vendor, client, "one", "two")
    assert len(provider.requests) == asked + 1
    assert fork.path is not None
    first, second = Cassette.load(fork.path).interactions
    answer = read_answer(first.response)
    assert answer is not None
    assert answer.text == NEW
    assert second.request.body["messages"][1]["content"] == NEW


def test_a_decorated_function_keeps_its_edits(
    vendor: Vendor, provider: Provider, session: Callable[..., Session]
) -> None:
    """Each call of it is a session of its own with the same edits."""
    client = vendor.client(provider)
    with session(mode="record"):
        talk(vendor, client, "one")
    edited = session(mode="replay")
    edited.edit(0, text=NEW)
    run = edited(lambda: talk(vendor, client, "one"))
    assert run() == run() == [NEW]


def never(_: Interaction) -> bool:
    return False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"which": 5, "text": "x"}, "edit=5: the recording holds 1 interactions"),
        ({"which": never, "text": "x"}, "says so of none"),
        ({"which": 0}, "either text=… or body=…"),
        ({"which": 0, "text": "x", "body": {}}, "either text=… or body=…"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(
    provider: Provider, session: Callable[..., Session], tmp_path: Path, arguments: dict[str, Any], words: str
) -> None:
    """The error says why, and leaves nothing open."""
    vendor = SYNC_VENDORS[0]
    with session(mode="record"):
        talk(vendor, vendor.client(provider), "one")
    edited = session(mode="replay")

    def try_it() -> None:
        edited.edit(**arguments)
        edited.start()

    with pytest.raises(ConfigurationError, match=words):
        try_it()
    with session(mode="replay"):
        talk(vendor, vendor.client(provider), "one")


def test_there_is_nothing_to_edit_where_nothing_is_replayed(
    provider: Provider, session: Callable[..., Session]
) -> None:
    """A session that records has no answers yet."""
    vendor = SYNC_VENDORS[0]
    with session(mode="record") as recording:
        talk(vendor, vendor.client(provider), "one")
        with pytest.raises(SessionError, match="nothing to edit"):
            recording.edit(0, text=NEW)


def chat(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"id": "c1", "object": "chat.completion", "model": "m", "created": 1, "choices": [choice], **more}


def response_body(*output: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r1", "object": "response", "status": "completed", "model": "m", "output": [*output]}


def message(*content: dict[str, Any]) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 5}
    return {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [*content],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


SAID: dict[str, Any] = {
    "type": "output_text",
    "text": "Several words that make more than one piece.",
    "annotations": [],
}
CALLED = json.dumps({"city": "Oslo", "days": [1, 2, 3], "note": "æøå"}, ensure_ascii=False)
BODIES: dict[str, dict[str, Any]] = {
    "chat": chat({"content": "Several words that make more than one piece."}, usage={"prompt_tokens": 1}),
    "chat-tools": chat(
        {
            "content": None,
            "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "weather", "arguments": CALLED}},
                {"id": "t2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ],
        }
    ),
    "response": response_body({"id": "i1", "type": "message", "role": "assistant", "content": [SAID]}),
    "response-tools": response_body(
        {"id": "i1", "type": "function_call", "call_id": "t1", "name": "weather", "arguments": CALLED},
        {"id": "i2", "type": "message", "role": "assistant", "content": [SAID]},
    ),
    "message": message({"type": "text", "text": "Several words that make more than one piece."}),
    "message-tools": message(
        {"type": "text", "text": "I look it up, and that is more than one piece."},
        {"type": "tool_use", "id": "t1", "name": "weather", "input": json.loads(CALLED)},
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_whole_answer_becomes_a_stream_that_says_the_same(name: str) -> None:
    """Text, calls of tools and the reason it ended are read from the events as from the body."""
    events = events_of(BODIES[name])
    assert events is not None
    assert len(events) > 4
    assert read_answer(RecordedResponse(events=events)) == read_answer(RecordedResponse(body=BODIES[name]))


@pytest.mark.parametrize("name", BODIES)
@EVERY_WAY
def test_every_format_is_given_another_text(name: str, stream: bool) -> None:
    """The answer says the new text and nothing else, and calls the tools that it called before."""
    events = events_of(BODIES[name]) if stream else None
    old = RecordedResponse(events=events) if stream else RecordedResponse(body=BODIES[name])
    before = old.model_dump_json()
    for text in (NEW, "é", "x" * 1000):
        new = read_answer(agentreplay.with_answer_text(old, text))
        was = read_answer(old)
        assert new is not None
        assert was is not None
        assert new.text == text
        assert new.tool_calls == was.tool_calls
    assert old.model_dump_json() == before


def test_an_answer_of_no_known_format_has_no_text() -> None:
    """It says so, and how to change it all the same."""
    with pytest.raises(ConfigurationError, match="no place for a text; give the whole answer by body"):
        agentreplay.with_answer_text(RecordedResponse(body={"data": []}), NEW)
    odd = RecordedResponse(events=[StreamEvent(data={"x": 1})], body={"x": 2})
    cassette = Cassette(interactions=[Interaction(request=agentreplay.RecordedRequest(kind="llm"), response=odd)])
    with pytest.raises(ConfigurationError, match="known format"):
        agentreplay.cassette(cassette).start()


def test_arguments_that_stand_in_the_history_follow() -> None:
    """Where a later request has the old call of a tool in its history, it has the new one, text or data."""
    for body, history, new_history in (
        (
            BODIES["chat-tools"],
            {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": CALLED}}]},
            {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": '{"city": "Rome"}'}}]},
        ),
        (
            BODIES["message-tools"],
            {"role": "assistant", "content": [{"type": "tool_use", "input": json.loads(CALLED)}]},
            {"role": "assistant", "content": [{"type": "tool_use", "input": {"city": "Rome"}}]},
        ),
        (
            BODIES["response-tools"],
            {"type": "function_call", "name": "weather", "arguments": json.dumps(json.loads(CALLED), indent=1)},
            {"type": "function_call", "name": "weather", "arguments": '{"city": "Rome"}'},
        ),
    ):
        told = {"role": "user", "content": CALLED}
        requests = [
            agentreplay.RecordedRequest(kind="llm", body={"messages": messages})
            for messages in ([told], [told, history, told])
        ]
        cassette = Cassette(
            interactions=[
                Interaction(request=requests[0], response=RecordedResponse(body=body)),
                Interaction(request=requests[1], response=RecordedResponse(body=BODIES["chat"])),
            ]
        )
        cassette.finalize()

        def change(answer: Any) -> None:
            for holder in (answer, *answer.get("choices", ())):
                for call in holder.get("message", {}).get("tool_calls", ())[:1]:
                    call["function"]["arguments"] = '{"city": "Rome"}'
                for item in holder.get("output", ())[:1]:
                    item["arguments"] = '{"city": "Rome"}'
                for block in holder.get("content", ())[1:]:
                    block["input"] = {"city": "Rome"}

        changed = agentreplay.edited(cassette, 0, body=change)
        later = changed.interactions[1]
        assert later.request.body == {"messages": [told, new_history, told]}
        assert later.id == later.compute_id()
