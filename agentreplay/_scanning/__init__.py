"""Looks for secrets in cassettes that lie on the disk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError, ConfigurationError
from agentreplay._printable import QUOTE_LIMIT, printable
from agentreplay._redaction import Redactor
from agentreplay._scanning.kingfisher import NAME as KINGFISHER
from agentreplay._scanning.kingfisher import findings_of_kingfisher
from agentreplay._storage import cassette_files

OWN_ENGINE: Final = "own"
ENGINES: Final = (OWN_ENGINE, KINGFISHER)
"""What can look for secrets; another engine looks beside our own."""


@dataclass(frozen=True)
class ScanFinding:
    """A secret in a file: where in it (`interactions[2].request.body`) and of which sort. Never the secret itself.

    `problem` stands instead where the file could not be looked through.
    """

    path: Path
    where: str = ""
    label: str = ""
    problem: str | None = None

    def __str__(self) -> str:
        if self.problem is not None:
            return f"{self.path}: not looked through: {self.problem}"
        return f"{self.path}: {self.where}: {self.label}"

    def as_json(self) -> dict[str, str]:
        """The finding as plain data."""
        fields = {"path": str(self.path), "where": self.where, "label": self.label, "problem": self.problem or ""}
        return {name: value for name, value in fields.items() if value}


def scan_folder(directory: Path, *, personal: Collection[str] = (), engine: str = OWN_ENGINE) -> list[ScanFinding]:
    """What looks like a secret in the cassettes under `directory`, file by file.

    With another `engine` than our own, what that finds in the same folder follows.

    Raises:
        ConfigurationError: `personal` names no personal data that is known, `engine` no engine.
        ScanEngineError: the other engine is not installed, or it failed.
    """
    if engine not in ENGINES:
        raise ConfigurationError.unknown_choice("engine", engine, ENGINES)
    found = _own_findings(directory, personal)
    if engine == KINGFISHER:
        found += [
            ScanFinding(path, f"line {line}", f"{printable(label, QUOTE_LIMIT)} ({engine})")
            for path, line, label in findings_of_kingfisher(directory)
        ]
    return found


def _own_findings(directory: Path, personal: Collection[str]) -> list[ScanFinding]:
    found: list[ScanFinding] = []
    for path in cassette_files(directory):
        redactor = Redactor(personal=personal)
        try:
            cassette = Cassette.load(path)
        except CassetteError as error:
            found.append(ScanFinding(path, problem=printable(error.reason)))
            continue
        for position, interaction in enumerate(cassette.interactions):
            data = interaction.model_dump(mode="json")
            events: list[Any] = data["response"].pop("events", None) or []
            place = f"interactions[{position}]"
            seen = [(f".{where}", label) for where, label in redactor.find(data)]
            seen += [(f".response.events{where}", label) for where, label in redactor.find_in_events(events)]
            found += [ScanFinding(path, place + where, label) for where, label in seen]
    return found
