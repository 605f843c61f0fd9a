"""Recordings in which one answer is another: what if the model had said this instead?

The requests that were recorded after it have the old answer in their history. There, the new one is put in its place,
so that a program which goes on as before is answered by what is left of the recording.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from agentreplay._answer_events import events_of
from agentreplay._cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from agentreplay._errors import ConfigurationError
from agentreplay._json.reading import as_object, as_text
from agentreplay._json.values import is_array, is_object
from agentreplay._rewriting import said_by, with_text
from agentreplay._trajectory.answer_streams import joined

InteractionTest: TypeAlias = Callable[[Interaction], object]

_MADE_BY_MODELS: Final = frozenset({"function_call", "custom_tool_call"})


@dataclass(frozen=True)
class Edit:
    """One answer that is to be another one.

    `which` is the position of its interaction, from 0, or from the end if it is negative; or a function that is given
    each interaction and says whether it is meant: the first one is. `text` is what the model is to say; `body` the JSON
    of the whole answer, or a function that is given it and gives the new one, or changes it in place.
    """

    which: int | InteractionTest
    text: str | None = None
    body: Any = None

    def __post_init__(self) -> None:
        if (self.text is None) is (self.body is None):
            raise ConfigurationError("an edit wants either text=… or body=…: what the model is to say, or the answer.")

    def apply(self, cassette: Cassette) -> Cassette:
        """A cassette in which this is done; `cassette` stays as it is.

        Raises:
            ConfigurationError: there is no such interaction, or its answer cannot be changed so.
        """
        place = self._place(cassette.interactions)
        old = cassette.interactions[place]
        answer = with_answer_text(old.response, self.text) if self.text is not None else self._with_body(old.response)
        pairs = _replaced(old.response, answer)
        later = [_with_history(item, pairs) for item in cassette.interactions[place + 1 :]]
        edited = old.model_copy(update={"response": answer})
        return cassette.model_copy(
            update={
                "interactions": [*cassette.interactions[:place], edited, *later],
                "meta": cassette.meta.model_copy(),
            }
        )

    def _place(self, interactions: Sequence[Interaction]) -> int:
        which = self.which
        if callable(which):
            for place, item in enumerate(interactions):
                if which(item):
                    return place
            raise ConfigurationError("edit: the function that says which interaction is meant says so of none.")
        if not -len(interactions) <= which < len(interactions):
            raise ConfigurationError.not_usable("edit", which, f"the recording holds {len(interactions)} interactions")
        return which % len(interactions)

    def _with_body(self, answer: RecordedResponse) -> RecordedResponse:
        body: Any = deepcopy(joined(answer.events) if answer.events is not None else answer.body)
        if callable(self.body):
            made = self.body(body)
            body = body if made is None else made
        else:
            body = deepcopy(self.body)
        return consistent(answer.model_copy(update={"body": body}))


def edited(
    cassette: Cassette,
    which: int | InteractionTest,
    *,
    text: str | None = None,
    body: Mapping[str, Any] | Callable[[Any], Any] | None = None,
) -> Cassette:
    """A cassette in which one answer is another, to be replayed by `agentreplay.cassette(…)` or saved.

    `which` is the position of its interaction, from 0; or a function that is given each interaction, and the first of
    which it says so is meant. `text` is what the model is to say instead, in whatever format, streamed or not; `body`
    the JSON of the whole answer, or a function that is given it and changes it or gives a new one. In the requests
    that were recorded later, the new answer stands in the history in place of the old one. `cassette` stays as it is.

    Raises:
        ConfigurationError: there is no such interaction, or its answer cannot be changed so.
    """
    changed = Edit(which, text, body).apply(cassette)
    if changed.meta.content_hash:
        changed.meta.content_hash = changed.compute_content_hash()
    return changed


def with_answer_text(answer: RecordedResponse, text: str) -> RecordedResponse:
    """An answer that says `text`, and otherwise is `answer`, whatever its format; of a stream, in its events.

    Raises:
        ConfigurationError: it is no answer of a known format.
    """
    changed = with_text(answer, text)
    if changed is None:
        why = "this answer has no place for a text; give the whole answer by body=…"
        raise ConfigurationError.not_usable("text", text, why)
    return changed


def consistent(answer: RecordedResponse) -> RecordedResponse:
    """An answer whose body was set by hand, in which everything else fits it; the same object if it does already.

    Raises:
        ConfigurationError: it is to be streamed, and its format is not known.
    """
    if answer.body is None:
        return answer
    if answer.events is not None:
        events = events_of(answer.body)
        if events is None:
            why = "an answer that is streamed has to be of a known format: chat completion, response or message"
            raise ConfigurationError.not_usable("body", type(answer.body).__name__, why)
        return answer.model_copy(update={"body": None, "events": events, "event_times_ms": None, "incomplete": None})
    if answer.encoding is not None and not isinstance(answer.body, str):
        return answer.model_copy(update={"encoding": None})
    return answer


def made_consistent(cassette: Cassette) -> Cassette:
    """A cassette of a program, whose answers may have been changed by hand, as it can be replayed."""
    interactions = [
        item if (answer := consistent(item.response)) is item.response else item.model_copy(update={"response": answer})
        for item in cassette.interactions
    ]
    return cassette.model_copy(update={"interactions": interactions, "meta": cassette.meta.model_copy()})


def _replaced(old: RecordedResponse, new: RecordedResponse) -> list[tuple[Any, Any]]:
    """What of the old answer may stand in a history, and what then stands there: texts, and data of arguments."""
    pairs: list[tuple[Any, Any]] = []
    for was, now in zip(said_by(old), said_by(new), strict=True):
        for before, after in zip(was, now, strict=False):
            if before and before != after:
                pairs.append((before, after))
    return pairs


def _with_history(interaction: Interaction, pairs: Sequence[tuple[Any, Any]]) -> Interaction:
    if not pairs:
        return interaction
    request = interaction.request
    body = _in_turns(request.body, pairs)
    if body is request.body:
        return interaction
    changed: RecordedRequest = request.model_copy(update={"body": body})
    id_ = changed.short_key() if interaction.id == request.short_key() else interaction.id
    return interaction.model_copy(update={"request": changed, "id": id_})


def _in_turns(value: Any, pairs: Sequence[tuple[Any, Any]]) -> Any:
    """`value` with the replacements made in all that a model has said; the same object where there is none."""
    if is_object(value):
        said = value.get("role") in {"assistant", "model"} or as_text(value.get("type")) in _MADE_BY_MODELS
        return _replacing(value, pairs) if said else _changed(value, lambda item: _in_turns(item, pairs))
    return _changed(value, lambda item: _in_turns(item, pairs)) if is_array(value) else value


def _replacing(value: Any, pairs: Sequence[tuple[Any, Any]]) -> Any:
    for before, after in pairs:
        if value == before:
            return after
        if isinstance(before, str) and _is_same_json(value, before):
            return _like(value, after)
    if is_object(value) or is_array(value):
        return _changed(value, lambda item: _replacing(item, pairs))
    return value


def _is_same_json(value: Any, text: str) -> bool:
    """Whether `value` is what the JSON object `text` says, as data or as text that is laid out otherwise."""
    meant = _parsed(text)
    return bool(as_object(meant)) and (value == meant or (isinstance(value, str) and _parsed(value) == meant))


def _like(value: Any, text: str) -> Any:
    """The JSON `text` in the form that `value` has: text, or data."""
    return text if isinstance(value, str) else _parsed(text)


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    """An object or array with its members changed; the same object if none is."""
    if is_object(value):
        members = {name: change(item) for name, item in value.items()}
        return members if any(members[name] is not value[name] for name in value) else value
    items = [change(item) for item in value]
    return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
