"""A second opinion on secrets, by MongoDB's scanner kingfisher, which is a program of its own.

It runs without asking any provider whether a key is valid, without asking for updates, and hides what it finds. Output:
one JSON object with `findings`, each of a `rule` and a `finding` with `path` and `line`; exit code 200 or 205 with
findings, 0 without.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from agentreplay._errors.scan import ScanEngineError
from agentreplay._json.reading import as_list, as_object, as_text

NAME: Final = "kingfisher"
_OPTIONS: Final = (
    "--format=json",
    "--redact",
    "--no-validate",
    "--no-update-check",
    "--git-history=none",
    "--quiet",
)
_FINE: Final = frozenset({0, 200, 205})


def findings_of_kingfisher(directory: Path) -> Iterator[tuple[Path, int, str]]:
    """What kingfisher finds in the files under `directory`: file, line (from 1) and the rule's id.

    Raises:
        ScanEngineError: it is not installed, it failed, or its output is of a form that is not known.
    """
    command = [_program(), "scan", str(directory.absolute()), *_OPTIONS]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (that is what was asked for)
    if done.returncode not in _FINE:
        raise ScanEngineError.failed(NAME, done.returncode, done.stderr.decode("utf-8", "replace").strip()[-300:])
    for each in _findings(done.stdout):
        rule, place = as_object(as_object(each).get("rule")), as_object(as_object(each).get("finding"))
        path, line, label = as_text(place.get("path")), place.get("line"), as_text(rule.get("id"))
        if not path or not label or not isinstance(line, int):
            raise ScanEngineError.not_understood(NAME, "a finding without rule.id, finding.path or finding.line")
        whole = directory.absolute() / path
        yield whole if directory.is_absolute() else Path(os.path.relpath(whole)), line, label


def _findings(output: bytes) -> list[Any]:
    try:
        # Some releases print a summary behind the report.
        report, _ = json.JSONDecoder().raw_decode(output.decode("utf-8").lstrip())
    except ValueError as error:
        raise ScanEngineError.not_understood(NAME, f"it is no JSON: {error}") from None
    found = as_object(report).get("findings")
    if not isinstance(found, list):
        raise ScanEngineError.not_understood(NAME, "there is no list of findings")
    return as_list(found)


def _program() -> str:
    beside_python = sysconfig.get_path("scripts")
    program = shutil.which(NAME) or shutil.which(NAME, path=beside_python)
    if program is None:
        raise ScanEngineError.not_installed(NAME, ["PATH", beside_python])
    return program
