"""Why nothing answered a request, and what came nearest."""

from __future__ import annotations

from pathlib import Path

from agentreplay._cassette import RecordedRequest
from agentreplay._errors import CassetteMismatchError
from agentreplay._matching import InteractionIndex, MatchStrategy
from agentreplay._miss import Difference, MissReason, Nearest
from agentreplay._subset import same_operation


def mismatch(
    request: RecordedRequest, index: InteractionIndex, *, cassette_path: Path | None, mode: str
) -> CassetteMismatchError:
    """The error that explains why no interaction of `index` answers `request`."""
    reason, nearest = _reason(request, index)
    differences: list[Difference] = []
    if nearest and reason is not MissReason.ALL_USED:
        recorded = nearest.interaction.request
        for name in sorted(recorded.body.keys() | request.body.keys()):
            if recorded.body.get(name) != request.body.get(name):
                differences.append(Difference(name, recorded.body.get(name), request.body.get(name)))
    return CassetteMismatchError(
        request,
        reason=reason,
        nearest=nearest,
        differences=differences,
        cassette_path=cassette_path,
        mode=mode,
        used=index.used,
        remaining=index.remaining,
    )


def _reason(request: RecordedRequest, index: InteractionIndex) -> tuple[MissReason, Nearest | None]:
    if not index.interactions:
        return MissReason.CASSETTE_EMPTY, None
    if index.match is MatchStrategy.SEQUENCE:
        expected = index.unused()
        return MissReason.OUT_OF_SEQUENCE, Nearest(expected[0], 0.0) if expected else None
    equal = index.equal_positions(request)
    if equal:
        return MissReason.ALL_USED, Nearest(index.interactions[equal[-1]], 1.0)
    same = [item for item in index.interactions if same_operation(item.request, request)]
    if not same:
        return MissReason.NO_SUCH_METHOD, None
    return MissReason.NEAREST_DIFFERS, Nearest(same[0], 0.0)
