"""A plain cassette for the tests of files."""

from __future__ import annotations

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse


def file_of(made: Cassette) -> bytes:
    """What the file of a cassette holds."""
    return made._for_disk()[1]


def cassette(answer: str = "hello", *, calls: int = 2, name: str = "a test") -> Cassette:
    """A finalized cassette in which each call is answered with `answer`; its date never changes."""
    made = Cassette(
        meta=CassetteMeta(recorded_at="2026-01-02T03:04:05+00:00", test_id=name, agentreplay_version="0.1.0"),
        interactions=[
            Interaction(
                request=RecordedRequest(kind="llm", method="chat.completions.create", model="m", body={"n": number}),
                response=RecordedResponse(body={"text": answer, "refusal": None}, duration_ms=12.5, http_status=200),
            )
            for number in range(calls)
        ],
    )
    made.finalize()
    return made
