"""When the SDKs are patched: from the first session, or `install()`, to the last; and recording without a session."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final, TypeVar

import wrapt

from agentreplay._active import blocking, open_sessions, suspended_sessions
from agentreplay._app_recording import MAX_BYTES, RecordingOptions, Sample, SessionId, as_rules
from agentreplay._errors import ConfigurationError
from agentreplay._following import follow_threads
from agentreplay._guard import GUARD, tell
from agentreplay._modes import Mode, mode_from_environment
from agentreplay._network import NetworkGuard
from agentreplay._patching import Patches
from agentreplay._recording_here import begin_recording, end_recording, is_recording, report_fault
from agentreplay._redaction import RedactionRule
from agentreplay._settings import resolve_settings
from agentreplay._settings.sources import RECORD, RECORD_MAX_BYTES, RECORD_SAMPLE, RECORD_SESSION_ID
from agentreplay.integrations import Patch, integrations

_GUARD: Final = NetworkGuard(blocking, when=(open_sessions, suspended_sessions))


class _Installation:
    """The patches of this process, and how many need them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._patches = Patches()
        self._hooked: dict[str, Patch] = {}
        self._users = 0
        self._by_hand = False

    def install(self) -> None:
        with self._lock:
            if not self._by_hand:
                self.acquire()
                self._by_hand = True

    def uninstall(self) -> None:
        with self._lock:
            if self._by_hand:
                self._by_hand = False
                self.release()

    def acquire(self) -> None:
        with self._lock:
            self._users += 1
            if self._users > 1:
                return
            try:
                follow_threads(self._patches)
                for targets in (_GUARD.targets, *(integration.targets for integration in integrations())):
                    for name, patch in targets.items():
                        self._patch_once_imported(name, patch)
            except BaseException:
                self.release()
                raise

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._patches.undo()

    def _patch_once_imported(self, name: str, patch: Patch) -> None:
        module = sys.modules.get(name)
        if module is not None:
            patch(module, self._patches)
        elif name not in self._hooked:
            # Such a hook cannot be taken back; it does nothing while nobody needs the patches.
            self._hooked[name] = patch
            wrapt.register_post_import_hook(self._after_import, name)

    def _after_import(self, module: ModuleType) -> None:
        with self._lock:
            if not self._users:
                return
            try:
                self._hooked[module.__name__](module, self._patches)
            except Exception as error:
                # This is in the middle of the app's own import statement.
                if GUARD.on_fault is None or open_sessions:
                    raise
                tell(error)


_installation: Final = _Installation()


def install(
    record: str | os.PathLike[str] | None = None,
    *,
    sample: Sample = 1.0,
    max_bytes: int = MAX_BYTES,
    session_id: SessionId | None = None,
    redact: Sequence[RedactionRule] | RedactionRule = (),
) -> None:
    """Wrap the SDKs now, and each one that is imported later. Installing twice is installing once.

    With `record`, a folder, the calls that are made outside of every session are recorded there from now on: for apps
    and services, whose answers stay as they are whatever becomes of the recording. Calls go to journals, of which
    `agentreplay collect` makes cassettes; `status()` counts. Installing with other options replaces the former ones.

    Args:
        record: where journals are written; None to record nothing.
        sample: the share of calls to record, from 0 to 1; or a function that says of a session's id whether to record
            it. A session that `session_id` names is recorded whole or not at all; otherwise each call counts alone.
        max_bytes: how much memory calls may take that are not on the disk yet. Beyond it the oldest are dropped.
        session_id: called with each call, where it is made; gives the name of the session that the call belongs to,
            which becomes the name of the cassette. None, from it or for it: one session for each process.
        redact: patterns and functions that take out what must not reach the disk, as for `cassette()`.

    Raises:
        ConfigurationError: an option that cannot be meant.
    """
    if record is None:
        if (sample, max_bytes, session_id, redact) != (1.0, MAX_BYTES, None, ()):
            raise ConfigurationError("install(): sample, max_bytes, session_id and redact are of use with record only.")
        _installation.install()
        return
    if not os.fspath(record):
        raise ConfigurationError.not_usable("record", record, "give the folder that recordings go to")
    try:
        begin_recording(
            RecordingOptions(
                Path(record).absolute(),
                sample=sample,
                max_bytes=max_bytes,
                session_id=session_id,
                redact=as_rules(redact),
                redact_personal=resolve_settings().redact_personal,
            )
        )
        _installation.install()
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 (an app starts, whatever it is)
        report_fault(error)


def install_from_environment() -> None:
    """Install what the variables of `agentreplay run` say: recording, or a mode in which nothing goes live.

    Raises:
        ConfigurationError: a variable whose value cannot be meant.
    """
    directory = os.environ.get(RECORD, "")
    if directory:
        install(
            directory,
            sample=_number(RECORD_SAMPLE, float, 1.0),
            max_bytes=_number(RECORD_MAX_BYTES, int, MAX_BYTES),
            session_id=_named_function(os.environ.get(RECORD_SESSION_ID, "")),
        )
    elif mode_from_environment() is Mode.REPLAY:
        install()


N = TypeVar("N", int, float)


def _number(variable: str, read: Callable[[str], N], default: N) -> N:
    text = os.environ.get(variable, "").strip()
    try:
        return read(text) if text else default
    except ValueError:
        raise ConfigurationError.not_usable(variable, text, "give a number") from None


def _named_function(name: str) -> SessionId | None:
    """The function `package.module:name`, imported when it is called first: now its module may be half imported."""
    if not name:
        return None
    module, _, attribute = name.partition(":")
    if not attribute:
        raise ConfigurationError.not_usable(RECORD_SESSION_ID, name, "name a function as package.module:function")

    def session_id() -> str | None:
        found: str | None = getattr(import_module(module), attribute)()
        return found

    return session_id


def uninstall() -> None:
    """Undo `install()`: bring to the disk what was recorded, and leave every class as it was once no session is open.

    Waits at most ten seconds for a disk that does not answer.
    """
    recorded = is_recording()
    for undo in (end_recording, _installation.uninstall):
        try:
            undo()
        except Exception as error:  # noqa: PERF203 (the second is done although the first failed)
            if not recorded:
                raise
            report_fault(error)


def acquire() -> None:
    """Need the patches: they are laid for the first who does."""
    _installation.acquire()


def release() -> None:
    """Need the patches no longer: they are undone after the last."""
    _installation.release()
