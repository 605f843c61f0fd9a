"""Recording by hand, for calls that no integration sees."""

from __future__ import annotations

from typing import Any

from agentreplay._cassette import Cassette, CassetteMeta, Interaction, RecordedRequest, RecordedResponse
from agentreplay._errors import RecordingError
from agentreplay._version import __version__


class CassetteRecorder:
    """Collects calls one by one and makes a cassette of them; needs no SDK.

    `test_id` names the recording.
    """

    def __init__(self, test_id: str = "") -> None:
        self._test_id = test_id
        self._interactions: list[Interaction] = []
        self._finalized = False

    @property
    def interaction_count(self) -> int:
        """How many calls have been recorded."""
        return len(self._interactions)

    def record_llm_call(
        self,
        method: str,
        request_body: dict[str, Any],
        response_body: Any,
        *,
        model: str | None = None,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        duration_ms: float | None = None,
        status: str = "ok",
        metadata: dict[str, Any] | None = None,
    ) -> Interaction:
        """Record a call of a model: what was sent and what came back. `duration_ms` is in milliseconds.

        Raises:
            RecordingError: the recording is finalized already.
        """
        request = RecordedRequest(kind="llm", method=method, model=model, body=request_body)
        response = RecordedResponse(
            status=status,
            body=response_body,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            duration_ms=duration_ms,
        )
        return self._add(request, response, metadata)

    def record_tool_call(
        self,
        tool_name: str,
        arguments: dict[str, Any],
        result: Any,
        *,
        duration_ms: float | None = None,
        status: str = "ok",
        metadata: dict[str, Any] | None = None,
    ) -> Interaction:
        """Record a call of a tool: its arguments and its result. `duration_ms` is in milliseconds.

        Raises:
            RecordingError: the recording is finalized already.
        """
        request = RecordedRequest(kind="tool", method=tool_name, body=arguments)
        return self._add(request, RecordedResponse(status=status, body=result, duration_ms=duration_ms), metadata)

    def finalize(self) -> Cassette:
        """End the recording and give the cassette, with numbers, ids and content hash set."""
        self._finalized = True
        cassette = Cassette(
            meta=CassetteMeta(test_id=self._test_id, agentreplay_version=__version__),
            interactions=self._interactions,
        )
        cassette.finalize()
        return cassette

    def _add(
        self, request: RecordedRequest, response: RecordedResponse, metadata: dict[str, Any] | None
    ) -> Interaction:
        if self._finalized:
            raise RecordingError("this recording is finalized; make a new CassetteRecorder for more calls.")
        interaction = Interaction(
            sequence=len(self._interactions), request=request, response=response, metadata=metadata or {}
        )
        self._interactions.append(interaction)
        return interaction
