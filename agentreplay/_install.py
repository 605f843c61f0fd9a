"""When the SDKs are patched: from the first session, or `install()`, to the last."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Final

import wrapt

from agentreplay._active import follow_threads
from agentreplay._patching import Patches
from agentreplay.integrations import Integration, integrations

_lock: Final = threading.RLock()
_patches: Final = Patches()
_integrations: dict[str, Integration] = {}
_users = 0
_installed = False


def install() -> None:
    """Wrap the SDKs now, and each one that is imported later. Installing twice is installing once."""
    global _installed
    with _lock:
        if not _installed:
            _installed = True
            acquire()


def uninstall() -> None:
    """Undo `install()`. Every class is as it was once no session is open either."""
    global _installed
    with _lock:
        if _installed:
            _installed = False
            release()


def acquire() -> None:
    """Need the patches: they are laid for the first who does."""
    global _users
    with _lock:
        _users += 1
        if _users > 1:
            return
        try:
            follow_threads(_patches)
            for integration in integrations():
                _patch_once_imported(integration)
        except BaseException:
            release()
            raise


def release() -> None:
    """Need the patches no longer: they are undone after the last."""
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            _patches.undo()


def _patch_once_imported(integration: Integration) -> None:
    package = integration.package
    if package in sys.modules:
        integration.patch(_patches)
    if package not in _integrations:
        # Hooks cannot be taken back; this one does nothing while nobody needs the patches.
        _integrations[package] = integration
        if package not in sys.modules:
            wrapt.register_post_import_hook(_after_import, package)


def _after_import(module: ModuleType) -> None:
    with _lock:
        if _users:
            _integrations[module.__name__].patch(_patches)
