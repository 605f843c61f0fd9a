"""Misses as users meet them: what was recorded, what ran before, and the call that finds nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from agentreplay._cassette import Interaction, RecordedRequest
from agentreplay._errors.mismatch import CassetteMismatchError
from agentreplay._explaining.explanation import mismatch
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.strategy import Matchable, MatchStrategy

from .payloads import (
    EMBEDDINGS,
    HOTEL_TOOL,
    MESSAGES,
    RESPONSES,
    TRAIN_TOOL,
    WEATHER_TOOL,
    Body,
    assistant,
    chat,
    document,
    picture,
    recorded,
    request,
    tool_turn,
    trip,
    user,
    whole_trip,
)


@dataclass(frozen=True)
class Miss:
    """One miss: `cassette` was recorded, `before` was asked and answered, and `asked` finds nothing."""

    cassette: Sequence[Interaction]
    asked: RecordedRequest
    before: Sequence[RecordedRequest] = ()
    match: Matchable = MatchStrategy.EXACT
    notes: Sequence[str] = field(default=())
    pinned: bool = False

    def error(self) -> CassetteMismatchError:
        """The error that this miss raises."""
        index = InteractionIndex(self.cassette, self.match)
        for call in self.before:
            assert index.take(call) is not None
        assert index.take(self.asked) is None
        return mismatch(
            self.asked,
            index,
            cassette_path=Path("cassettes/test_plans_a_trip/4be1c7d09a52.json"),
            mode="replay",
            notes=self.notes,
            command="pytest 'tests/test_trip.py::test_plans_a_trip'",
            pinned=self.pinned,
        )


MISSES: Final[dict[str, Callable[[], Miss]]] = {}


def _miss(build: Callable[[], Miss]) -> Callable[[], Miss]:
    MISSES[build.__name__] = build
    return build


def _turns(*turns: int) -> list[RecordedRequest]:
    return [request(trip(turn)) for turn in turns]


@_miss
def changed_prompt_in_turn_4_of_8() -> Miss:
    changed = {4: "Let us say Tuesday to Friday. How is the weather in Lyon then?"}
    return Miss(whole_trip(), request(trip(4, changed=changed)), before=_turns(1, 2, 3))


@_miss
def earlier_turn_changed_in_turn_8_of_8() -> Miss:
    changed = {4: "Let us say Tuesday to Friday. How is the weather in Lyon then?"}
    return Miss(whole_trip(), request(trip(8, changed=changed)), before=_turns(1, 2, 3, 4, 5, 6, 7))


@_miss
def tool_schema_field_added() -> Miss:
    body = trip(1)
    body["tools"] = copy.deepcopy(body["tools"])
    parameters = body["tools"][0]["function"]["parameters"]
    parameters["properties"]["unit"] = {"type": "string", "enum": ["celsius", "fahrenheit"]}
    parameters["required"].append("unit")
    return Miss(whole_trip(), request(body))


@_miss
def reordered_messages() -> Miss:
    before = chat(
        {"role": "system", "content": "Answer from the notes."},
        "Note: the office opens at nine.",
        "Note: the office is closed on Fridays.",
        "When can I come on Friday?",
    )
    after = copy.deepcopy(before)
    after["messages"][1], after["messages"][2] = after["messages"][2], after["messages"][1]
    return Miss([recorded(before)], request(after))


@_miss
def timestamp_in_system_prompt() -> Miss:
    def body(time: str) -> Body:
        prompt = f"You are the desk of a hotel. Current time: {time}. Answer in one sentence."
        return {
            "model": "claude-sonnet-4-5",
            "max_tokens": 512,
            "system": prompt,
            "messages": [user("Is breakfast still served?")],
        }

    return Miss([recorded(body("2026-03-01T09:30:12Z"), MESSAGES)], request(body("2026-10-14T17:58:40.031Z"), MESSAGES))


@_miss
def date_and_run_id_in_prompt() -> Miss:
    def body(date: str, run: str) -> Body:
        return chat(
            {"role": "system", "content": f"Today is {date}. You sort support mail."},
            "My parcel did not arrive.",
            metadata={"run_id": run, "suite": "nightly"},
        )

    first = body("Sunday, March 1, 2026", "7c9e6679-7425-40de-944b-e07fc1f90ae7")
    return Miss([recorded(first)], request(body("Wednesday, October 14, 2026", "0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10")))


@_miss
def other_model() -> Miss:
    return Miss(whole_trip(), request({**trip(1), "model": "gpt-4.1-mini"}))


@_miss
def temperature_dropped() -> Miss:
    body = trip(1)
    del body["temperature"]
    return Miss(whole_trip(), request(body))


@_miss
def mode_that_the_code_says() -> Miss:
    body = trip(1)
    del body["temperature"]
    return Miss(whole_trip(), request(body), pinned=True)


@_miss
def one_call_too_many() -> Miss:
    again = request(trip(2))
    return Miss(whole_trip(), again, before=[*_turns(1, 2)])


@_miss
def equal_calls_used_up() -> Miss:
    body = chat("Give me a random name.", temperature=1)
    return Miss([recorded(body), recorded(trip(1)), recorded(body)], request(body), before=[request(body)] * 2)


@_miss
def wrong_cassette() -> Miss:
    question = "Which of these three pull requests changes the public interface? Reply with its number only."
    body = chat({"role": "system", "content": "You review code."}, question, temperature=0.2, seed=7)
    return Miss([recorded(trip(1)), recorded(trip(2))], request(body))


@_miss
def image_replaced() -> Miss:
    def body(seed: str) -> Body:
        url = {"url": f"data:image/png;base64,{picture(seed)}", "detail": "low"}
        return chat(
            {
                "role": "user",
                "content": [{"type": "text", "text": "What is on this sign?"}, {"type": "image_url", "image_url": url}],
            }
        )

    return Miss([recorded(body("old"))], request(body("new")))


@_miss
def document_in_base64_replaced() -> Miss:
    def body(seed: str, media_type: str) -> Body:
        source = {"type": "base64", "media_type": media_type, "data": picture(seed)}
        blocks = [{"type": "image", "source": source}, {"type": "text", "text": "Describe it in one word."}]
        return {"model": "claude-sonnet-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": blocks}]}

    return Miss([recorded(body("a", "image/png"), MESSAGES)], request(body("b", "image/jpeg"), MESSAGES))


@_miss
def uuid_in_metadata() -> Miss:
    def body(session: str) -> Body:
        return chat("Summarise my inbox.", metadata={"session": session}, user="u-17")

    return Miss(
        [recorded(body("7c9e6679-7425-40de-944b-e07fc1f90ae7"))], request(body("0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10"))
    )


@_miss
def random_metadata() -> Miss:
    def body(trace: str) -> Body:
        return chat("Summarise my inbox.", metadata={"trace": trace})

    return Miss([recorded(body("zebra-41"))], request(body("heron-07")))


@_miss
def message_added() -> Miss:
    body = trip(5)
    body["messages"].insert(3, user("By the way, I do not eat meat."))
    return Miss(whole_trip(), request(body), before=_turns(1, 2, 3, 4))


@_miss
def message_missing() -> Miss:
    body = trip(8)
    del body["messages"][5:7]
    return Miss(whole_trip(), request(body), before=_turns(1, 2, 3, 4, 5, 6, 7))


@_miss
def other_tool_result() -> Miss:
    first = chat("How is the weather in Lyon?", tools=[WEATHER_TOOL])
    cassette = [recorded(first), recorded(tool_turn())]
    return Miss(cassette, request(tool_turn(result='{"celsius": 8, "sky": "rain"}')), before=[request(first)])


@_miss
def response_format_changed() -> Miss:
    def body(**rating: Any) -> Body:
        schema = {"type": "object", "properties": {"title": {"type": "string"}, "rating": rating}}
        form = {"type": "json_schema", "json_schema": {"name": "review", "strict": True, "schema": schema}}
        return chat("Review the film Metropolis.", response_format=form)

    return Miss([recorded(body(type="integer"))], request(body(type="number", minimum=0, maximum=5)))


@_miss
def stream_switched_on() -> Miss:
    return Miss(whole_trip(), request({**trip(1), "stream": True, "stream_options": {"include_usage": True}}))


@_miss
def max_tokens_changed() -> Miss:
    body = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "messages": [user("Hello there.")]}
    return Miss([recorded(body, MESSAGES)], request({**body, "max_tokens": 4096}, MESSAGES))


@_miss
def other_method() -> Miss:
    body = {"model": "gpt-4o-mini", "input": [user(trip(1)["messages"][1]["content"])]}
    cassette = [*whole_trip(), recorded({"model": "text-embedding-3-small", "input": ["Lyon"]}, EMBEDDINGS)]
    return Miss(cassette, request(body, RESPONSES))


@_miss
def empty_cassette() -> Miss:
    return Miss([], request(trip(1)))


@_miss
def out_of_sequence() -> Miss:
    embedding = {"model": "text-embedding-3-small", "input": ["night trains to Lyon"]}
    cassette = [recorded(trip(1)), recorded(embedding, EMBEDDINGS), recorded(trip(2))]
    return Miss(cassette, request(trip(2)), before=_turns(1), match="sequence")


@_miss
def past_the_end_of_the_sequence() -> Miss:
    return Miss(whole_trip()[:2], request(trip(3)), before=_turns(1, 2), match="sequence")


@_miss
def white_space_only() -> Miss:
    return Miss(
        [recorded(chat("List the steps:\n\n  1. Open the box.\n  2. Read the leaflet."))],
        request(chat("List the steps:\n  1. Open the box.\n  2. Read the  leaflet.\n")),
    )


@_miss
def letters_that_look_alike() -> Miss:
    return Miss(
        [recorded(chat("Where is the caf\u00e9 of Ren\u00e9? It is near the\u00a0station."))],
        request(chat("Where is the cafe\u0301 of Ren\u00e9? It is near the station.")),
    )


@_miss
def number_became_text() -> Miss:
    return Miss([recorded(chat("Pick one.", n=1))], request(chat("Pick one.", n="1")))


@_miss
def one_word_in_a_long_document() -> Miss:
    def body(text: str) -> Body:
        return {
            "model": "gpt-4.1",
            "instructions": "Answer from the document only.",
            "input": [user(text), user("What did it cost?")],
        }

    return Miss([recorded(body(document()), RESPONSES)], request(body(document("lighthouse")), RESPONSES))


@_miss
def tools_in_another_order() -> Miss:
    body = chat("Plan a weekend in Lyon.", tools=[WEATHER_TOOL, TRAIN_TOOL, HOTEL_TOOL])
    other = chat("Plan a weekend in Lyon.", tools=[HOTEL_TOOL, WEATHER_TOOL, TRAIN_TOOL])
    return Miss([recorded(body)], request(other))


@_miss
def tool_removed_and_another_described_anew() -> Miss:
    body = chat("Plan a weekend in Lyon.", tools=[WEATHER_TOOL, TRAIN_TOOL, HOTEL_TOOL])
    hotel = copy.deepcopy(HOTEL_TOOL)
    hotel["function"]["description"] = "Books a room in a hotel near the station."
    return Miss([recorded(body)], request(chat("Plan a weekend in Lyon.", tools=[WEATHER_TOOL, hotel])))


@_miss
def many_things_at_once() -> Miss:
    body = trip(3)
    body["messages"][0]["content"] = "You are a travel agent. Be friendly, and ask back where something is not clear."
    body |= {"model": "gpt-4.1", "temperature": 1, "top_p": 0.9, "seed": 3, "user": "u-1", "tool_choice": "auto"}
    body |= {"parallel_tool_calls": False, "max_completion_tokens": 300, "tools": [HOTEL_TOOL]}
    body["messages"] += [assistant("Yes."), user("Go on.")]
    return Miss(whole_trip(), request(body))


@_miss
def part_of_a_subset_missing() -> Miss:
    wanted = chat("Hello.", response_format={"type": "json_object"})
    return Miss([recorded(wanted)], request(chat("Hello.", temperature=0)), match="subset")


@_miss
def path_of_the_matcher_that_leads_nowhere() -> Miss:
    def body(run: str) -> Body:
        return chat("Hello.", metadata={"run": run})

    return Miss([recorded(body("a-1"))], request(body("b-2")), match=Matcher(ignore=["metdata.*"]))


@_miss
def fresh_uuid_below_a_matcher() -> Miss:
    def body(run: str, order: str) -> Body:
        return chat(f"Where is order {order}?", metadata={"run": run})

    return Miss(
        [recorded(body("a-1", "7c9e6679-7425-40de-944b-e07fc1f90ae7"))],
        request(body("b-2", "0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10")),
        match=Matcher(ignore="metadata.*"),
    )


@_miss
def tool_call_id_made_by_a_framework() -> Miss:
    made = "call-0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10", "call-7c9e6679-7425-40de-944b-e07fc1f90ae7"
    first = chat("How is the weather in Lyon?", tools=[WEATHER_TOOL])
    cassette = [recorded(first), recorded(tool_turn(made[0]))]
    return Miss(cassette, request(tool_turn(made[1])), before=[request(first)])


@_miss
def temporary_file_in_a_tool_result() -> Miss:
    cassette = [recorded(tool_turn(result="Saved as /tmp/tmpx81ju2_k/forecast.csv (214 bytes)."))]
    return Miss(cassette, request(tool_turn(result="Saved as /tmp/tmp0q_vw3ze/forecast.csv (214 bytes).")))


@_miss
def prompt_rewritten_in_many_places() -> Miss:
    words = "The {} fox jumps over the {} dog while the {} farmer counts his {} sheep and the {} sun goes down. "
    old = words.format("quick", "lazy", "old", "woolly", "red") * 6
    new = words.format("slow", "lively", "young", "woolly", "pale") * 6
    return Miss([recorded(chat(old))], request(chat(new)))


@_miss
def terminal_codes_in_a_prompt() -> Miss:
    return Miss(
        [recorded(chat("Explain this log:\n\x1b[31mERROR\x1b[0m disk full\a"))],
        request(chat("Explain this log:\n\x1b[32mOK\x1b[0m disk \u202eempty")),
    )


@_miss
def old_recording() -> Miss:
    notes = ["recorded 410 days ago with openai 1.52.0; openai 3.54.0 is installed."]
    return Miss([recorded(chat("Hello."))], request(chat("Hello.", store=False)), notes=notes)


@_miss
def operation_on_another_file() -> Miss:
    return Miss(
        [recorded({}, "files.retrieve", path="/files/file-abc123")],
        request({}, "files.retrieve", path="/files/file-xyz789"),
    )
