"""What is said where another scanner was to look for secrets, and did not."""

from __future__ import annotations

from collections.abc import Sequence

from agentreplay._errors import AgentReplayError
from agentreplay._printable import printable


class ScanEngineError(AgentReplayError):
    """Another scanner that is not there, or that failed."""

    @classmethod
    def not_installed(cls, name: str, places: Sequence[str]) -> ScanEngineError:
        """The error for a program that was found in none of these places."""
        return cls(
            f"--engine {name}: there is no program {name!r} in {' or '.join(places)}. Install it with "
            "`pip install 'agentreplay[scan]'`, or any other way that puts it on PATH."
        )

    @classmethod
    def failed(cls, name: str, code: int, complaint: str) -> ScanEngineError:
        """The error for a run that ended with an exit `code` of failure; `complaint` is the end of what it said."""
        return cls(f"--engine {name}: it failed with exit code {code}: {printable(complaint, 300) or 'without a word'}")

    @classmethod
    def not_understood(cls, name: str, why: str) -> ScanEngineError:
        """The error for output of another form than is known."""
        return cls(
            f"--engine {name}: what it printed is not understood ({why}). It may be of another release than this "
            "agentreplay knows; look at its own report: " + f"{name} scan DIR --no-validate"
        )
