"""A folder that an app is recorded to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import agentreplay
from agentreplay._collecting import Collected, collect, interaction_of_texts
from agentreplay._journal import Journal, read_journal


class Recordings:
    """The folder `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def install(self, **options: Any) -> None:
        """Record this process there."""
        agentreplay.install(record=self.path, **options)

    @property
    def files(self) -> list[Path]:
        """The journals, in order."""
        return sorted((self.path / "journal").rglob("*.jsonl"))

    @property
    def journals(self) -> list[Journal]:
        """What they hold."""
        read = [read_journal(path.read_bytes(), path, interaction_of_texts) for path in self.files]
        return [journal for journal in read if journal is not None]

    @property
    def interactions(self) -> list[agentreplay.Interaction]:
        """All calls in the journals, in the order of their start."""
        found = [interaction for journal in self.journals for interaction in journal.interactions]
        return sorted(found, key=lambda interaction: str(interaction.metadata["started_at"]))

    @property
    def questions(self) -> list[str]:
        """What the calls asked, in the order of their start."""
        return [question_of(interaction) for interaction in self.interactions]

    def collect(self, **options: Any) -> list[Collected]:
        """Make cassettes of the journals."""
        return collect(self.path, **options)

    def collected_questions(self) -> list[str]:
        """What is asked in all cassettes there, in order within each."""
        cassettes = [agentreplay.Cassette.load(path) for path in sorted(self.path.rglob("*.json"))]
        return [question_of(interaction) for cassette in cassettes for interaction in cassette.interactions]


def question_of(interaction: agentreplay.Interaction) -> str:
    """The last words of the user in a recorded call."""
    return str(interaction.request.body["messages"][-1]["content"])


def ask(client: Any, question: str, **arguments: Any) -> Any:
    """One call of OpenAI's client."""
    return client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}], **arguments
    )


def lines_of(path: Path) -> list[list[Any]]:
    """The lines of a journal as plain JSON: what each says, and the texts behind that."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [[json.loads(part.replace(b"\x1e", b"\n")) for part in line.split(b"\x1f")] for line in lines]


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it came to hold, at the latest after so many seconds."""
    import time

    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
