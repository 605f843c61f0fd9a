"""When the SDKs are patched: from the first session, or `install()`, to the last."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Final

import wrapt

from agentreplay._active import blocking, follow_threads
from agentreplay._network import NetworkGuard
from agentreplay._patching import Patches
from agentreplay.integrations import Patch, integrations

_GUARD: Final = NetworkGuard(blocking)


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
            if self._users:
                self._hooked[module.__name__](module, self._patches)


_installation: Final = _Installation()


def install() -> None:
    """Wrap the SDKs now, and each one that is imported later. Installing twice is installing once."""
    _installation.install()


def uninstall() -> None:
    """Undo `install()`. Every class is as it was once no session is open either."""
    _installation.uninstall()


def acquire() -> None:
    """Need the patches: they are laid for the first who does."""
    _installation.acquire()


def release() -> None:
    """Need the patches no longer: they are undone after the last."""
    _installation.release()
