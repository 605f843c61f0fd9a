"""Which recorded requests are most like one that was made now."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from agentreplay._cassette import RecordedRequest
from agentreplay._json.canonical import canonical_json
from agentreplay._json.values import is_array

_SAMPLE: Final = 1_000
"""Bytes from either end of a long conversation that the first, quick look goes by."""
_CONVERSATIONS: Final = ("messages", "input", "contents", "prompt")
_BULKY: Final = frozenset({*_CONVERSATIONS, "tools", "functions"})
_LOOKED_AT_CLOSELY: Final = 24
"""How many of those that seem most like it are compared in full."""
_ALMOST: Final = 0.99
"""How like a request can be to one that it is not equal to."""


class Likeness(NamedTuple):
    """How like the recorded request at `position` is: from 0, nothing in common, to 1, equal."""

    position: int
    similarity: float


def most_alike(request: RecordedRequest, recorded: Iterable[tuple[int, RecordedRequest]]) -> list[Likeness]:
    """The recorded requests most like `request`, at most two dozen, the most alike first.

    None is taken to be equal to it, so that the similarity is below 1.
    Every one is looked at once, quickly, and only the best of them in full: ten thousand take a fraction of a second.
    """
    wanted = frozenset(_sampled_words(request))
    seeming = heapq.nlargest(
        _LOOKED_AT_CLOSELY,
        ((_shared(wanted, _sampled_words(other)), -position, other) for position, other in recorded),
        key=lambda item: item[:2],
    )
    words = _all_words(request)
    # None of them is equal, even where only the order of the words differs.
    found = [Likeness(-position, min(similarity(words, _all_words(other)), _ALMOST)) for _, position, other in seeming]
    return sorted(found, key=lambda item: (-item.similarity, item.position))


def likeness(one: RecordedRequest, other: RecordedRequest) -> float:
    """How like two requests are, from 0 to 1."""
    return similarity(_all_words(one), _all_words(other))


def similarity(one: Counter[bytes], other: Counter[bytes]) -> float:
    """The share of words that both have, from 0 to 1."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total


def _sampled_words(request: RecordedRequest) -> list[bytes]:
    text = _quick_json(_gist(request))
    if len(text) > 2 * _SAMPLE:
        text = text[:_SAMPLE] + b" " + text[-_SAMPLE:]
    return text.replace(b'"', b" ").split()


def _gist(request: RecordedRequest) -> list[Any]:
    """What tells a request from others soonest: where its conversation begins and ends, and how long it is."""
    body = request.body
    said = next((body[name] for name in _CONVERSATIONS if body.get(name)), None)
    if said is None:
        return [request.model, body]
    small = {name: value for name, value in body.items() if name not in _BULKY}
    talk = [*said[:1], len(said), *said[-2:]] if is_array(said) else [said]
    return [request.model, small, *talk]


def _shared(wanted: frozenset[bytes], words: list[bytes]) -> float:
    # The list is not made a set, which would take as long as all the rest; it only counts repeated words as more.
    return 2 * len(wanted.intersection(words)) / (len(wanted) + len(words))


def _all_words(request: RecordedRequest) -> Counter[bytes]:
    text = canonical_json([request.model, request.body, request.path, request.query])
    return Counter(text.replace(b'"', b" ").split())


def _quick_json(value: Any) -> bytes:
    try:
        return to_json(value)
    except ValueError:  # A lone surrogate, which only the canonical form can hold.
        return canonical_json(value)
