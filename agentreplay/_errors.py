"""Every exception and warning of the library, and their words.

A message is built here from fields that stay on the exception, and says what was asked, where we looked, what came
nearest and what to run next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentreplay._cassette import RecordedRequest


class AgentReplayError(Exception):
    """Root of all errors that agentreplay raises."""


class AgentReplayWarning(UserWarning):
    """Root of all warnings that agentreplay gives."""


class ConfigurationError(AgentReplayError, ValueError):
    """An option, a setting or a combination of them that cannot be meant."""

    @classmethod
    def unknown_choice(cls, argument: str, value: object, choices: Iterable[str]) -> ConfigurationError:
        """The error for a `value` that is none of `choices`."""
        known = list(choices)
        near = difflib.get_close_matches(str(value), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return cls(f"{argument}={value!r} is not known.{hint} Choose one of: {', '.join(known)}.")


class CassetteError(AgentReplayError):
    """A cassette file that cannot be used: unreadable, damaged, foreign, or of an unknown schema.

    Attributes:
        path: the file, or None for text that came from no file.
        reason: what is wrong with it.
        where: the place inside the file (`interactions[3].request.kind`, `line 7 column 2`), where it is known.
        next_step: what to do about it.
    """

    def __init__(self, reason: str, *, path: Path | None = None, where: str | None = None, next_step: str = "") -> None:
        self.path = path
        self.reason = reason
        self.where = where
        self.next_step = next_step
        place = f"{path or 'cassette text'}" + (f", at {where}" if where else "")
        super().__init__(f"{place}: {reason}." + (f"\n{next_step}" if next_step else ""))


class CassetteNotFoundError(CassetteError):
    """No cassette where one was needed."""

    def __init__(self, name: str, folder: Path, why: str) -> None:
        self.name = name
        self.folder = folder
        super().__init__(
            f"there is no cassette for {name!r}",
            path=folder,
            next_step=f"{why} Record it where the network and a key are at hand: AGENTREPLAY_MODE=record, or "
            f"cassette({name!r}, mode='record'); then commit the file.",
        )


class CassetteSchemaWarning(AgentReplayWarning):
    """A cassette written by an older schema was read."""


class EmptyRecordingWarning(AgentReplayWarning):
    """A recording session ended without one call, and wrote nothing."""


class CassetteMismatchError(AgentReplayError):
    """A miss: a call that no recorded interaction answers.

    Attributes:
        request: what was asked.
    """

    def __init__(self, request: RecordedRequest, message: str) -> None:
        self.request = request
        super().__init__(message)


class SessionError(AgentReplayError):
    """A call or a session used where its session does not allow it."""


class StandInKeyError(AgentReplayError):
    """A client that was built without a key, for replay, was about to send a request."""

    def __init__(self) -> None:
        super().__init__(
            "this client was built without an API key while replaying, so it holds a stand-in key, and it was about to "
            "send a real request. Set the provider's key and build the client again, or make the call inside "
            "cassette(..., mode='replay')."
        )


class IncompleteStreamError(AgentReplayError):
    """The app reads past the point at which it left this stream when it was recorded."""

    def __init__(self, method: str, kept: int) -> None:
        self.method = method
        self.kept = kept
        super().__init__(
            f"the recording of this {method} stream ends after {kept} events: the app left it there when it was recorded, "
            "and now reads on. Record again (mode='record') with the stream read as far as it is now."
        )


class RecordingError(AgentReplayError):
    """Something that happened while recording cannot be kept."""
