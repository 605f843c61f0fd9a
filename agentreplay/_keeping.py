"""What a session has recorded becomes the cassette on the disk."""

from __future__ import annotations

import warnings
from pathlib import Path

from agentreplay._ageing import installed_versions
from agentreplay._cassette import Cassette
from agentreplay._engine import CallEngine
from agentreplay._errors import EmptyRecordingWarning, UnfinishedCallWarning
from agentreplay._errors.session import ForkNotReachedWarning
from agentreplay._modes import Mode
from agentreplay._provenance import Frozen, Parent
from agentreplay._settings import Settings
from agentreplay._storage import store_recording
from agentreplay._version import __version__


def keep(
    engine: CallEngine,
    settings: Settings,
    *,
    name: str,
    recorded_as: str,
    replaces: Path | None,
    frozen: Frozen | None,
    parent: Parent | None,
    stacklevel: int,
) -> tuple[Cassette, Path] | None:
    """Make what `engine` recorded the recording of `name`, in place of the file `replaces`; gives it and its file.

    None, and nothing is written, where nothing new was recorded. `recorded_as` is the test it is said to be of,
    `frozen` what stood still, `parent` the recording
    that it is a fork of; `stacklevel` is where warnings point to.
    """
    if engine.running:
        methods = ", ".join(call.method for call in engine.running)
        warnings.warn(UnfinishedCallWarning(name, methods), stacklevel=stacklevel)
    if not engine.counts.recorded and not (settings.prune and engine.unused):
        if engine.fork is not None:
            warnings.warn(ForkNotReachedWarning(name, engine.fork.before), stacklevel=stacklevel)
        elif engine.mode is Mode.RECORD:
            warnings.warn(EmptyRecordingWarning(name), stacklevel=stacklevel)
        return None
    recording, plain = engine.to_write(prune=settings.prune)
    recording.meta.test_id = recorded_as
    recording.meta.agentreplay_version = __version__
    recording.meta.frozen = frozen
    recording.meta.parent = parent
    vendors = {str(item.metadata["vendor"]) for item in recording.interactions if "vendor" in item.metadata}
    recording.meta.sdks = installed_versions(vendors) or None
    path = store_recording(
        recording,
        settings.directory,
        name,
        replaces=replaces,
        redactor=engine.redactor,
        plain=plain,
        compress=settings.compress,
    )
    return recording, path
