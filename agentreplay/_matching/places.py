"""Where in a cassette requests stand that are alike, found once somebody asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from agentreplay._cassette import Interaction, RecordedRequest
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.provider_ids import numbered_ids
from agentreplay._matching.strategy import Match
from agentreplay._matching.subset import is_within, without_numbers


class Places:
    """The positions of `interactions` by what `match` compares of their requests. Not safe for several threads."""

    def __init__(self, interactions: Sequence[Interaction], match: Match) -> None:
        self._interactions = interactions
        self._match = match
        self._by_key: dict[str, list[int]] | None = None
        self._by_numbered_ids: dict[str, list[int]] | None = None
        self._bare: list[RecordedRequest] | None = None

    def comparable(self, request: RecordedRequest) -> RecordedRequest:
        """What is compared of `request`."""
        return self._match(request) if isinstance(self._match, Matcher) else request

    def by_key(self) -> dict[str, list[int]]:
        """The positions by the beginning of the key, which a file says of each without its body being read."""
        if self._by_key is None:
            found: defaultdict[str, list[int]] = defaultdict(list)
            as_it_stands = not isinstance(self._match, Matcher)
            for position, item in enumerate(self._interactions):
                key = item.short_key() if as_it_stands else self.comparable(item.request).short_key()
                found[key].append(position)
            self._by_key = dict(found)
        return self._by_key

    def by_numbered_ids(self) -> dict[str, list[int]]:
        """As `by_key`, by the whole key, with every id of the requests replaced by its number in them."""
        if self._by_numbered_ids is None:
            found: defaultdict[str, list[int]] = defaultdict(list)
            for position, interaction in enumerate(self._interactions):
                found[numbered_ids(self.comparable(interaction.request))[0].key()].append(position)
            self._by_numbered_ids = dict(found)
        return self._by_numbered_ids

    def within(self, request: RecordedRequest) -> list[int]:
        """Where requests stand that `request` holds all of."""
        if self._bare is None:
            self._bare = [without_numbers(item.request) for item in self._interactions]
        request = without_numbers(request)
        return [position for position, recorded in enumerate(self._bare) if is_within(recorded, request)]
