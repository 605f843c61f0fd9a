"""Compares what a provider answers now with what it answered when it was recorded."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from agentreplay._cassette import Interaction, RecordedResponse
from agentreplay._drift_report import SENTENCE_WORDS, DriftAspect, DriftEntry, DriftFinding, DriftLimits, DriftReport
from agentreplay._json.reading import as_list, as_object
from agentreplay._json.values import same_json
from agentreplay._kinds import is_tool
from agentreplay._shapes import shape_changes
from agentreplay._trajectory.answer_streams import joined
from agentreplay._trajectory.answers import Answer, ToolCall, error_text, read_answer
from agentreplay._trajectory.conversation import one_line

_UNSPACED: Final = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Scripts written without spaces: each character counts as a word."""
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_QUOTE: Final = 80


def drift_report(
    pairs: Iterable[tuple[Interaction | None, Interaction]],
    unused: Iterable[Interaction] = (),
    limits: DriftLimits | None = None,
) -> DriftReport:
    """The report of a verifying run.

    `pairs` holds each live call with the recorded interaction that would have answered it (None where none would), in
    any order; `unused` the recorded interactions that no call asked for.
    """
    limits = limits or DriftLimits()
    live = sorted(pairs, key=lambda pair: pair[1].sequence)
    entries = [compare(recorded, now, limits) if recorded is not None else _unrecorded(now) for recorded, now in live]
    return DriftReport(limits=limits, entries=(*entries, *map(_not_asked, unused)))


def compare(recorded: Interaction, now: Interaction, limits: DriftLimits) -> DriftEntry:
    """One live call against its recording: outcome, structure, tool calls, finish reason, text, tokens, model."""
    was, is_ = recorded.response, now.response
    by_tool = is_tool(now.request.kind)
    old, new = (Answer() if by_tool else read_answer(response) or Answer() for response in (was, is_))
    similarity = text_similarity(old.text, new.text) if old.text or new.text else None
    if _failure(was) != _failure(is_):
        findings = [_outcome(error_text(was), error_text(is_))]
    elif by_tool:
        findings = [*_result(was, is_)]
    else:
        findings = [
            *_structure(was, is_, old, new),
            *_tool_calls(old.tool_calls, new.tool_calls, limits),
            *_finish_reason(old, new),
            *_text(old.text, new.text, similarity, limits),
            *_tokens(was, is_, limits),
            *_model(old, new),
        ]
    return _entry(now, findings, similarity)


def text_similarity(one: str, other: str) -> float:
    """How alike two texts are, from 0 (no word in common) to 1 (equal words): the share of words that both have.

    Order, case and punctuation do not count, so that the same said in another way stays alike.
    """
    if one == other:
        return 1.0
    words, others = Counter(_WORD.findall(one.casefold())), Counter(_WORD.findall(other.casefold()))
    count = words.total() + others.total()
    return 2 * (words & others).total() / count if count else 0.0


def _entry(interaction: Interaction, findings: Iterable[DriftFinding], similarity: float | None = None) -> DriftEntry:
    return DriftEntry(
        position=interaction.sequence,
        method=interaction.request.method,
        model=interaction.request.model,
        text_similarity=similarity,
        findings=tuple(findings),
    )


def _unrecorded(now: Interaction) -> DriftEntry:
    text = "this call is not in the recording, so there is nothing to compare it with"
    return _entry(now, [DriftFinding(aspect=DriftAspect.CALL, drift=True, text=text)])


def _not_asked(recorded: Interaction) -> DriftEntry:
    text = "this recorded call was not made"
    return _entry(recorded, [DriftFinding(aspect=DriftAspect.CALL, drift=True, text=text)])


def _failure(response: RecordedResponse) -> tuple[bool, int | None, str | None]:
    """How a call failed, if it did. Not by the message: it often holds an id or a time."""
    failed = error_text(response) is not None
    status = response.http_status if failed else None
    return failed, status, response.error.type if response.error else None


def _outcome(was: str | None, is_: str | None) -> DriftFinding:
    text = f"was {was or 'an answer'}, is {is_ or 'an answer'}"
    return DriftFinding(aspect=DriftAspect.OUTCOME, drift=True, text=one_line(text), recorded=was, live=is_)


def _result(was: RecordedResponse, is_: RecordedResponse) -> Iterator[DriftFinding]:
    """What a tool gives is data for the program: any difference counts."""
    old, new = _given(was), _given(is_)
    if not same_json(old, new):
        text = f"was {one_line(json.dumps(old), _QUOTE)}; is {one_line(json.dumps(new), _QUOTE)}"
        yield DriftFinding(aspect=DriftAspect.RESULT, drift=True, text=text, recorded=old, live=new)


def _given(response: RecordedResponse) -> Any:
    return [event.data for event in response.events] if response.events is not None else response.body


def _structure(was: RecordedResponse, is_: RecordedResponse, old: Answer, new: Answer) -> Iterator[DriftFinding]:
    changes = shape_changes(_body(was), _body(is_))
    old_data, new_data = _json_of(old.text), _json_of(new.text)
    if old_data is not None and new_data is not None:
        changes += shape_changes(old_data, new_data, "text")
    for change in changes:
        yield DriftFinding(
            aspect=DriftAspect.STRUCTURE,
            drift=change.breaks,
            text=str(change),
            recorded=change.recorded,
            live=change.now,
        )
    if old_data is not None and new_data is None and new.text:
        text = "the text was JSON, and is none any more"
        yield DriftFinding(aspect=DriftAspect.STRUCTURE, drift=True, text=text, recorded="JSON", live="text")


def _body(response: RecordedResponse) -> Any:
    return joined(response.events) if response.events is not None else response.body


def _json_of(text: str) -> Any:
    """The object or array that the text is, or None where it is plain words."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _tool_calls(old: tuple[ToolCall, ...], new: tuple[ToolCall, ...], limits: DriftLimits) -> Iterator[DriftFinding]:
    same_tools = [call.name for call in old] == [call.name for call in new]
    if same_tools and all(_alike(a.arguments, b.arguments, limits) for a, b in zip(old, new, strict=True)):
        return
    was, is_ = ", ".join(map(str, old)) or "none", ", ".join(map(str, new)) or "none"
    yield DriftFinding(
        aspect=DriftAspect.TOOL_CALLS,
        drift=True,
        text=f"was {one_line(was)}; is {one_line(is_)}",
        recorded=[{"name": call.name, "arguments": call.arguments} for call in old],
        live=[{"name": call.name, "arguments": call.arguments} for call in new],
    )


def _alike(one: Any, other: Any, limits: DriftLimits) -> bool:
    """Whether two arguments mean the same: equal, or sentences that are alike enough."""
    if isinstance(one, str) and isinstance(other, str):
        is_sentence = min(len(one.split()), len(other.split())) >= SENTENCE_WORDS
        return one == other or (is_sentence and text_similarity(one, other) >= limits.text_similarity)
    if old := as_object(one):
        new = as_object(other)
        return old.keys() == new.keys() and all(_alike(old[name], new[name], limits) for name in old)
    if items := as_list(one):
        others = as_list(other)
        return len(items) == len(others) and all(_alike(a, b, limits) for a, b in zip(items, others, strict=True))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _finish_reason(old: Answer, new: Answer) -> Iterator[DriftFinding]:
    if old.finish_reason != new.finish_reason:
        yield DriftFinding(
            aspect=DriftAspect.FINISH_REASON,
            drift=True,
            text=f"was {old.finish_reason}, is {new.finish_reason}",
            recorded=old.finish_reason,
            live=new.finish_reason,
        )


def _text(was: str, is_: str, similarity: float | None, limits: DriftLimits) -> Iterator[DriftFinding]:
    if similarity is not None and similarity < limits.text_similarity:
        quoted = f'was "{one_line(was, _QUOTE)}"; is "{one_line(is_, _QUOTE)}"'
        text = f"only {similarity:.2f} alike (limit {limits.text_similarity:.2f}): {quoted}"
        yield DriftFinding(aspect=DriftAspect.TEXT, drift=True, text=text, recorded=was, live=is_)


def _tokens(was: RecordedResponse, is_: RecordedResponse, limits: DriftLimits) -> Iterator[DriftFinding]:
    for name, old, new, limit in (
        ("prompt", was.prompt_tokens, is_.prompt_tokens, limits.prompt_tokens),
        ("completion", was.completion_tokens, is_.completion_tokens, limits.completion_tokens),
    ):
        if old is None or new is None:
            continue
        change = abs(new - old)
        if change > limits.tokens_ignored and change > limit * old:
            text = f"{name} was {old}, is {new} (limit {limit:.0%} more or fewer)"
            yield DriftFinding(aspect=DriftAspect.TOKENS, drift=True, text=text, recorded=old, live=new)


def _model(old: Answer, new: Answer) -> Iterator[DriftFinding]:
    if old.model != new.model:
        text = f"was {old.model}, is {new.model}"
        yield DriftFinding(aspect=DriftAspect.MODEL, drift=False, text=text, recorded=old.model, live=new.model)
