"""What `mode="verify"` found: where live answers are no longer what was recorded."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, computed_field

SENTENCE_WORDS: Final = 6
"""From so many words on, a text among a tool call's arguments may be worded differently."""


class DriftLimits(BaseModel):
    """How far an answer may be from the recorded one.

    What has no limit here must be as recorded: the outcome, the structure, the tools called and their arguments, the
    finish reason.

    Attributes:
        text_similarity: at least so alike are two texts, from 0 (no word in common) to 1 (the same words). The measure
            is the share of words that both have. It holds for the answer's text, and for texts of six words and more
            among the arguments of a tool call; shorter ones (names, dates, ids) must be equal. The same thing said in
            other words is seldom below 0.4, another thing seldom above 0.2.
        prompt_tokens: at most this share more or fewer tokens in the request: 0.1 is a tenth of the recorded number.
            The request is the same, so more means another tokenizer or another hidden prompt.
        completion_tokens: at most this share more or fewer in the answer: 1.0 lets it be twice as long.
        tokens_ignored: so many tokens more or fewer never count.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_similarity: float = Field(default=0.3, ge=0, le=1)
    prompt_tokens: float = Field(default=0.1, ge=0)
    completion_tokens: float = Field(default=1.0, ge=0)
    tokens_ignored: int = Field(default=10, ge=0)


class DriftAspect(str, Enum):
    """What of an answer is compared."""

    CALL = "call"
    OUTCOME = "outcome"
    RESULT = "result"
    STRUCTURE = "structure"
    TOOL_CALLS = "tool calls"
    FINISH_REASON = "finish reason"
    TEXT = "text"
    TOKENS = "tokens"
    MODEL = "model"


class DriftFinding(BaseModel):
    """One difference. `text` tells it in a line; `drift` says whether it is beyond the limits or only worth knowing."""

    model_config = ConfigDict(frozen=True)

    aspect: DriftAspect
    drift: bool
    text: str
    recorded: Any = None
    live: Any = None

    def __str__(self) -> str:
        return f"{self.aspect.value}: {self.text}" + ("" if self.drift else " (no drift)")


class DriftEntry(BaseModel):
    """One call: `position` counts from 0 in the order of the live run, or of the recording where no call was made.

    `text_similarity` is None where there is no text on either side.
    """

    model_config = ConfigDict(frozen=True)

    position: int
    method: str
    model: str | None = None
    text_similarity: float | None = None
    findings: tuple[DriftFinding, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def drifted(self) -> bool:
        """Whether anything is beyond the limits."""
        return any(finding.drift for finding in self.findings)

    def __str__(self) -> str:
        about = [self.method, *([self.model] if self.model else []), "drifted" if self.drifted else "as recorded"]
        if self.text_similarity is not None:
            about.append(f"text {self.text_similarity:.2f} alike")
        return "\n".join([f"[{self.position}] {', '.join(about)}", *(f"    {finding}" for finding in self.findings)])


class DriftReport(BaseModel):
    """All calls of a verifying run, compared with the recording. `model_dump_json()` gives it as JSON."""

    model_config = ConfigDict(frozen=True)

    limits: DriftLimits = DriftLimits()
    entries: tuple[DriftEntry, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def drifted(self) -> bool:
        """Whether any answer is beyond the limits."""
        return any(entry.drifted for entry in self.entries)

    def __str__(self) -> str:
        count = sum(entry.drifted for entry in self.entries)
        heading = f"{len(self.entries)} {'call' if len(self.entries) == 1 else 'calls'} compared, {count} drifted"
        return "\n".join([heading, *(str(entry) for entry in self.entries)])
