"""Turns folders of vcrpy recordings into cassettes, one to one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._errors import AgentReplayError
from agentreplay._naming import safe_path
from agentreplay._recorded import Interaction
from agentreplay._storage import find_recording, store_recording
from agentreplay._vcr.exchanges import ENDINGS, Exchange, NotTakenError, read_exchanges
from agentreplay._vcr.interactions import interaction_of
from agentreplay._version import __version__


@dataclass
class ImportedFile:
    """What became of one recording.

    `path` is the old file, `target` the cassette made of it (None where none was made), `taken` how many exchanges it
    holds; `left` gives for each exchange that was not taken its position, counted from 0, and why. `problem` says why
    the whole file was left.
    """

    path: Path
    target: Path | None = None
    taken: int = 0
    left: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    problem: str | None = None

    def __str__(self) -> str:
        if self.problem is not None:
            return f"{self.path}: left out: {self.problem}"
        made = f"{self.taken} taken, in {self.target}" if self.target else "nothing taken"
        return "\n".join([f"{self.path}: {made}", *(f"  [{position}] left out: {why}" for position, why in self.left)])


def import_folder(source: Path, target: Path, *, overwrite: bool = False) -> Iterator[ImportedFile]:
    """Make a cassette of each vcrpy recording under `source`, in the folders of the same names under `target`.

    The cassettes lie where the pytest plugin looks for those of the same tests. One that is there already is left
    unless `overwrite`.
    """
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.suffix in ENDINGS)
    base = source.parent if source.is_file() else source
    for path in files:
        if not _is_cassette_of_ours(path):
            yield _import_file(path, _folder(path, base, target), overwrite=overwrite)


def _folder(path: Path, base: Path, target: Path) -> Path:
    below = path.relative_to(base).parent.parts
    return target.joinpath(*(safe_path(part) for part in below))


def _is_cassette_of_ours(path: Path) -> bool:
    return path.suffix == ".json" and '"schema_version"' in path.read_text("utf-8", "replace")[:400]


def test_name(stem: str) -> str:
    """The name of a test within its module, from that of its vcrpy file: `TestChat.test_hi` is `TestChat::test_hi`."""
    owner, dot, rest = stem.partition(".")
    return f"{owner}::{rest}" if dot and owner[:1].isupper() and "[" not in owner else stem


def _taken(exchange: Exchange) -> Interaction | NotTakenError:
    try:
        return interaction_of(exchange)
    except NotTakenError as reason:
        return reason


def _import_file(path: Path, folder: Path, *, overwrite: bool) -> ImportedFile:
    done = ImportedFile(path)
    interactions: list[Interaction] = []
    try:
        for position, exchange in enumerate(read_exchanges(path)):
            taken = exchange if isinstance(exchange, NotTakenError) else _taken(exchange)
            if isinstance(taken, NotTakenError):
                done.left.append((position, str(taken)))
            else:
                interactions.append(taken)
        if interactions:
            name = test_name(path.stem)
            existing = find_recording(folder, name)
            if existing is not None and not overwrite:
                done.problem = f"there is a cassette already, {existing}; --overwrite replaces it"
                return done
            cassette = Cassette(
                meta=CassetteMeta(test_id=name, agentreplay_version=__version__), interactions=interactions
            )
            done.target = store_recording(cassette, folder, name, replaces=existing)
            done.taken = len(interactions)
    except (NotTakenError, UnicodeDecodeError, OSError) as error:
        done.problem = str(error)
    except AgentReplayError as error:
        done.problem = f"it could not be written: {error}"
    return done
