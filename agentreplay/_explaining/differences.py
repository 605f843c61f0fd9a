"""What differs between a recorded request and the one that was made now."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from agentreplay._cassette import RecordedRequest
from agentreplay._json.canonical import canonical_json
from agentreplay._json.values import is_array, is_object, same_json
from agentreplay._misses.alignment import Span, changed_spans
from agentreplay._misses.miss import Change, Difference
from agentreplay._redaction import comparable

_PLAIN_NAME: Final = re.compile(r"[\w-]+|\$query|\$path")
_VECTOR: Final = 16
"""From this many numbers on, a list is compared as a whole: it is a vector, and its items say nothing by themselves."""
_ALIGNED_BY_LIKENESS: Final = 900
"""Up to this many pairs, each is looked at to find which changed item was which."""


def differences(recorded: RecordedRequest, actual: RecordedRequest) -> list[Difference]:
    """Where `actual` is not as `recorded`, in the order in which things stand in a request.

    Items of lists are aligned first, so that one inserted message is one difference and not one for each that follows.
    Paths lead into the body; `$path` and `$query` are the operation's path and its query parameters.
    """
    found = list(_compared(_Pair("", "", _document(recorded), _document(actual))))
    if recorded.model != actual.model and not any(item.path == "model" for item in found):
        found.insert(0, Difference("model", recorded.model, actual.model))
    return found


def _document(request: RecordedRequest) -> dict[str, Any]:
    # As for the key: which number a secret's placeholder bears depends on what else was redacted before.
    document = dict(comparable(request.body))
    if request.path is not None:
        document["$path"] = request.path
    if request.query:
        document["$query"] = request.query
    return document


class _Pair(NamedTuple):
    """A place in the recording and the place in the request that answers to it."""

    recorded_path: str
    path: str
    recorded: Any
    actual: Any

    def member(self, name: str) -> _Pair:
        """The member of this name, which both sides have."""
        return _Pair(
            _member(self.recorded_path, name), _member(self.path, name), self.recorded[name], self.actual[name]
        )

    def items(self, place: int, actual_place: int) -> _Pair:
        """The item at one place of the recorded list and the one at another of the actual list."""
        return _Pair(
            f"{self.recorded_path}[{place}]",
            f"{self.path}[{actual_place}]",
            self.recorded[place],
            self.actual[actual_place],
        )

    def changed(self, change: Change = Change.CHANGED) -> Difference:
        other = self.recorded_path if self.recorded_path != self.path else None
        return Difference(self.path, self.recorded, self.actual, change, other)


def _compared(pair: _Pair) -> Iterator[Difference]:
    recorded, actual = pair.recorded, pair.actual
    if is_object(recorded) and is_object(actual):
        for name, value in recorded.items():
            if name in actual:
                yield from _compared(pair.member(name))
            else:
                yield Difference(_member(pair.recorded_path, name), value, None, Change.REMOVED)
        for name, value in actual.items():
            if name not in recorded:
                yield Difference(_member(pair.path, name), None, value, Change.ADDED)
    elif is_array(recorded) and is_array(actual) and not (_is_vector(recorded) and _is_vector(actual)):
        yield from _compared_items(pair)
    elif not same_json(recorded, actual):
        yield pair.changed()


def _compared_items(pair: _Pair) -> Iterator[Difference]:
    for place, actual_place, moved in _aligned(pair.recorded, pair.actual):
        if place is None and actual_place is not None:
            yield Difference(f"{pair.path}[{actual_place}]", None, pair.actual[actual_place], Change.ADDED)
        elif place is not None and actual_place is None:
            yield Difference(f"{pair.recorded_path}[{place}]", pair.recorded[place], None, Change.REMOVED)
        elif place is not None and actual_place is not None:
            items = pair.items(place, actual_place)
            if moved:
                yield items.changed(Change.MOVED)
            yield from _compared(items)


class _Aligned(NamedTuple):
    """Which item answers to which, by their places; None where there is none. `moved` where it is out of order."""

    place: int | None
    actual_place: int | None
    moved: bool = False


def _aligned(recorded: list[Any], actual: list[Any]) -> list[_Aligned]:
    ours, theirs = _names(recorded), _names(actual)
    if ours and theirs:
        return _aligned_by_name(ours, theirs)
    ours, theirs = [_print(item) for item in recorded], [_print(item) for item in actual]
    spans = changed_spans(ours, theirs)
    if spans is None:
        return _side_by_side(range(len(ours)), range(len(theirs)))
    pairs: list[_Aligned] = []
    place = actual_place = 0
    for span in [*spans, Span(len(ours), len(ours), len(theirs), len(theirs))]:
        pairs += _side_by_side(range(place, span.start), range(actual_place, span.new_start))
        pairs += _aligned_gap(recorded, actual, range(span.start, span.end), range(span.new_start, span.new_end))
        place, actual_place = span.end, span.new_end
    return _with_moves(pairs, ours, theirs)


def _aligned_by_name(ours: list[str], theirs: list[str]) -> list[_Aligned]:
    moved = set[str]()
    for span in changed_spans(ours, theirs) or ():
        moved.update(theirs[span.new_start : span.new_end])
    places = {name: place for place, name in enumerate(ours)}
    gone = [_Aligned(place, None) for name, place in places.items() if name not in set(theirs)]
    return gone + [
        _Aligned(places.get(name), place, moved=name in places and name in moved) for place, name in enumerate(theirs)
    ]


def _names(items: list[Any]) -> list[str]:
    """The name of each item where all have one and no two the same (tools, for instance); else nothing."""
    names = [_name(item) for item in items]
    known = [name for name in names if name is not None]
    return known if len(set(known)) == len(items) else []


def _name(item: Any) -> str | None:
    if not is_object(item) or "role" in item:
        return None
    function = item.get("function")
    name = item.get("name", function.get("name") if is_object(function) else None)
    return name if isinstance(name, str) else None


def _aligned_gap(recorded: list[Any], actual: list[Any], ours: range, theirs: range) -> list[_Aligned]:
    """The best order-keeping pairs among items none of which are equal; what is left over stands alone."""
    if len(ours) * len(theirs) > _ALIGNED_BY_LIKENESS:
        return _side_by_side(ours, theirs)
    # Where as many stand on both sides, one that changed beyond likeness is more probable than one gone and one new.
    enough = 0.0 if len(ours) == len(theirs) else 0.25
    words = [_words(recorded[i]) for i in ours], [_words(actual[j]) for j in theirs]

    def likeness(row: int, column: int) -> float:
        if _sort(recorded[ours[row]]) != _sort(actual[theirs[column]]):
            return -1.0
        found = _overlap(words[0][row], words[1][column])
        return 0.1 + found if found >= enough else -1.0

    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    liking = [[likeness(row, column) for column in range(len(theirs))] for row in range(len(ours))]
    for row in reversed(range(len(ours))):
        for column in reversed(range(len(theirs))):
            together = best[row + 1][column + 1] + liking[row][column] if liking[row][column] > 0 else 0.0
            best[row][column] = max(best[row + 1][column], best[row][column + 1], together)
    pairs: list[_Aligned] = []
    row = column = 0
    while row < len(ours) and column < len(theirs):
        if liking[row][column] > 0 and best[row][column] == best[row + 1][column + 1] + liking[row][column]:
            pairs.append(_Aligned(ours[row], theirs[column]))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            pairs.append(_Aligned(ours[row], None))
            row += 1
        else:
            pairs.append(_Aligned(None, theirs[column]))
            column += 1
    return pairs + _side_by_side(ours[row:], ()) + _side_by_side((), theirs[column:])


def _side_by_side(ours: Sequence[int], theirs: Sequence[int]) -> list[_Aligned]:
    both = [_Aligned(i, j) for i, j in zip(ours, theirs, strict=False)]
    return both + [_Aligned(i, None) for i in ours[len(both) :]] + [_Aligned(None, j) for j in theirs[len(both) :]]


def _with_moves(pairs: list[_Aligned], ours: list[str], theirs: list[str]) -> list[_Aligned]:
    """`pairs` in which an item that is missing at one place and new at another, unchanged, has moved."""
    gone: dict[str, list[int]] = {}
    for place, actual_place, _ in pairs:
        if place is not None and actual_place is None:
            gone.setdefault(ours[place], []).append(place)
    result: list[_Aligned] = []
    moved: set[int] = set()
    for pair in pairs:
        if pair.place is None and pair.actual_place is not None and gone.get(theirs[pair.actual_place]):
            origin = gone[theirs[pair.actual_place]].pop(0)
            moved.add(origin)
            result.append(_Aligned(origin, pair.actual_place, moved=True))
        else:
            result.append(pair)
    return [pair for pair in result if pair.moved or pair.actual_place is not None or pair.place not in moved]


def _print(item: Any) -> str:
    return canonical_json(item).decode("utf-8", "surrogatepass")


def _words(item: Any) -> Counter[str]:
    return Counter(re.findall(r"\w+", item if isinstance(item, str) else _print(item)))


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _sort(item: Any) -> tuple[object, ...]:
    """What must be alike for one item to be a changed form of another: the type of a value, who says a message."""
    if is_object(item):
        return ("object", item.get("role"), item.get("type"))
    return ("number",) if isinstance(item, (int, float)) and not isinstance(item, bool) else (type(item).__name__,)


def _is_vector(items: list[Any]) -> bool:
    return len(items) > _VECTOR and all(isinstance(item, (int, float)) for item in items)


def _member(path: str, name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return f"{path}.{name}" if path else name
    quote = '"' if "'" in name else "'"
    return f"{path}[{quote}{name}{quote}]"
