"""Answers from a recording, by hand."""

from __future__ import annotations

from agentreplay._cassette import Cassette, RecordedRequest, RecordedResponse
from agentreplay._explaining.explanation import mismatch
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.strategy import Matchable, MatchStrategy
from agentreplay._modes import Mode


class ReplayEngine:
    """Answers requests from a cassette, by hand: no patching, no SDK, no files.

    Equal requests are answered in recorded order. Finding an answer does not take longer in a longer cassette.
    """

    def __init__(
        self,
        cassette: Cassette,
        strategy: Matchable = MatchStrategy.EXACT,
        *,
        block_unmatched: bool = True,
    ) -> None:
        self._cassette = cassette
        self._block_unmatched = block_unmatched
        self._index = InteractionIndex(cassette.interactions, strategy)

    @property
    def cassette(self) -> Cassette:
        """The recording that answers."""
        return self._cassette

    @property
    def remaining(self) -> int:
        """How many interactions have not been used yet."""
        return self._index.remaining

    @property
    def all_used(self) -> bool:
        """Whether every interaction has been used."""
        return self._index.all_used

    def match(self, request: RecordedRequest) -> RecordedResponse | None:
        """The recorded answer to `request`, which is used up by this.

        Returns None where nothing answers and `block_unmatched` is False.

        Raises:
            CassetteMismatchError: nothing recorded (and not used up) answers `request`.
        """
        interaction = self._index.take(request)
        if interaction is not None:
            return interaction.response
        if self._block_unmatched:
            raise mismatch(request, self._index, cassette_path=None, mode=Mode.REPLAY.value)
        return None

    def reset(self) -> None:
        """Make every interaction unused again."""
        self._index.reset()
