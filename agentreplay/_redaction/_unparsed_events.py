"""Whether a stream's events hold nothing that would be taken out of them, told without parsing each.

The events of a stream are alike: many have the same structure and the same keys, and differ in a few strings. What is
to be known of such events is found out of the first, by parsing it; of the others the strings alone are taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from agentreplay._redaction._leaves import JsonLeaves
from agentreplay._redaction._lexing import is_structure, parts_of, plain, quoted, structure_of
from agentreplay._redaction._unparsed import Unparsed

_NO_NUMBER: Final = re.compile(r"(?<![0-9.eE+])(?<![eE]-)0[0-9]")
_CONTROL: Final = re.compile("[\0\x03-\x1f]")

_TELLING: Final = frozenset({"type", "object", "format", "media_type", "mime_type", "mimeType", "name", "key"})
"""Keys whose strings say what the others beside them are."""

_COUNTING: Final = frozenset({"index", "output_index", "content_index", "summary_index"})
"""Keys whose numbers say which text of several a string is a piece of."""

_ITEM: Final = "item_id"
_MOST_SHAPES: Final = 256
_MOST_GROUPS: Final = 4096

Taking = Callable[[Sequence[str]], tuple[str, ...]]


class Shape:
    """What events of the same structure and the same keys have in common, found out of the `parts` of one of them."""

    def __init__(self, parts: Sequence[str]) -> None:
        keys = [place for place in range(1, len(parts), 2) if parts[place + 1].lstrip().startswith(":")]
        self.holes = [place for place in range(1, len(parts), 2) if place not in set(keys)]
        before = {place + 2: parts[place] for place in keys}
        self.telling = [place for place in self.holes if before.get(place) in _TELLING | _COUNTING]
        # Such a key may name an item at the top only, and it names one there.
        items = [place for place in self.holes if before.get(place) == _ITEM]
        self.item = next((place for place in items if _depth(parts, place) == 1), -1)
        numbers = [place for place in range(0, len(parts), 2) if any(char.isdigit() for char in parts[place])]
        self.take_keys, self.keys = _taking(keys), tuple(parts[place] for place in keys)
        self.take_strings = _taking(self.holes)
        self.take_numbers = _taking(numbers)
        counting = [place for place in numbers if place and parts[place - 1] in _COUNTING | {_ITEM}]
        self.take_group = _taking([*self.telling, *counting])
        self._places: dict[Hashable, tuple[Hashable, ...] | None] = {}

    def channels(self, group: Hashable, parts: Sequence[str]) -> tuple[Hashable, ...] | None:
        """For each string that is no key, the text it is a piece of; None in the place of one that is a piece of none.

        `parts` are those of an event of this `group`, whose telling strings and counting numbers are the same. None
        where there is a doubt.
        """
        if group not in self._places:
            if len(self._places) > _MOST_GROUPS:
                self._places.clear()
            self._places[group] = self._found(parts)
        return self._places[group]

    def _found(self, parts: Sequence[str]) -> tuple[Hashable, ...] | None:
        marked = [part if number % 2 == 0 else quoted(part) for number, part in enumerate(parts)]
        for place in self.holes:
            if place not in self.telling:
                marked[place] = f'"a piece at {place}"' if place != self.item else '"an item"'
        try:
            value = json.loads("".join(marked), object_pairs_hook=_object)
        except (ValueError, RecursionError):
            return None
        leaves = JsonLeaves([value], events=True)
        if leaves.named or not isinstance(value, dict):
            return None
        found = leaves.channels_by_text
        return tuple(found.get(f"a piece at {place}") for place in self.holes)


class Group:
    """The strings of the events of a stream that agree in all but these, each with its event's number before them."""

    def __init__(self, shape: Shape, channels: tuple[Hashable, ...], item: str) -> None:
        self.shape = shape
        self.channels = channels
        self.item = item
        self.rows: list[tuple[Any, ...]] = []

    def add(self, number: int, parts: Sequence[str]) -> None:
        """Add an event."""
        self.rows.append((number, *self.shape.take_strings(parts)))


class Alike:
    """What comes before and after the one string in which an event differs from the one before it."""

    def __init__(self, group: Group, before: str, after: str, place: int) -> None:
        self._group = group
        self._before, self._after = before, after
        self._start, self._end = len(before), -len(after)
        self._shortest = len(before) + len(after)
        row = group.rows[-1]
        self._first, self._rest = row[1 : place + 1], row[place + 2 :]

    @classmethod
    def of(cls, group: Group, old: Sequence[str], parts: Sequence[str]) -> Alike | None:
        """What two events of `group`, the second added last, have in common; None if they differ in more."""
        places = [place for place, (one, other) in enumerate(zip(old, parts, strict=True)) if one != other]
        if len(places) != 1 or places[0] % 2 == 0 or places[0] == group.shape.item:
            return None
        around = [quoted(part) if place % 2 else part for place, part in enumerate(parts)]
        before, after = "".join(around[: places[0]]) + '"', '"' + "".join(around[places[0] + 1 :])
        return cls(group, before, after, group.shape.holes.index(places[0]))

    def takes(self, number: int, event: str) -> bool:
        """Add an event to the group, if it is another such one."""
        if len(event) < self._shortest or not (event.startswith(self._before) and event.endswith(self._after)):
            return False
        string = event[self._start : self._end]
        if '"' in string or "\\" in string or "\x01" in string or "\x02" in string:
            return False
        self._group.rows.append((number, *self._first, string, *self._rest))
        return True


class UnparsedEvents:
    """Tells it of streams, by the rules of `unparsed`. What is known of a structure serves for later streams."""

    def __init__(self, unparsed: Unparsed) -> None:
        self._unparsed = unparsed
        self._shapes: dict[bytes, list[Shape]] = {}

    def forget(self) -> None:
        """Take no key for clean any more."""
        self._shapes = {}

    def are_clean(self, events: Iterable[str]) -> bool:
        """Whether nothing would be taken out of `events` (JSON texts), nor of the texts that they are pieces of."""
        groups: dict[Hashable, Group] = {}
        numbers: set[tuple[str, ...]] = set()
        before: tuple[Group | None, Sequence[str]] = (None, ())
        alike: Alike | None = None
        for number, event in enumerate(events):
            if alike is not None and alike.takes(number, event):
                continue
            parts = parts_of(event)
            group = self._group(parts, groups) if parts is not None else None
            if parts is None or group is None:
                return False
            group.add(number, parts)
            numbers.add(group.shape.take_numbers(parts))
            alike = Alike.of(group, before[1], parts) if group is before[0] else None
            before = (group, parts)
        if any(_NO_NUMBER.search(part) for each in numbers for part in each):
            return False
        return self._strings_are_clean(groups.values()) and self._joined_are_clean(groups.values())

    def _group(self, parts: list[str], groups: dict[Hashable, Group]) -> Group | None:
        """The group of this stream's events that one with these `parts` belongs to; None where there is a doubt."""
        shape = self._shape(parts)
        item = parts[shape.item] if shape is not None and shape.item > 0 else ""
        if shape is None or "\\" in item:
            return None
        telling = shape.take_group(parts)
        group = groups.get((shape, telling, item))
        if group is None:
            channels = shape.channels(telling, parts)
            if channels is not None:
                group = groups[shape, telling, item] = Group(shape, channels, item)
        return group

    def _shape(self, parts: list[str]) -> Shape | None:
        structure = structure_of(parts)
        for shape in self._shapes.get(structure, ()):
            if shape.take_keys(parts) == shape.keys:
                return shape
        if len(parts) < 3 or not is_structure(structure):
            return None
        shape = Shape(parts)
        # What a key says is looked up as it stands there, so it must stand there as it is said.
        if any("\\" in key for key in shape.keys) or not self._unparsed.strings_are_clean(shape.keys):
            return None
        if len(self._shapes) > _MOST_SHAPES:
            self._shapes.clear()
        self._shapes.setdefault(structure, []).append(shape)
        return shape

    def _strings_are_clean(self, groups: Iterable[Group]) -> bool:
        strings = set(chain.from_iterable(row[1:] for group in groups for row in group.rows))
        if _CONTROL.search("".join(strings)):
            return False
        try:
            return self._unparsed.texts_are_clean([plain(string) for string in strings])
        except ValueError:
            return False

    def _joined_are_clean(self, groups: Iterable[Group]) -> bool:
        pieces: dict[Hashable, list[tuple[Sequence[int], Sequence[str]]]] = {}
        for group in groups:
            order, *columns = zip(*group.rows, strict=True)
            for channel, column in zip(group.channels, columns, strict=True):
                if channel is not None:
                    pieces.setdefault((group.item, channel), []).append((order, column))
        joined = [_joined(each) for each in pieces.values()]
        try:
            return self._unparsed.texts_are_clean([plain(text) for text in joined if text])
        except ValueError:
            return False


def _joined(columns: list[tuple[Sequence[int], Sequence[str]]]) -> str:
    """The text whose pieces are in these columns, each of which is in order of events; empty where they are alike."""
    if len(columns) == 1:
        pieces = columns[0][1]
    else:
        numbered = sorted(chain.from_iterable(zip(*column, strict=True) for column in columns), key=itemgetter(0))
        pieces = [piece for _, piece in numbered]
    return "".join(pieces) if len(pieces) > 1 and len(set(pieces)) > 1 else ""


def _taking(places: Sequence[int]) -> Taking:
    """What takes the parts at these places."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda parts: tuple(parts[place] for place in places)


def _depth(parts: Sequence[str], place: int) -> int:
    """In how many objects and lists the part at `place` is."""
    before = "".join(parts[:place:2])
    return sum(before.count(char) for char in "{[") - sum(before.count(char) for char in "}]")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        raise ValueError("a key stands twice")
    return value
