"""Events of a stream as they are played: those that are alike but for a few texts and numbers are held as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from agentreplay._linear.exact import own_copy


@dataclass(eq=False)
class Slot:
    """A place in which events differ: what `holder` has under `name`.

    `values` are what stands there in each of them, to be read only; `texts`, where they are given, the compact JSON of
    each. `stand_in` stands there until somebody asks for the events: a text of plain ASCII that stands
    nowhere else in them.
    """

    holder: Any
    name: str | int
    stand_in: str
    values: Sequence[Any]
    texts: Sequence[bytes] | None = None


@dataclass(eq=False)
class Alike:
    """One event, or several that follow on each other and differ in `slots` alone, which are parts of their data.

    `fields` are those of each of them by name, to be read only; such as are not set may be missing.
    """

    fields: Mapping[str, Any]
    slots: Sequence[Slot] = ()

    def __len__(self) -> int:
        return len(self.slots[0].values) if self.slots else 1

    def data(self) -> Iterator[Any]:
        """The data of each. It is one and the same object, so it must be used up before the next one is asked for."""
        data = self.fields.get("data")
        if not self.slots:
            yield data
            return
        if len(self.slots) == 1:
            # As most are.
            holder, name = self.slots[0].holder, self.slots[0].name
            for value in self.slots[0].values:
                holder[name] = value
                yield data
            return
        places = [(slot.holder, slot.name) for slot in self.slots]
        for values in zip(*(slot.values for slot in self.slots), strict=True):
            for (holder, name), value in zip(places, values, strict=True):
                holder[name] = value
            yield data

    def last(self) -> Any:
        """The data of the last of them, of which nothing changes."""
        for slot in self.slots:
            slot.holder[slot.name] = slot.values[-1]
        data = own_copy(self.fields.get("data"))
        for slot in self.slots:
            slot.holder[slot.name] = slot.stand_in
        return data

    def texts(self, text: bytes, values: Sequence[Sequence[bytes]]) -> list[bytes]:
        """`text` for each of them, which holds the stand-ins as JSON: with the `values` that it has in each slot."""
        parts: list[Iterator[bytes]] = []
        reached = 0
        places = [(text.index(b'"%b"' % slot.stand_in.encode()), number) for number, slot in enumerate(self.slots)]
        for place, number in sorted(places):
            parts += [repeat(text[reached:place]), iter(values[number])]
            reached = place + len(self.slots[number].stand_in) + len('""')
        return [*map(b"".join, zip(*parts, repeat(text[reached:]), strict=False))] if parts else [text]
