"""What a pass needs on the disk: the SDK's sdist, unpacked, and a virtual environment with what its tests import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_TOOLING = ("pip>=25.1", "pytest-xdist>=3.6.1", "pytest-timeout>=2.4")
"""pip learnt `--group` in 25.1; the SDKs' own settings ask for pytest-xdist."""


@dataclass(frozen=True)
class Suite:
    """One SDK at one version, ready for its tests to run."""

    vendor: str
    version: str
    source: Path
    """The unpacked sdist: the folder in which `tests` lies."""
    python: Path
    """The interpreter of the environment in which the SDK and agentreplay are installed."""

    def module(self, *arguments: str) -> list[str]:
        """The command `python -m ARGUMENTS` of this environment."""
        return [str(self.python), "-m", *arguments]


def prepare(vendor: str, version: str, cache: Path) -> Suite:
    """The suite of `vendor` at `version`; what the cache has of it is used again.

    Raises:
        subprocess.CalledProcessError: pip could not download or install.
    """
    home = cache / f"{vendor}-{version}"
    source = home / f"{vendor}-{version}"
    environment = home / "env"
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    complete = home / "complete"
    if not complete.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        _unpack_sdist(vendor, version, home)
        venv.create(environment, with_pip=True)
        _install(python, vendor, version, source)
        complete.touch()
    return Suite(vendor, version, source, python)


def _unpack_sdist(vendor: str, version: str, home: Path) -> None:
    wanted = ["--no-deps", "--no-binary", vendor, f"{vendor}=={version}"]
    _run([sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(home), *wanted])
    with tarfile.open(home / f"{vendor}-{version}.tar.gz") as archive:
        archive.extractall(home, filter="data")


def _install(python: Path, vendor: str, version: str, source: Path) -> None:
    """All extras and the SDK's own `dev` dependencies, as its authors run its tests; agentreplay from this tree."""
    metadata = Parser().parsestr((source / "PKG-INFO").read_text(encoding="utf-8"))
    extras = ",".join(metadata.get_all("Provides-Extra", []))
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    _run([*pip, "--upgrade", *_TOOLING])
    _run([*pip, f"{vendor}[{extras}]=={version}", "--group", f"{source / 'pyproject.toml'}:dev"])
    _run([*pip, "--editable", str(REPOSITORY)])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)
