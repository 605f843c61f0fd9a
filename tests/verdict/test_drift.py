"""What counts as drift, what is only worth knowing, and how both are told."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from agentreplay._cassette import Interaction, RecordedError, RecordedRequest, RecordedResponse, StreamEvent
from agentreplay._drift import compare, drift_report, text_similarity
from agentreplay._drift_report import DriftAspect, DriftEntry, DriftLimits, DriftReport
from agentreplay._shapes import shape_changes
from tests.verdict.scenes import SCENES, scene

EVERY = pytest.mark.parametrize("name", sorted(SCENES))
Change = Callable[[Any], None]


def said(text: str, **more: Any) -> Interaction:
    """An answer with this text."""
    message = {"role": "assistant", "content": text}
    body = {"model": "m-1", "choices": [{"message": message, "finish_reason": "stop"}], **more}
    return Interaction(request=RecordedRequest(kind="llm", method="chat.completions.create"), response=answer(body))


def called(name: str, arguments: dict[str, Any]) -> Interaction:
    """An answer that asks for this tool."""
    block = {"type": "tool_use", "id": "t", "name": name, "input": arguments}
    body = {"role": "assistant", "model": "m-1", "content": [block], "stop_reason": "tool_use"}
    return Interaction(request=RecordedRequest(kind="llm", method="messages.create"), response=answer(body))


def answer(body: Any) -> RecordedResponse:
    return RecordedResponse(body=body, http_status=200)


def drifts(recorded: Interaction, now: Interaction, limits: DriftLimits | None = None) -> set[DriftAspect]:
    """The aspects that are beyond the limits."""
    entry = compare(recorded, now, limits or DriftLimits())
    return {finding.aspect for finding in entry.findings if finding.drift}


@EVERY
def test_the_same_answer_has_not_drifted(name: str) -> None:
    """In every format, plain and streamed, an answer equals itself in all that is compared."""
    first, second = scene(name).interactions
    report = drift_report([(second, copy.deepcopy(second)), (first, copy.deepcopy(first))])
    assert not report.drifted
    assert [entry.findings for entry in report.entries] == [(), ()]
    assert [entry.text_similarity for entry in report.entries] == [None, 1.0]


@pytest.mark.parametrize("name", [name for name in sorted(SCENES) if "streamed" in name])
def test_a_stream_in_other_pieces_has_not_drifted(name: str) -> None:
    """Where the provider cuts its pieces says nothing."""
    recorded = scene(name).interactions[1]
    now = copy.deepcopy(recorded)
    events = now.response.events or []
    place = next(place for place, event in enumerate(events) if '"It is 18 "' in json.dumps(event.data))
    written = json.dumps(events[place].data)
    events[place : place + 1] = [
        StreamEvent(data=json.loads(written.replace("It is 18 ", piece))) for piece in ("It i", "s 18 ")
    ]
    assert not compare(recorded, now, DriftLimits()).findings


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("It is 18 °C and sunny in Paris.", "The weather in Paris is sunny, with 18 °C."),
        (
            "The refund was issued to your card ending in 4242 and will arrive in 3-5 business days.",
            "Your refund has been processed; expect it on card 4242 within five business days.",
        ),
        ("巴黎的天气是晴天", "巴黎天气晴"),
    ],
)
def test_the_same_in_other_words_is_no_drift(was: str, is_: str) -> None:
    """A model words things anew each time; that alone is not worth an alarm."""
    assert drifts(said(was), said(is_)) == set()


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("I can't help with that request.", "Sure! Here is how you do it: first open the valve."),
        ("The refund was issued to your card ending in 4242.", "I am sorry, I could not find that order."),
        ("It is 18 °C and sunny in Paris.", ""),
        ("巴黎的天气是晴天", "我无法回答"),
    ],
)
def test_another_text_is_drift(was: str, is_: str) -> None:
    """Too few words in common, or no text at all."""
    assert drifts(said(was), said(is_)) == {DriftAspect.TEXT}


def test_similarity_is_the_share_of_common_words() -> None:
    """From 0 to 1; order, case and punctuation do not count; texts without words are equal or not."""
    assert text_similarity("a b c d", "A, b; e F") == 0.5
    assert text_similarity("one two", "two one") == 1.0
    assert text_similarity("", "") == text_similarity("?!", "?!") == 1.0
    assert text_similarity("?!", "!?") == text_similarity("a", "b") == 0.0


@pytest.mark.parametrize(
    ("arguments", "drift"),
    [
        ({"city": "Paris", "days": 3}, False),
        ({"days": 3.0, "city": "Paris"}, False),
        ({"city": "Rome", "days": 3}, True),
        ({"city": "Paris", "days": 4}, True),
        ({"city": "Paris", "days": True}, True),
        ({"city": "Paris"}, True),
        ({"city": "Paris", "days": 3, "unit": "C"}, True),
        ({"city": ["Paris"], "days": 3}, True),
    ],
)
def test_tool_calls_are_compared_with_their_arguments(arguments: dict[str, Any], drift: bool) -> None:
    """Names, dates, numbers: what is short must be equal."""
    recorded = called("weather", {"city": "Paris", "days": 3})
    assert drifts(recorded, called("weather", arguments)) == ({DriftAspect.TOOL_CALLS} if drift else set())


def test_a_sentence_among_arguments_may_be_worded_anew() -> None:
    """A search query or a mail's text is text; a short id is not."""
    recorded = called("search", {"queries": ["the current weather in Paris right now"]})
    assert drifts(recorded, called("search", {"queries": ["current weather in Paris, France, now please"]})) == set()
    unlike = called("search", {"queries": ["which hotels near Rome have a pool"]})
    assert drifts(recorded, unlike) == {DriftAspect.TOOL_CALLS}
    assert drifts(called("get", {"n": 1}), called("get", {"n": True})) == {DriftAspect.TOOL_CALLS}
    assert drifts(called("get", {"id": "user-17"}), called("get", {"id": "user-18"})) == {DriftAspect.TOOL_CALLS}


def test_another_tool_is_drift_and_both_are_shown() -> None:
    """The finding holds names and arguments of both sides."""
    entry = compare(called("weather", {"city": "Paris"}), called("forecast", {"city": "Paris"}), DriftLimits())
    assert [str(finding) for finding in entry.findings] == [
        'tool calls: was weather(city="Paris"); is forecast(city="Paris")'
    ]
    assert entry.findings[0].live == [{"name": "forecast", "arguments": {"city": "Paris"}}]


def _finish(body: Any) -> None:
    body["choices"][0]["finish_reason"] = "length"


def _lose(body: Any) -> None:
    del body["choices"][0]["message"]["role"]


def _retype(body: Any) -> None:
    body["usage"]["details"] = [1]


def _add(body: Any) -> None:
    body["choices"][0]["message"]["annotations"] = [{"type": "url"}]


def _rename(body: Any) -> None:
    body["model"] = "m-2"


def _null(body: Any) -> None:
    body["usage"]["details"] = None


@pytest.mark.parametrize(
    ("change", "drift", "told"),
    [
        (_finish, True, "finish reason: was stop, is length"),
        (_lose, True, "structure: choices[*].message.role is gone (was text)"),
        (_retype, True, "structure: usage.details was object, is array"),
        (_add, False, "structure: choices[*].message.annotations is new (array) (no drift)"),
        (_rename, False, "model: was m-1, is m-2 (no drift)"),
        (_null, False, None),
    ],
)
def test_structure_and_finish_reason_must_stay(change: Change, drift: bool, told: str | None) -> None:
    """What is gone, of another type or ended otherwise is drift; what is new, or renamed, is worth a line."""
    recorded = said("Hello", usage={"details": {"cached": 1}})
    now = copy.deepcopy(recorded)
    change(now.response.body)
    entry = compare(recorded, now, DriftLimits())
    assert [str(finding) for finding in entry.findings] == ([told] if told else [])
    assert entry.drifted is drift


def test_values_do_not_belong_to_the_structure() -> None:
    """Other values, more items, other kinds of items, and what a tool's author named do not change it."""
    was: Any = {"output": [{"type": "reasoning", "id": "a"}, {"type": "message", "metadata": {"k": 1}, "n": 1}]}
    message: Any = {"type": "message", "metadata": {"z": "x"}, "n": 2.5}
    other: Any = {"type": "message", "metadata": {}, "n": 3}
    is_: Any = {"output": [message, other]}
    assert shape_changes(was, is_) == []
    assert shape_changes({"a": []}, {"a": [1]}) == shape_changes({"a": [{"b": 1}]}, {"a": []}) == []
    assert [str(change) for change in shape_changes({"a": [{"b": 1}, {}]}, {"a": [{"b": "x"}]})] == [
        "a[*].b was number, is text"
    ]
    assert [str(change) for change in shape_changes([1], {"a": 1})] == ["the answer was array, is object"]


def test_a_null_is_as_good_as_nothing() -> None:
    """A member that was null may be gone, and one that is null now was not there before."""
    assert shape_changes({"a": None, "b": 1}, {"b": 1}) == shape_changes({"b": 1}, {"a": None, "b": 1}) == []


def test_items_are_held_to_their_own_type() -> None:
    """A text block may not look like an image, though the answer holds both."""
    was: Any = [{"type": "count", "value": 1}, {"type": "name", "value": "x"}]
    now: Any = [{"type": "count", "value": "x"}]
    assert [str(change) for change in shape_changes(was, now)] == ["[count].value was number, is text"]


def test_text_that_is_json_is_held_to_its_structure() -> None:
    """A structured answer whose members changed breaks the program that parses it."""
    recorded = said('{"city": "Paris", "celsius": 18}')
    assert drifts(recorded, said('{"city": "Rome", "celsius": 24.5}')) == set()
    assert drifts(recorded, said('{"city": "Paris", "celsius": "18"}')) == {DriftAspect.STRUCTURE}
    assert drifts(recorded, said("Paris, celsius: 18 (city)")) == {DriftAspect.STRUCTURE}
    (finding,) = compare(recorded, said('{"city": "Paris"}'), DriftLimits()).findings
    assert str(finding) == "structure: text.celsius is gone (was number)"


@pytest.mark.parametrize(
    ("prompt", "completion", "drift"),
    [(100, 100, False), (110, 200, False), (111, 100, True), (89, 100, True), (100, 201, True), (100, 0, False)],
)
def test_tokens_may_change_within_their_limits(prompt: int, completion: int, drift: bool) -> None:
    """The request's by a tenth, the answer's by its length again."""
    recorded, now = said("Hello"), said("Hello")
    recorded.response.prompt_tokens = recorded.response.completion_tokens = 100
    now.response.prompt_tokens, now.response.completion_tokens = prompt, completion
    assert drifts(recorded, now) == ({DriftAspect.TOKENS} if drift else set())


def test_few_tokens_never_count() -> None:
    """Short answers would else drift by one word."""
    recorded, now = said("Hello"), said("Hello")
    recorded.response.completion_tokens, now.response.completion_tokens = 2, 12
    assert drifts(recorded, now) == set()
    assert drifts(recorded, now, DriftLimits(tokens_ignored=9)) == {DriftAspect.TOKENS}


def test_limits_can_be_set_and_are_checked() -> None:
    """The report keeps the limits that it was made with; a limit that cannot be is refused."""
    recorded, now = said("one two three four"), said("one two three five")
    strict = DriftLimits(text_similarity=0.9)
    assert drifts(recorded, now) == set()
    assert drifts(recorded, now, strict) == {DriftAspect.TEXT}
    assert drift_report([(recorded, now)], limits=strict).limits == strict
    with pytest.raises(ValueError, match="text_similarity"):
        DriftLimits(text_similarity=1.5)
    with pytest.raises(ValueError, match="similarity"):
        DriftLimits(similarity=0.5)  # type: ignore[call-arg]


def _failed(message: str, status: int = 429) -> Interaction:
    body = {"error": {"message": message}}
    response = RecordedResponse(status="error", http_status=status, body=body)
    return Interaction(request=RecordedRequest(kind="llm"), response=response)


def test_a_call_that_fails_now_has_drifted() -> None:
    """So has one that failed in another way, or no longer fails; the message alone does not count."""
    timeout = Interaction(
        request=RecordedRequest(kind="llm"),
        response=RecordedResponse(status="error", error=RecordedError(type="APITimeoutError", message="timed out")),
    )
    entry = compare(said("Hello"), _failed("Slow down"), DriftLimits())
    assert [str(finding) for finding in entry.findings] == ["outcome: was an answer, is HTTP 429: Slow down"]
    assert drifts(_failed("Slow down"), said("Hello")) == {DriftAspect.OUTCOME}
    assert drifts(_failed("Slow down"), _failed("No such model", 404)) == {DriftAspect.OUTCOME}
    assert drifts(_failed("Slow down"), timeout) == {DriftAspect.OUTCOME}
    assert drifts(_failed("Slow down (request a)"), _failed("Slow down (request b)")) == set()


def test_calls_without_a_partner_have_drifted() -> None:
    """A call that is not recorded, and a recorded one that was not made: the run went another way."""
    first, second = scene("chat").interactions
    report = drift_report([(None, first)], unused=[second])
    assert report.drifted
    assert [str(entry).splitlines() for entry in report.entries] == [
        [
            "[0] chat.completions.create, gpt-5-mini, drifted",
            "    call: this call is not in the recording, so there is nothing to compare it with",
        ],
        ["[1] chat.completions.create, gpt-5-mini, drifted", "    call: this recorded call was not made"],
    ]


def test_calls_of_other_kinds_are_compared_by_their_structure() -> None:
    """Embeddings have neither text nor tools; another number of dimensions is no change of structure."""
    request = RecordedRequest(kind="embedding", method="embeddings.create")
    was = Interaction(request=request, response=answer({"data": [{"embedding": [0.1, 0.2]}]}))
    assert drifts(was, Interaction(request=request, response=answer({"data": [{"embedding": [0.3]}]}))) == set()
    now = Interaction(request=request, response=answer({"data": [{"embedding": "aGk="}]}))
    assert drifts(was, now) == {DriftAspect.STRUCTURE}


def test_a_report_is_printed_in_the_order_of_the_run_and_is_json() -> None:
    """A person reads the lines, a program the JSON; both say whether it drifted."""
    first, second = scene("messages").interactions
    now = copy.deepcopy(first)
    now.response.body["content"].pop()
    report = drift_report([(second, copy.deepcopy(second)), (first, now)])
    assert str(report).splitlines() == [
        "2 calls compared, 1 drifted",
        "[0] messages.create, claude-haiku-4-5, drifted",
        '    tool calls: was weather(city="Paris"), weather(city="Rome"); is weather(city="Paris")',
        "[1] messages.create, claude-haiku-4-5, as recorded, text 1.00 alike",
    ]
    dumped = report.model_dump_json()
    assert '"drifted":true' in dumped
    assert DriftReport.model_validate_json(dumped).entries[0].findings == report.entries[0].findings
    assert [type(entry) for entry in report.entries] == [DriftEntry, DriftEntry]
