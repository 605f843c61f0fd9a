"""Ids that a provider handed out in this session: two requests are equal if theirs are the same ones, however named.

While a cassette is only replayed, the app gets the recorded ids back and every request is found as it stands. It is
otherwise once an answer is new (another call went live, the session verifies) or was changed in the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agentreplay._cassette import Interaction, RecordedRequest, RecordedResponse
from agentreplay._kinds import PROVIDER_KINDS
from agentreplay._matching.id_places import IdPlace, swap_ids, swap_request_ids


class PlacedId(NamedTuple):
    """An id in a request, and what it stands for there."""

    value: str
    place: IdPlace


def numbered_ids(request: RecordedRequest) -> tuple[RecordedRequest, list[PlacedId]]:
    """`request` with each id replaced by its number, as they come; and the ids in that order, repeats included."""
    found: list[PlacedId] = []
    numbers: dict[str, str] = {}

    def number(value: str, place: IdPlace, _name: str) -> str:
        if place is not IdPlace.CALL and request.kind not in PROVIDER_KINDS:
            # What a function of the program is given is its own, whatever it calls its arguments.
            return value
        found.append(PlacedId(value, place))
        return numbers.setdefault(value, f"<id {len(numbers) + 1}>")

    return swap_request_ids(request, number), found


def handed_out(response: RecordedResponse) -> dict[tuple[str, int], str]:
    """The ids in an answer, each under the name that it stands under and its number among those of that name."""
    found: dict[tuple[str, int], str] = {}
    counts: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()

    def note(value: str, _place: IdPlace, name: str) -> str:
        if (name, value) not in seen:
            seen.add((name, value))
            found[name, counts[name]] = value
            counts[name] += 1
        return value

    swap_ids(response.body, note)
    for event in response.events or ():
        swap_ids(event.data, note)
    return found


class SessionIds:
    """Which ids were handed out so far in one session, and by whom.

    Noting an answer costs nothing until a request is not found as it stands. Not safe for use by several threads.
    """

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self._interactions = interactions
        self._recorded: frozenset[str] | None = None
        self.forget()

    def forget(self) -> None:
        """Begin a new session."""
        self._unread: list[tuple[Interaction | RecordedResponse, Interaction | None]] = []
        self._served: set[str] = set()
        self._live: set[str] = set()
        self._recorded_name: dict[str, str] = {}

    def served(self, interaction: Interaction) -> None:
        """Note that the recorded answer of `interaction` went to the app."""
        self._unread.append((interaction, None))

    def received(self, response: RecordedResponse, instead_of: Interaction | None) -> None:
        """Note that a live answer went to the app, in the place of the recorded one of `instead_of`."""
        self._unread.append((response, instead_of))

    def as_recorded(self, request: RecordedRequest) -> RecordedRequest | None:
        """`request` with each id of a live answer replaced by the one in the recorded answer that it came instead of.

        None where the request has no such id.
        """
        self._read()
        if not self._recorded_name:
            return None
        changed = False

        def rename(value: str, _place: IdPlace, _name: str) -> str:
            nonlocal changed
            name = self._recorded_name.get(value, value)
            changed = changed or name != value
            return name

        renamed = swap_request_ids(request, rename)
        return renamed if changed else None

    def has_any(self, ids: Iterable[PlacedId]) -> bool:
        """Whether a provider handed out one of `ids` in this session."""
        self._read()
        return any(item.value in self._served or item.value in self._live for item in ids)

    def explain(self, recorded: Sequence[PlacedId], actual: Sequence[PlacedId]) -> bool:
        """Whether the ids of a request may be those of a recorded one, which stand at the same places.

        An id of a recorded answer may stand for one that no recorded answer has: that answer was changed in the file.
        An id of a live answer may stand for one that was not given to the app in this session, but only where the
        request shows what it names: two uploads, or two earlier responses, need not be alike.
        """
        self._read()
        return all(
            ours.value == theirs.value or self._explains(ours.value, theirs)
            for ours, theirs in zip(recorded, actual, strict=True)
        )

    def _explains(self, recorded: str, actual: PlacedId) -> bool:
        if actual.value in self._served:
            return recorded not in self._all_recorded()
        return actual.value in self._live and actual.place is not IdPlace.REFERENCE and recorded not in self._served

    def _all_recorded(self) -> frozenset[str]:
        if self._recorded is None:
            self._recorded = frozenset(
                value for interaction in self._interactions for value in handed_out(interaction.response).values()
            )
        return self._recorded

    def _read(self) -> None:
        for answered, instead_of in self._unread:
            response, known = (
                (answered.response, self._served) if isinstance(answered, Interaction) else (answered, self._live)
            )
            ids = handed_out(response)
            known.update(ids.values())
            if instead_of is not None:
                names = handed_out(instead_of.response)
                self._recorded_name.update({value: names[place] for place, value in ids.items() if place in names})
        self._unread.clear()
