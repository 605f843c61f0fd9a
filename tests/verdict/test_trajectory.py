"""A recorded run reads the same in every wire format, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from agentreplay._cassette import Interaction, RecordedError, RecordedRequest, RecordedResponse, StreamEvent
from agentreplay._trajectory import Trajectory
from agentreplay._trajectory.answers import ToolCall
from agentreplay._trajectory.asked import Said, last_user_message
from agentreplay._trajectory.steps import ModelTurn, Step, ToolRun, read_step
from tests.verdict.scenes import ANSWER, CITIES, QUESTION, RESULTS, SCENES, call, chat, scene

EVERY = pytest.mark.parametrize("name", sorted(SCENES))


def run(name: str) -> Trajectory:
    return Trajectory.of(scene(name).interactions)


def turn(interaction: Interaction) -> ModelTurn:
    step = read_step(0, interaction)
    assert isinstance(step, ModelTurn)
    return step


@EVERY
def test_tool_calls_are_the_same_in_every_format(name: str) -> None:
    """Names, parsed arguments and ids do not depend on the wire format, nor on streaming."""
    first, second = run(name).turns
    assert first.tool_calls == tuple(ToolCall("weather", city, f"call_{place}") for place, city in enumerate(CITIES))
    assert (second.tool_calls, second.answer.provider_calls) == ((), ())


@EVERY
def test_the_final_text_is_the_same_in_every_format(name: str) -> None:
    """The text of an answer is whole, also where it came in pieces."""
    trajectory = run(name)
    assert trajectory.final_text == ANSWER
    assert [step.text for step in trajectory.turns] == ["", ANSWER]


@EVERY
def test_what_was_new_to_the_model_is_known_for_each_turn(name: str) -> None:
    """The first turn holds the system text and the question, the second the tools' results, without the history."""
    first, second = run(name).turns
    assert first.said == (Said("system", "Be brief."), Said("user", QUESTION))
    assert second.said == tuple(Said("tool", text) for text in RESULTS)
    assert (first.asked, second.asked) == (QUESTION, QUESTION)


@EVERY
def test_the_answering_model_and_the_reason_of_the_end_are_read(name: str) -> None:
    """The step has the model that was asked for, the answer the one that it names."""
    first, second = run(name).turns
    answering = "claude-haiku-4-5-20251001" if "messages" in name else "gpt-5-mini-2025-08-07"
    assert [first.answer.model, second.answer.model] == [answering, answering]
    assert answering.startswith(first.model or "none")
    assert [first.finish_reason, second.finish_reason] == {
        "chat": ["tool_calls", "stop"],
        "responses": ["completed", "completed"],
        "messages": ["tool_use", "end_turn"],
    }[name.split(",", maxsplit=1)[0]]


@EVERY
def test_tokens_are_the_recorded_ones_or_else_the_answers_own(name: str) -> None:
    """Counts of the recording come first; a recording without them is read from the answer's usage."""
    assert (run(name).prompt_tokens, run(name).completion_tokens) == (170, 50)
    bare = scene(name).interactions[0]
    bare.response.prompt_tokens = bare.response.completion_tokens = None
    assert (turn(bare).prompt_tokens, turn(bare).completion_tokens) == (60, 30)


@EVERY
def test_a_stream_that_was_left_early_is_read_as_far_as_it_went(name: str) -> None:
    """Whatever was kept of a stream, reading it raises nothing and never tells more than the whole."""
    for interaction in scene(name).interactions:
        whole = turn(interaction)
        for kept in range(len(interaction.response.events or [])):
            part = interaction.model_copy(deep=True)
            part.response.events = (part.response.events or [])[:kept]
            part.response.incomplete = True
            seen = turn(part)
            assert whole.text.startswith(seen.text)
            assert len(seen.tool_calls) <= len(whole.tool_calls)
            assert seen.incomplete


@EVERY
def test_reading_changes_nothing_in_the_recording(name: str) -> None:
    """A trajectory may be asked for while the recording still answers."""
    cassette = scene(name)
    before = cassette.to_json()
    str(Trajectory.of(cassette.interactions))
    assert cassette.to_json() == before


@pytest.mark.parametrize("name", ["chat, streamed", "messages, streamed", "responses, streamed"])
def test_arguments_that_end_early_stay_text(name: str) -> None:
    """What is no JSON yet is shown as it came, not thrown away and not an error."""
    first = scene(name).interactions[0]
    events = first.response.events or []
    last = max(place for place, event in enumerate(events) if "Rome" in str(event.data) and "delta" in str(event.data))
    cut = {"chat": '{"cit', "messages": '{"city', "responses": ""}[name.split(",", maxsplit=1)[0]]
    first.response.events = events[:last]
    assert turn(first).tool_calls[-1].arguments == (cut or {})


def test_a_printed_run_reads_as_a_conversation() -> None:
    """Each call has a heading, then what was said, answered and called, one line each."""
    interactions = chat(False)
    interactions[0].response.duration_ms = 1234.0
    tool = RecordedRequest(kind="tool", method="weather", body={"city": "Paris"})
    interactions.insert(1, Interaction(request=tool, response=RecordedResponse(body="18 °C", duration_ms=5)))
    assert str(Trajectory.of(interactions)).splitlines() == [
        "[0] chat.completions.create, gpt-5-mini, 1.23 s, 60 + 30 tokens",
        "    system: Be brief.",
        "    user: How warm is it in Paris and in Rome?",
        '    calls: weather(city="Paris")',
        '    calls: weather(city="Rome")',
        '[1] weather({"city": "Paris"}), 0.01 s',
        "    result: 18 °C",
        "[2] chat.completions.create, gpt-5-mini, 110 + 20 tokens",
        "    tool: 18 °C",
        "    tool: 24 °C",
        "    answer: It is 18 °C in Paris and 24 °C in Rome.",
    ]


def test_a_printed_run_cannot_steer_a_terminal() -> None:
    """Control characters are escaped, and long or many-lined texts take one line of bounded length."""
    interaction = chat(False)[1]
    interaction.response.body["choices"][0]["message"]["content"] = "a\x1b[31m\r\nb " + "word " * 1000
    line = str(Trajectory.of([interaction])).splitlines()[-1]
    assert line.startswith("    answer: a\\x1b[31m b word ")
    assert len(line) < 250


def test_runs_of_tools_and_other_calls_are_steps_too() -> None:
    """A tool has name, arguments and result; a call of another kind has its method only."""
    tool = Interaction(
        request=RecordedRequest(kind="tool", method="weather", body={"city": "Paris"}),
        response=RecordedResponse(body={"celsius": 18}),
    )
    embedding = Interaction(
        request=RecordedRequest(kind="embedding", method="embeddings.create", model="text-embedding-3-small"),
        response=RecordedResponse(body={"object": "list", "data": [{"embedding": [0.1]}]}, prompt_tokens=3),
    )
    trajectory = Trajectory.of([tool, embedding])
    assert [(run.name, run.arguments, run.result) for run in trajectory.tool_runs] == [
        ("weather", {"city": "Paris"}, {"celsius": 18})
    ]
    assert type(trajectory.steps[1]) is Step
    assert (trajectory.turns, trajectory.final_text, trajectory.prompt_tokens) == ((), "", 3)
    assert [step.method for step in trajectory] == ["weather", "embeddings.create"]


def test_an_answer_that_is_fetched_later_is_a_turn() -> None:
    """A background answer comes by another method and kind, but it is the model's."""
    fetched = scene("responses").interactions[1]
    fetched.request = RecordedRequest(kind="http", method="responses.retrieve", path="/responses/resp_1")
    assert turn(fetched).text == ANSWER


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (
            RecordedResponse(
                status="error",
                http_status=429,
                body={"error": {"message": "Rate limit reached.", "type": "requests"}},
            ),
            "HTTP 429: Rate limit reached.",
        ),
        (
            RecordedResponse(status="error", http_status=502, body="Bad gateway", encoding="text"),
            "HTTP 502: Bad gateway",
        ),
        (RecordedResponse(status="error", error=RecordedError(type="APITimeoutError")), "APITimeoutError"),
        (
            RecordedResponse(
                http_status=200,
                events=[
                    StreamEvent(data={"type": "message_start", "message": {"role": "assistant", "content": []}}),
                    StreamEvent(event="error", data={"type": "error", "error": {"message": "Overloaded"}}),
                ],
            ),
            "Overloaded",
        ),
        (
            RecordedResponse(
                http_status=200,
                events=[StreamEvent(data={"type": "error", "code": "x", "message": "Server had a fault"})],
            ),
            "Server had a fault",
        ),
        (RecordedResponse(status="error"), "error"),
    ],
)
def test_a_failed_call_says_why_in_one_line(response: RecordedResponse, told: str) -> None:
    """Errors by status, without an answer, and as an event inside a stream read alike."""
    step = turn(Interaction(request=RecordedRequest(kind="llm", method="messages.create"), response=response))
    assert (step.error, step.text, step.tool_calls) == (told, "", ())
    assert f"failed: {told}" in str(
        Trajectory.of([Interaction(request=RecordedRequest(kind="llm"), response=response)])
    )


def test_a_refusal_is_no_text() -> None:
    """What the format keeps apart stays apart: in chat, in its stream, and in responses."""
    refused = "I cannot help with that."
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": refused}
    plain = {"choices": [{"message": message, "finish_reason": "stop"}]}
    chunks = [{"choices": [{"delta": {"refusal": piece}}]} for piece in (refused[:4], refused[4:])]
    part = {"type": "refusal", "refusal": refused}
    output = {"object": "response", "output": [{"type": "message", "content": [part]}]}
    for answer in (plain, chunks, output):
        read = turn(call("x", {"model": "m"}, answer, (1, 1))).answer
        assert (read.text, read.refusal) == ("", refused)


def test_calls_that_ran_at_the_provider_are_kept_apart() -> None:
    """Web search and the like were answered already; only the program's own calls wait for it."""
    output = {
        "object": "response",
        "output": [
            {"type": "web_search_call", "id": "ws_1", "action": {"query": "x"}},
            {"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls"]}},
            {"type": "shell_call_output", "call_id": "c1"},
            {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "input": "SELECT 1"},
            {"type": "computer_call", "call_id": "c3", "action": {"type": "click"}},
        ],
    }
    answer = turn(call("responses.create", {"model": "m"}, output, (1, 1))).answer
    assert [made.name for made in answer.provider_calls] == ["web_search", "shell"]
    assert answer.tool_calls == (ToolCall("sql", "SELECT 1", "c2"), ToolCall("computer", {"type": "click"}, "c3"))
    blocks: list[dict[str, Any]] = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}
    ]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": [*blocks, {"type": "tool_use", "id": "t1", "name": "f", "input": {}}],
    }
    answer = turn(call("messages.create", {"model": "m"}, message, (1, 1))).answer
    assert answer.provider_calls == (ToolCall("web_search", {"query": "x"}, "s1"),)
    assert answer.tool_calls == (ToolCall("f", {}, "t1"),)


def test_older_and_odd_forms_are_read() -> None:
    """Function calls of old, prompt completions, free-text tools, spoken answers, content in parts."""
    function = {"choices": [{"message": {"function_call": {"name": "f", "arguments": '{"a": 1}'}}}]}
    assert turn(call("x", {"model": "m"}, function, (1, 1))).tool_calls == (ToolCall("f", {"a": 1}),)
    custom = {"choices": [{"message": {"tool_calls": [{"id": "c", "custom": {"name": "f", "input": "{}"}}]}}]}
    assert turn(call("x", {"model": "m"}, custom, (1, 1))).tool_calls == (ToolCall("f", "{}", "c"),)
    spoken = {"choices": [{"message": {"content": None, "audio": {"transcript": "Hello"}}}]}
    assert turn(call("x", {"model": "m"}, spoken, (1, 1))).text == "Hello"
    parts = {"choices": [{"message": {"content": [{"type": "thinking"}, {"type": "text", "text": "Hello"}]}}]}
    assert turn(call("x", {"model": "m"}, parts, (1, 1))).text == "Hello"
    text = {"object": "text_completion", "choices": [{"text": " world", "finish_reason": "length"}]}
    assert turn(call("x", {"model": "m", "prompt": "Hello"}, text, (1, 1))).text == " world"
    pieces = [{"choices": [{"text": piece}]} for piece in ("Hel", "lo")]
    assert turn(call("x", {"model": "m"}, pieces, (1, 1))).text == "Hello"
    older = [{"type": "completion", "completion": piece} for piece in ("Hel", "lo")]
    assert turn(call("x", {"model": "m"}, older, (1, 1))).text == "Hello"
    by_hand = Interaction(request=RecordedRequest(kind="llm"), response=RecordedResponse(body="Hello"))
    assert turn(by_hand).text == "Hello"


def test_calls_of_a_stream_that_share_an_index_are_told_apart_by_id() -> None:
    """Some servers number every call 0; a new id begins a new call, the same id goes on with it."""
    deltas = [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": '}},
        {"index": 0, "id": "a", "function": {"arguments": "1}"}},
        {"index": 0, "id": "b", "function": {"name": "f", "arguments": '{"x": 2}'}},
    ]
    chunks = [{"choices": [{"delta": {"tool_calls": [delta]}}]} for delta in deltas]
    calls = turn(call("x", {"model": "m"}, chunks, (1, 1))).tool_calls
    assert calls == (ToolCall("f", {"x": 1}, "a"), ToolCall("f", {"x": 2}, "b"))


def test_of_several_choices_the_first_is_read() -> None:
    """With `n=2` the pieces of the second choice do not get into the first."""
    chunks = [
        {"choices": [{"index": place, "delta": {"content": piece}}]}
        for place, piece in ((0, "He"), (1, "No"), (0, "llo"), (1, "pe"))
    ]
    assert turn(call("x", {"model": "m"}, chunks, (1, 1))).text == "Hello"


def test_events_that_were_kept_raw_are_read_too() -> None:
    """An unusual framing of a stream (comments, several data lines) does not hide what it says."""
    raw = ': hi\r\nid: 7\r\ndata: {"choices": [{"delta":\r\ndata: {"content": "Hello"}}]}\r\n\r\n'
    response = RecordedResponse(events=[StreamEvent(raw=raw), StreamEvent(raw=": end"), StreamEvent(text="[DONE]")])
    assert turn(Interaction(request=RecordedRequest(kind="llm"), response=response)).text == "Hello"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "a"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}]}, "a"),
        ({"input": "a"}, "a"),
        ({"input": ["a", "b"]}, "b"),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}]}, "a"),
        ({"prompt": "a"}, "a"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, None),
        ({"messages": [{"role": "system", "content": "a"}]}, None),
        ({}, None),
    ],
)
def test_the_last_words_of_the_user_are_found(body: dict[str, object], asked: str | None) -> None:
    """Whatever the request looks like, a person gets the words that they know it by, or nothing."""
    assert last_user_message(RecordedRequest(kind="llm", body=body)) == asked


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a JSON value: the object or array that holds it, and its name or number there."""
    names: list[Any] = []
    if isinstance(value, dict):
        names = [*cast("dict[str, Any]", value)]
    elif isinstance(value, list):
        names = [place for place, _ in enumerate(cast("Sequence[Any]", value))]
    for name in names:
        yield value, name
        yield from places(value[name])


@EVERY
def test_odd_data_in_any_place_is_read_as_far_as_it_can_be(name: str) -> None:
    """A trajectory also explains runs that went wrong, so no value in any place of a recording makes reading fail."""
    oddities: list[Any] = [None, True, 7, -1.5, "odd", [], {}, [7, None], {"type": 7}, [[{}]]]
    for interaction in scene(name).interactions:
        for part in (interaction.request.body, interaction.response.body, *(interaction.response.events or [])):
            for holder, place in places(part.data if isinstance(part, StreamEvent) else part):
                kept = holder[place]
                for odd in oddities:
                    holder[place] = odd
                    assert str(Trajectory.of([interaction]))
                holder[place] = kept


def test_the_step_of_a_tool_that_failed_says_so() -> None:
    """The error stands where the result would."""
    failed = RecordedResponse(status="error", error=RecordedError(type="TimeoutError", message="no answer\nin 5 s"))
    tool = Interaction(request=RecordedRequest(kind="tool", method="search", body={}), response=failed)
    step = read_step(0, tool)
    assert isinstance(step, ToolRun)
    assert step.error == "TimeoutError: no answer\nin 5 s"
    assert str(Trajectory.of([tool])).splitlines()[1:] == ["    failed: TimeoutError: no answer in 5 s"]
