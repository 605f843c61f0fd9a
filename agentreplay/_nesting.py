"""Which recorded calls were made inside which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from agentreplay._recorded import Interaction


def parent_positions(interactions: Sequence[Interaction]) -> list[int | None]:
    """For each interaction the position of the one inside which it was made.

    A call begins after the one around it, so a parent that does not stand before its child is none.
    """
    if all(interaction.parent is None for interaction in interactions):
        return [None] * len(interactions)
    places: dict[int, int] = {}
    for position, interaction in enumerate(interactions):
        places.setdefault(interaction.sequence, position)
    found = [None if item.parent is None else places.get(item.parent) for item in interactions]
    return [parent if parent is not None and parent < position else None for position, parent in enumerate(found)]


def children_of(parents: Sequence[int | None]) -> Mapping[int, Sequence[int]]:
    """The positions directly below each position that has any, in order."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for position, parent in enumerate(parents):
        if parent is not None:
            found[parent].append(position)
    return dict(found)


def below(position: int, children: Mapping[int, Sequence[int]]) -> Iterator[int]:
    """All positions below this one, each after its parent."""
    waiting = list(reversed(children.get(position, ())))
    while waiting:
        child = waiting.pop()
        yield child
        waiting.extend(reversed(children.get(child, ())))


def placed(interaction: Interaction, sequence: int, parent: int | None) -> Interaction:
    """`interaction` at this place; the very same object if it stands there already."""
    if (interaction.sequence, interaction.parent) == (sequence, parent):
        return interaction
    return interaction.model_copy(update={"sequence": sequence, "parent": parent})
