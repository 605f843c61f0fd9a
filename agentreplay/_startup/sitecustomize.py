"""Imported by Python at its start where `agentreplay run` has put this folder on `PYTHONPATH`.

It must not fail, and costs a process that uses no SDK next to nothing. Another `sitecustomize`, which this one hides,
is imported as well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType

_HERE = os.path.dirname(os.path.abspath(__file__))


class _BeforeFirstUse:
    """Installs agentreplay when the first SDK is about to be imported; finds no module by itself."""

    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None; for the first SDK, what the other finders find, also those that are there only now."""
        if name not in self._packages or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        _install()
        found = (finder.find_spec(name, path, target) for finder in list(sys.meta_path))
        return next((spec for spec in found if spec is not None), None)


def _install() -> None:
    try:
        from agentreplay._install import install_from_environment

        install_from_environment()
    except Exception as error:  # noqa: BLE001 (whatever it is, the program starts as it would without us)
        sys.stderr.write(
            f"agentreplay: nothing is recorded in process {os.getpid()}: {type(error).__name__}: {error}\n"
        )


def _import_hidden() -> None:
    """Import the `sitecustomize` that Python would have found without this folder."""
    others = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != _HERE]
    spec = PathFinder.find_spec(__name__, others)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules[__name__] = module
        spec.loader.exec_module(module)


def _start() -> None:
    try:
        from agentreplay._sdks import SDK_PACKAGES
    except Exception as error:  # noqa: BLE001
        sys.stderr.write(f"agentreplay: not installed for {sys.executable}, nothing is recorded: {error}\n")
    else:
        sys.meta_path.insert(0, _BeforeFirstUse(SDK_PACKAGES))


if __name__ == "sitecustomize":
    _start()
    _import_hidden()
