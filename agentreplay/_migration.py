"""Cassettes on disk, brought up to date or given a new content hash."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentreplay._cassette import CASSETTE_SCHEMA_VERSION, Cassette
from agentreplay._errors import CassetteError
from agentreplay._files import DISK, Disk, read_whole, write_whole
from agentreplay._packing import is_packed, packed, unpacked
from agentreplay._storage import RECORDING_NAME, cassette_files


@dataclass(frozen=True)
class Migration:
    """What was done with one file, or would be in a dry run.

    `schema` is the schema that it was of (None where it could not be read), `target` where the new file lies, `backup`
    where the old one was kept. `problem` says why nothing was done.
    """

    path: Path
    schema: int | None = None
    target: Path | None = None
    backup: Path | None = None
    problem: CassetteError | None = None


def migrate_folder(
    directory: Path, *, dry_run: bool = False, backup: bool = True, disk: Disk = DISK
) -> list[Migration]:
    """Bring all cassettes under `directory` to the schema of today, each whole or not at all.

    One that cannot be read, or not be written, is reported and does not stop the others; one of today's schema is left
    alone and not reported. The old file is kept beside the new one, as `{name}.schema-{n}.bak`, unless `backup` is
    false. A dry run says the same and writes nothing.
    """
    return [done for path in cassette_files(directory) if (done := _migrated(path, dry_run, backup, disk)) is not None]


def rehash(path: Path, *, disk: Disk = DISK) -> Path:
    """Set the content hash of the file at `path` to that of what it holds, and its name if that was its hash.

    Gives the file's new path. A file whose hash fits is not written.

    Raises:
        CassetteError: it is no cassette for another reason than its hash, or cannot be written.
    """
    data = unpacked(read_whole(path), path)
    read = Cassette._read(data, path)
    cassette = read.cassette
    before = Cassette._read(data, path).cassette
    cassette.finalize()
    clean, new = cassette._for_disk()
    target = _named_by_hash(path, clean)
    if read.schema < CASSETTE_SCHEMA_VERSION or not clean._is_exactly(before) or target != path:
        write_whole(target, packed(new, target), instead_of=[path], disk=disk)
    return target


def _migrated(path: Path, dry_run: bool, backup: bool, disk: Disk) -> Migration | None:
    try:
        data = read_whole(path)
        cassette, schema, _ = Cassette._read(unpacked(data, path), path)
        if schema == CASSETTE_SCHEMA_VERSION:
            return None
        cassette.finalize()
        clean, new = cassette._for_disk()
        target = _named_by_hash(path, clean)
        kept = _backup_path(path, schema) if backup else None
        if not dry_run:
            if kept is not None:
                write_whole(kept, data, disk=disk)
            write_whole(target, packed(new, target), instead_of=[path], disk=disk)
    except CassetteError as error:
        return Migration(path, problem=error)
    return Migration(path, schema, target, kept)


def _named_by_hash(path: Path, cassette: Cassette) -> Path:
    if not RECORDING_NAME.fullmatch(path.name):
        return path
    return path.with_name(Cassette.cassette_path("", "", cassette.meta.content_hash, compress=is_packed(path)).name)


def _backup_path(path: Path, schema: int) -> Path:
    """A name beside `path` that nothing has yet: an older backup is not overwritten."""
    kept = path.with_name(f"{path.name}.schema-{schema}.bak")
    number = 2
    while kept.exists():
        kept = path.with_name(f"{path.name}.schema-{schema}.{number}.bak")
        number += 1
    return kept
