"""The command `agentreplay`: keeps folders of cassettes in order."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agentreplay._errors import AgentReplayError, CassetteError
from agentreplay._version import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code: 0 where all is well, 1 where something was found or left, 2 for misuse."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except AgentReplayError as error:
        print(f"agentreplay: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="agentreplay", description="Keeps folders of cassettes in order.")
    parser.add_argument("--version", action="version", version=f"agentreplay {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    verify = _command(commands, "verify", _verify, "check that cassettes can be read and were not edited by hand")
    verify.add_argument("path", type=Path, nargs="+", help="a cassette, or a folder of them")
    verify.add_argument("--fix", action="store_true", help="take what stands in an edited cassette as right")

    migrate = _command(commands, "migrate", _migrate, "bring the cassettes of a folder to the schema of today")
    migrate.add_argument("directory", type=Path)
    migrate.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    migrate.add_argument("--no-backup", action="store_true", help="do not keep the old files")

    keep = _command(commands, "keep", _keep, "keep one of several recordings of a name, and remove the others")
    keep.add_argument("path", type=Path, help="the file to keep")

    scan = _command(commands, "scan", _scan, "look for secrets in the cassettes of a folder")
    scan.add_argument("directory", type=Path)
    scan.add_argument("--json", action="store_true", help="print what was found as JSON")
    scan.add_argument("--personal", action="append", default=[], metavar="NAME", help="look for personal data as well")
    scan.add_argument("--engine", default="own", metavar="NAME", help="kingfisher: have that scanner look as well")

    collect = _command(commands, "collect", _collect, "make cassettes of what running apps have recorded")
    collect.add_argument("directory", type=Path, help="the folder that was recorded to; the cassettes go there too")
    collect.add_argument("--keep-journals", action="store_true", help="do not remove the journals that were collected")
    collect.add_argument("--skip-damaged", action="store_true", help="leave out lines of journals that are damaged")

    run = _command(commands, "run", _run, "run a program and record its calls, by its environment alone")
    run.add_argument("--record", type=Path, metavar="DIR", help="the folder to record to")
    run.add_argument(
        "--sample", type=float, metavar="SHARE", help="the share of calls, or sessions, to record (0 to 1)"
    )
    run.add_argument("--max-bytes", type=int, metavar="N", help="memory for calls that are not on the disk yet")
    run.add_argument("--session-id", metavar="MODULE:FUNCTION", help="the function that names the session of a call")
    run.add_argument("--mode", metavar="MODE", help="the mode of the program's sessions, as AGENTREPLAY_MODE says it")
    run.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="the program, its arguments")

    import_vcr = _command(commands, "import-vcr", _import_vcr, "make cassettes of vcrpy's recordings")
    import_vcr.add_argument("directory", type=Path, help="a folder of recordings, or one of them")
    import_vcr.add_argument("--to", type=Path, metavar="DIR", help="where the cassettes go (default: the same folder)")
    import_vcr.add_argument("--overwrite", action="store_true", help="replace cassettes that are there already")

    _command(commands, "settings", _settings, "show each setting, its value and where it was said")
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(run=run)
    return parser


def _verify(options: argparse.Namespace) -> int:
    from agentreplay._cassette import Cassette
    from agentreplay._migration import rehash

    def judge(path: Path) -> str | CassetteError:
        try:
            if not options.fix:
                Cassette.load(path)
                return f"{path}: right"
            target = rehash(path)
            return f"{path}: right" + (f", now {target.name}" if target != path else "")
        except CassetteError as error:
            return error

    judged = [judge(path) for path in _cassettes(options.path)]
    for verdict in judged:
        print(verdict)
    return 1 if any(isinstance(verdict, CassetteError) for verdict in judged) else 0


def _migrate(options: argparse.Namespace) -> int:
    from agentreplay._migration import migrate_folder

    done = migrate_folder(options.directory, dry_run=options.dry_run, backup=not options.no_backup)
    for migration in done:
        if migration.problem is not None:
            print(migration.problem)
        else:
            print(f"{migration.path}: schema {migration.schema} -> {migration.target}")
    print(f"{len(done)} of an older schema" + (", nothing written" if options.dry_run else ""))
    return 1 if any(migration.problem for migration in done) else 0


def _keep(options: argparse.Namespace) -> int:
    from agentreplay._storage import keep_recording

    for removed in keep_recording(options.path):
        print(f"removed {removed}")
    print(f"kept {options.path}")
    return 0


def _scan(options: argparse.Namespace) -> int:
    from agentreplay._scanning import scan_folder

    found = scan_folder(options.directory, personal=options.personal, engine=options.engine)
    if options.json:
        print(json.dumps([finding.as_json() for finding in found], indent=2))
    else:
        for finding in found:
            print(finding)
        print(f"{len(found)} found")
    return 1 if found else 0


def _collect(options: argparse.Namespace) -> int:
    from agentreplay._collecting import collect

    done = collect(options.directory, keep_journals=options.keep_journals, skip_damaged=options.skip_damaged)
    for session in done:
        print(session)
    added = sum(session.added for session in done)
    problems = sum(len(session.problems) for session in done)
    print(f"{added} calls collected" + (f"; {problems} problems" if problems else ""))
    return 1 if problems else 0


def _run(options: argparse.Namespace) -> int:
    from agentreplay._running import environment_for, run

    return run(
        options.command[1:] if options.command[:1] == ["--"] else options.command,
        environment_for(
            os.environ,
            record=options.record,
            sample=options.sample,
            max_bytes=options.max_bytes,
            session_id=options.session_id,
            mode=options.mode,
        ),
    )


def _import_vcr(options: argparse.Namespace) -> int:
    from agentreplay._vcr.folders import import_folder

    target = options.to or (options.directory.parent if options.directory.is_file() else options.directory)
    done = list(import_folder(options.directory, target, overwrite=options.overwrite))
    for file in done:
        print(file)
    taken = sum(file.taken for file in done)
    left = sum(len(file.left) for file in done)
    skipped = sum(file.problem is not None for file in done)
    print(f"{taken} exchanges of {len(done)} files taken; {left} exchanges and {skipped} files left out")
    return 1 if left or skipped else 0


def _settings(_options: argparse.Namespace) -> int:
    from agentreplay._settings import settings

    print(settings())
    return 0


def _cassettes(paths: Sequence[Path]) -> list[Path]:
    from agentreplay._storage import cassette_files

    found: list[Path] = []
    for path in paths:
        found += cassette_files(path) if path.is_dir() else [path]
    return found


if __name__ == "__main__":
    sys.exit(main())
