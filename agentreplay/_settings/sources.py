"""Where settings are written down: the project file and the environment. What they mean is not known here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from agentreplay._errors import ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PREFIX: Final = "AGENTREPLAY_"
"""A setting's variable is this and its name in capitals: `AGENTREPLAY_MAX_AGE`."""

RECORD: Final = "AGENTREPLAY_RECORD"
RECORD_SAMPLE: Final = "AGENTREPLAY_RECORD_SAMPLE"
RECORD_MAX_BYTES: Final = "AGENTREPLAY_RECORD_MAX_BYTES"
RECORD_SESSION_ID: Final = "AGENTREPLAY_RECORD_SESSION_ID"

OTHER_VARIABLES: Final = frozenset({"AGENTREPLAY_ENV", RECORD, RECORD_SAMPLE, RECORD_MAX_BYTES, RECORD_SESSION_ID})
"""Variables with our prefix that are no settings: `AGENTREPLAY_ENV` is what a deployment says of itself, the others are
what `agentreplay run` tells the program that it runs."""

_FILE_NAME: Final = "pyproject.toml"
_TABLE: Final = "tool.agentreplay"


@dataclass(frozen=True)
class Source:
    """What one place says: values as they stand there, by the setting's name.

    `places` says of each where it stands, as in `AGENTREPLAY_MODE` or `/home/me/app/pyproject.toml`.
    """

    values: Mapping[str, Any]
    places: Mapping[str, str]


def from_environment(names: Iterable[str], environ: Mapping[str, str] = os.environ) -> Source:
    """The settings among the variables of `environ`. A variable that is empty or blank is as good as unset.

    Raises:
        ConfigurationError: a variable begins with our prefix and names no setting.
    """
    known = {f"{PREFIX}{name.upper()}": name for name in names}
    ours = [variable for variable in environ if variable.startswith(PREFIX) and variable not in OTHER_VARIABLES]
    for variable in sorted(ours):
        if variable not in known:
            raise ConfigurationError.unknown_setting(variable, known, "the environment", prefix=PREFIX)
    said = {variable: environ[variable].strip() for variable in ours if environ[variable].strip()}
    return Source(
        values={known[variable]: text for variable, text in said.items()},
        places={known[variable]: variable for variable in said},
    )


def from_project(names: Iterable[str], start: Path | None = None) -> tuple[Source, Path | None]:
    """The table `[tool.agentreplay]` of the nearest `pyproject.toml`, and that file.

    Looked for in `start` (the working directory where None) and upwards; the first file found counts, table or not.

    Raises:
        ConfigurationError: the file is no TOML or cannot be read, or the table holds a key that names no setting.
    """
    file = _nearest(start if start is not None else Path.cwd())
    if file is None:
        return Source({}, {}), None
    table = _table_of(file)
    known = set(names)
    for key in table:
        if key not in known:
            raise ConfigurationError.unknown_setting(key, known, f"[{_TABLE}] of {file}")
    return Source(table, dict.fromkeys(table, str(file))), file


def _nearest(start: Path) -> Path | None:
    return next((file for folder in (start, *start.parents) if (file := folder / _FILE_NAME).is_file()), None)


def _table_of(file: Path) -> dict[str, Any]:
    try:
        told = file.stat()
        return _read_table(file, told.st_mtime_ns, told.st_size)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file}, where [{_TABLE}] is looked for, cannot be read: {error}.") from error


@lru_cache(maxsize=16)
def _read_table(file: Path, _changed_ns: int, _size: int) -> dict[str, Any]:
    # Every session asks; the file is parsed again only when it has changed.
    table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    for key in _TABLE.split("."):
        inner: Any = table.get(key, {})
        if not isinstance(inner, dict):
            raise ConfigurationError(f"{_TABLE} in {file} must be a table, and is {type(inner).__name__}.")
        table = cast("dict[str, Any]", inner)
    return table
