"""`agentreplay run`: another program is run with recording set up by the environment alone.

The folder `_startup` goes to the head of `PYTHONPATH`; the `sitecustomize` in it, which Python imports at its start,
installs what the variables say as soon as an SDK is imported. So it reaches every Python process that the program
starts, and none in which no SDK is used.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from agentreplay._app_recording import MAX_BYTES, RecordingOptions
from agentreplay._errors import ConfigurationError
from agentreplay._modes import Mode
from agentreplay._settings.sources import RECORD, RECORD_MAX_BYTES, RECORD_SAMPLE, RECORD_SESSION_ID

STARTUP: Final = Path(__file__).parent / "_startup"


def environment_for(
    before: Mapping[str, str],
    *,
    record: Path | None = None,
    sample: float | None = None,
    max_bytes: int | None = None,
    session_id: str | None = None,
    mode: str | None = None,
) -> dict[str, str]:
    """The environment `before`, in which every Python process does what is asked for.

    `session_id` names the function as `package.module:function`.

    Raises:
        ConfigurationError: values that cannot be meant, alone or together.
    """
    if mode is not None:
        mode = Mode.parse(mode).value
    if record is not None and mode == Mode.REPLAY.value:
        raise ConfigurationError("--record with --mode replay: where nothing goes live there is nothing to record.")
    if record is None and (sample, max_bytes, session_id) != (None, None, None):
        raise ConfigurationError("--sample, --max-bytes and --session-id are of use with --record only.")
    if record is not None:
        RecordingOptions(record, 1.0 if sample is None else sample, MAX_BYTES if max_bytes is None else max_bytes)
    environment = dict(before)
    said = {
        RECORD: str(record.absolute()) if record is not None else None,
        RECORD_SAMPLE: sample if sample is None else f"{sample:g}",
        RECORD_MAX_BYTES: max_bytes if max_bytes is None else str(max_bytes),
        RECORD_SESSION_ID: session_id,
        "AGENTREPLAY_MODE": mode,
    }
    environment.update({name: value for name, value in said.items() if value is not None})
    paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(STARTUP)]
    environment["PYTHONPATH"] = os.pathsep.join([str(STARTUP), *paths])
    return environment


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Become the program that `command` names; on Windows, run it and give its exit code.

    As it takes the place of this process, its exit code, its signals and its terminal are its own.

    Raises:
        ConfigurationError: there is no such program.
    """
    if not command:
        raise ConfigurationError("say which program to run: agentreplay run --record recordings/ -- python app.py")
    program = shutil.which(command[0], path=environment.get("PATH"))
    if program is None:
        raise ConfigurationError(f"there is no program {command[0]!r}. What follows -- is a program and its arguments.")
    if sys.platform != "win32":
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(program, list(command), dict(environment))  # noqa: S606 (that is what was asked for)
    import subprocess

    return subprocess.run([program, *command[1:]], env=dict(environment), check=False).returncode  # noqa: S603
