"""The calls of one run in order, as they are shown and as they are written, each below the one it was made in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentreplay._nesting import below, children_of, parent_positions, placed
from agentreplay._recorded import Interaction


@dataclass(eq=False, slots=True)
class Done:
    """A call that has its answer; `recorded` where the answer is new, `known` the recorded one where there is one.

    `whole` says that the recording answered for all that was made inside it as well.
    """

    interaction: Interaction
    recorded: bool
    known: Interaction | None = None
    whole: bool = False


def as_run(done: Mapping[int, Done], parents: Mapping[int, int], known: Sequence[Interaction]) -> list[Interaction]:
    """The calls in the order of their start; below one that was answered as a whole, those recorded inside it.

    `done` has the calls by their position in the run, `parents` for each position that of the call around it; `known`
    is the recording that answered. Sequence and parent are numbered anew where one call is inside another.
    """
    known_parents = parent_positions(known)
    children = children_of(known_parents)
    if not parents and not children:
        return [done[position].interaction for position in sorted(done)]
    places = {id(item): place for place, item in enumerate(known)} if children else {}
    found: list[Interaction] = []
    numbers: dict[int, int] = {}
    for position in sorted(done):
        call = done[position]
        numbers[position] = len(found)
        found.append(placed(call.interaction, len(found), _nearest(position, parents, numbers)))
        top = places.get(id(call.known)) if call.whole else None
        if top is None:
            continue
        inner = {top: numbers[position]}
        for place in below(top, children):
            inner[place] = len(found)
            found.append(placed(known[place], len(found), inner[known_parents[place] or 0]))
    return found


def as_file(
    done: Mapping[int, Done],
    parents: Mapping[int, int],
    known: Sequence[Interaction],
    kept: Sequence[Interaction],
) -> list[Interaction]:
    """The interactions `kept` of those that were `known`, then the new ones; numbered anew where calls are nested."""
    new = [position for position in sorted(done) if done[position].recorded]
    known_parents = parent_positions(known)
    if not parents and not any(parent is not None for parent in known_parents):
        return [*kept, *(done[position].interaction for position in new)]
    numbers = {id(item): number for number, item in enumerate(kept)}
    above = {place: parent for place, parent in enumerate(known_parents) if parent is not None}
    kept_numbers = {place: numbers[id(item)] for place, item in enumerate(known) if id(item) in numbers}
    places = {id(item): place for place, item in enumerate(known)}
    found = [placed(item, number, _nearest(places[id(item)], above, kept_numbers)) for number, item in enumerate(kept)]
    run_numbers = {
        position: numbers[id(call.known)]
        for position, call in done.items()
        if not call.recorded and id(call.known) in numbers
    }
    run_numbers.update({position: len(kept) + number for number, position in enumerate(new)})
    found += [
        placed(done[position].interaction, run_numbers[position], _nearest(position, parents, run_numbers))
        for position in new
    ]
    return found


def _nearest(position: int, parents: Mapping[int, int], numbers: Mapping[int, int]) -> int | None:
    """The number of the nearest call around the one at `position` that has one."""
    around = parents.get(position)
    while around is not None and around not in numbers:
        around = parents.get(around)
    return None if around is None else numbers[around]
