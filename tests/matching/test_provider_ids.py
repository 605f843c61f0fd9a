"""Ids that the provider handed out in this session: requests are equal if theirs are the same ones, however named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from agentreplay._cassette import Interaction, RecordedResponse, StreamEvent
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.matcher import Matcher

from .payloads import MESSAGES, RESPONSES, WEATHER_TOOL, Body, chat, recorded, request, tool_answer, tool_turn, user

ASK = chat("How is the weather in Lyon?", tools=[WEATHER_TOOL])


def _response(body: Any) -> RecordedResponse:
    return RecordedResponse(body=body)


def _weather(call_id: str = "call_old") -> list[Interaction]:
    """A recorded tool call and the call that hands over its result."""
    return [recorded(ASK, answer=tool_answer(call_id)), recorded(tool_turn(call_id), answer="sunny")]


def test_an_id_of_a_changed_answer_is_the_same_one() -> None:
    """Where a recorded answer was edited, or recorded again alone, its new id stands for the old one afterwards."""
    cassette = _weather()
    cassette[0].response = _response(tool_answer("call_edited"))
    index = InteractionIndex(cassette)
    assert index.take(request(ASK)) is cassette[0]
    assert index.take(request(tool_turn("call_edited"))) is cassette[1]
    assert index.used == [0, 1]


def test_an_id_of_a_live_answer_is_the_same_one() -> None:
    """In `extend`, a live answer may give another id to a tool call; the turn after it is found all the same."""
    index = InteractionIndex(_weather())
    assert (
        index.take(request(chat("How is the weather in Lyon?", tools=[WEATHER_TOOL], tool_choice="required"))) is None
    )
    index.received(_response(tool_answer("call_new")))
    found = index.take(request(tool_turn("call_new")))
    assert found is not None
    assert found.response.body == "sunny"


def test_an_id_that_nobody_handed_out_is_another_one() -> None:
    """Ids made by the app or a framework are compared as they are, unless a rule says otherwise."""
    index = InteractionIndex(_weather())
    assert index.take(request(ASK)) is not None
    assert index.take(request(tool_turn("call_made_up"))) is None
    assert index.take(request(tool_turn("call_old"))) is not None


def test_an_id_is_not_known_before_it_is_handed_out() -> None:
    """What the provider has not said yet in this session is no id of the provider's."""
    cassette = _weather()
    cassette[0].response = _response(tool_answer("call_edited"))
    index = InteractionIndex(cassette)
    assert index.take(request(tool_turn("call_edited"))) is None


def test_ids_of_different_answers_are_different_ones() -> None:
    """The id of one recorded answer does not stand for that of another."""
    second = chat("How is the weather in Nice?", tools=[WEATHER_TOOL])
    cassette = [recorded(ASK, answer=tool_answer("call_1")), recorded(second, answer=tool_answer("call_2"))]
    index = InteractionIndex([*cassette, recorded(tool_turn("call_2"))])
    assert index.take(request(ASK)) is not None
    assert index.take(request(tool_turn("call_1"))) is None
    assert index.take(request(second)) is not None
    assert index.take(request(tool_turn("call_1"))) is None
    assert index.take(request(tool_turn("call_2"))) is not None


def test_a_second_live_answer_does_not_stand_for_one_that_was_served() -> None:
    """An id that went to the app is used up: the id of a later live answer is another one."""
    index = InteractionIndex(_weather())
    assert index.take(request(ASK)) is not None
    assert index.take(request(ASK)) is None
    index.received(_response(tool_answer("call_second")))
    assert index.take(request(tool_turn("call_second"))) is None
    assert index.take(request(tool_turn("call_old"))) is not None


def test_two_ids_may_not_stand_for_one() -> None:
    """Which result belongs to which call still counts when the ids are new."""

    def results(first: str, second: str, swapped: bool = False) -> Body:
        calls = [{"type": "tool_use", "id": name, "name": "add", "input": {"id": 7}} for name in (first, second)]
        order = (second, first) if swapped else (first, second)
        blocks = [{"type": "tool_result", "tool_use_id": name, "content": "42"} for name in order]
        turns = [user("Add."), {"role": "assistant", "content": calls}, {"role": "user", "content": blocks}]
        return {"model": "claude-sonnet-4-5", "messages": turns}

    answer = {"content": results("toolu_a", "toolu_b")["messages"][1]["content"]}
    start = {"model": "claude-sonnet-4-5", "messages": [user("Add.")]}
    cassette = [recorded(start, MESSAGES, answer), recorded(results("toolu_old_a", "toolu_old_b"), MESSAGES)]
    index = InteractionIndex(cassette)
    assert index.take(request(start, MESSAGES)) is not None
    assert index.take(request(results("toolu_a", "toolu_b", swapped=True), MESSAGES)) is None
    assert index.take(request(results("toolu_a", "toolu_a"), MESSAGES)) is None
    assert index.take(request(results("toolu_a", "toolu_b"), MESSAGES)) is cassette[1]


def _turn(previous: str | None, text: str = "And now?") -> Body:
    body: Body = {"model": "gpt-4o-mini", "input": [user(text)]}
    return body if previous is None else {**body, "previous_response_id": previous}


def test_a_reference_to_a_live_answer_is_another_one() -> None:
    """An earlier response that went live is not the recorded one: what refers to it is not answered from the file."""
    index = InteractionIndex([recorded(_turn(None), RESPONSES, {"id": "resp_1"}), recorded(_turn("resp_1"), RESPONSES)])
    assert index.take(request(_turn(None, "Something else?"), RESPONSES)) is None
    index.received(_response({"id": "resp_live"}))
    assert index.take(request(_turn("resp_live"), RESPONSES)) is None


def test_an_item_that_is_only_referred_to_is_a_reference() -> None:
    """An item of a live answer is not shown by its reference, so the reference is to another one."""

    def body(item: str) -> Body:
        return {"model": "m", "input": [{"type": "item_reference", "id": item}]}

    index = InteractionIndex([recorded(body("msg_1"), RESPONSES)])
    index.received(_response({"output": [{"type": "message", "id": "msg_live"}]}))
    assert index.take(request(body("msg_live"), RESPONSES)) is None
    assert index.take(request(body("msg_1"), RESPONSES)) is not None


def test_a_reference_to_a_changed_answer_is_the_same_one() -> None:
    """An edited answer keeps its place in the chain of responses, and so does an uploaded file."""
    cassette = [recorded(_turn(None), RESPONSES, {"id": "resp_edited"}), recorded(_turn("resp_1"), RESPONSES)]
    index = InteractionIndex(cassette)
    assert index.take(request(_turn(None), RESPONSES)) is not None
    assert index.take(request(_turn("resp_edited"), RESPONSES)) is cassette[1]


def test_an_id_in_a_path_is_known_again() -> None:
    """An operation on an object is found under the object's new id."""
    upload = recorded({"purpose": "batch"}, "files.create", {"id": "file-edited"})
    content = recorded({}, "files.content", path="/files/file-old1/content")
    index = InteractionIndex([upload, content])
    assert index.take(request({"purpose": "batch"}, "files.create")) is upload
    assert index.take(request({}, "files.content", path="/files/file-edited/content")) is content


def test_a_live_answer_in_the_place_of_a_recorded_one_gives_its_ids_their_names() -> None:
    """In `verify` every answer is live: its ids stand for those of the recorded answer, references too."""
    cassette = [
        recorded(_turn(None), RESPONSES, {"id": "resp_1", "output": [{"type": "message", "id": "msg_1"}]}),
        recorded(_turn("resp_1"), RESPONSES, {"id": "resp_2"}),
        recorded(_turn("resp_2"), RESPONSES, {"id": "resp_3"}),
    ]
    index = InteractionIndex(cassette)
    previous = None
    for number, expected in enumerate(cassette):
        found = index.take(request(_turn(previous), RESPONSES))
        assert found is expected
        previous = f"resp_live_{number}"
        index.received(_response({"id": previous, "output": []}), instead_of=found)


def test_an_id_may_be_known_by_its_place_and_another_by_its_answer() -> None:
    """A request that refers to a compared answer and shows a new tool call is found by both."""
    call: Body = {"type": "function_call", "call_id": "call_old", "name": "f", "arguments": "{}"}

    def body(previous: str, call_id: str) -> Body:
        return {"model": "m", "previous_response_id": previous, "input": [{**call, "call_id": call_id}]}

    cassette = [recorded(_turn(None), RESPONSES, {"id": "resp_1"}), recorded(body("resp_1", "call_old"), RESPONSES)]
    index = InteractionIndex(cassette)
    index.received(_response({"id": "resp_live"}), instead_of=index.take(request(_turn(None), RESPONSES)))
    index.received(_response({"id": "resp_other", "output": [{**call, "call_id": "call_new"}]}))
    assert index.take(request(body("resp_other", "call_new"), RESPONSES)) is None
    assert index.take(request(body("resp_live", "call_new"), RESPONSES)) is cassette[1]


def test_ids_in_streams_are_known() -> None:
    """The events of a stream hand out ids as a whole answer does."""
    cassette = _weather()
    delta = {
        "tool_calls": [{"index": 0, "id": "call_streamed", "type": "function", "function": {"name": "get_weather"}}]
    }
    chunks: list[Body] = [{"id": "chatcmpl-9", "choices": [{"delta": delta}]}, {"id": "chatcmpl-9", "choices": []}]
    cassette[0].response = RecordedResponse(
        events=[*(StreamEvent(data=chunk) for chunk in chunks), StreamEvent(text="[DONE]")]
    )
    index = InteractionIndex(cassette)
    assert index.take(request(ASK)) is not None
    assert index.take(request(tool_turn("call_streamed"))) is cassette[1]


def test_ids_work_together_with_a_matcher() -> None:
    """What a matcher leaves out stays out when a request is found by its ids."""
    cassette = _weather()
    cassette[0].response = _response(tool_answer("call_edited"))
    index = InteractionIndex(cassette, Matcher(ignore="user"))
    assert index.take(request({**ASK, "user": "ann"})) is not None
    assert index.take(request({**tool_turn("call_edited"), "user": "bob"})) is cassette[1]


def test_an_interaction_found_by_its_ids_is_used_up() -> None:
    """It does not answer a second time under the id that it was recorded with."""
    cassette = [*_weather(), recorded(tool_turn("call_old"), answer="sunny again")]
    cassette[0].response = _response(tool_answer("call_edited"))
    index = InteractionIndex(cassette)
    index.take(request(ASK))
    assert index.take(request(tool_turn("call_edited"))) is cassette[1]
    assert index.take(request(tool_turn("call_old"))) is cassette[2]
    assert index.take(request(tool_turn("call_old"))) is None


def test_what_differs_otherwise_is_not_found_by_its_ids() -> None:
    """A new id excuses nothing else."""
    cassette = _weather()
    cassette[0].response = _response(tool_answer("call_edited"))
    index = InteractionIndex(cassette)
    index.take(request(ASK))
    assert index.take(request(tool_turn("call_edited", result="rain"))) is None


def test_arguments_of_tools_hold_no_ids_of_the_provider() -> None:
    """What stands in a tool's input, in metadata or in a schema belongs to the app, whatever it is called."""

    def body(order: str) -> Body:
        call = {"type": "tool_use", "id": "toolu_1", "name": "find", "input": {"order_id": order, "id": order}}
        return {"model": "m", "messages": [{"role": "assistant", "content": [call]}], "metadata": {"user_id": order}}

    first = recorded({"model": "m"}, MESSAGES, {"id": "order-2", "content": []})
    index = InteractionIndex([first, recorded(body("order-1"), MESSAGES)])
    assert index.take(request({"model": "m"}, MESSAGES)) is first
    assert index.take(request(body("order-2"), MESSAGES)) is None


@pytest.mark.parametrize("how", ["reset", "new"])
def test_a_new_session_knows_no_ids(how: str) -> None:
    """After `reset()` nothing counts as handed out."""
    cassette = _weather()
    cassette[0].response = _response(tool_answer("call_edited"))
    index = InteractionIndex(copy.deepcopy(cassette))
    index.take(request(ASK))
    if how == "reset":
        index.reset()
    else:
        index = InteractionIndex(cassette)
    assert index.take(request(tool_turn("call_edited"))) is None
