"""Which cassettes belong to the tests of a suite, and which files belong to none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError
from agentreplay._storage import RECORDING_NAME


@dataclass
class Suite:
    """What one process saw of the suite; those of pytest-xdist's workers are joined by `add`.

    Attributes:
        bases: the folders with cassettes, and for each the folder of the test modules that they are for.
        modules: the test modules out of which tests were collected.
        folders: the folders of recordings that a test has, or a session has used.
        tests: how many tests were collected and not deselected.
        deselected: how many were left out.
        placed: the tests with a session, and the folder that their marks alone give each.
        moved: whether some test's session lies in another folder than that, which is only known once it is open.
        opened: the tests whose session was opened.
    """

    bases: dict[str, str] = field(default_factory=dict[str, str])
    modules: set[str] = field(default_factory=set[str])
    folders: set[str] = field(default_factory=set[str])
    tests: int = 0
    deselected: int = 0
    placed: dict[str, str] = field(default_factory=dict[str, str])
    moved: bool = False
    opened: set[str] = field(default_factory=set[str])

    def collected(self, module: Path, base: Path) -> None:
        """Know a module that has tests, and where cassettes for its folder lie."""
        self.modules.add(str(module))
        self.bases[str(base)] = str(module.parent)

    def place(self, test: str, folder: Path) -> None:
        """Know the folder of a test's recording, as far as it is known before the test runs."""
        self.placed[test] = str(folder)
        self.folders.add(str(folder))

    def open(self, test: str, folder: Path) -> None:
        """Know that a test's session is open, and with which folder."""
        self.opened.add(test)
        self.moved |= self.placed.get(test) != str(folder)
        self.folders.add(str(folder))

    def use(self, folder: Path) -> None:
        """Know that a session has used a folder."""
        self.folders.add(str(folder.absolute()))

    def as_values(self) -> dict[str, Any]:
        """What was seen as plain values."""
        sets = {name: sorted(getattr(self, name)) for name in ("modules", "folders", "opened")}
        return {**vars(self), **sets}

    def add(self, values: Mapping[str, Any]) -> None:
        """Join what another process saw, as `as_values` gave it."""
        self.bases.update(values["bases"])
        self.placed.update(values["placed"])
        self.modules.update(values["modules"])
        self.folders.update(values["folders"])
        self.opened.update(values["opened"])
        self.moved |= values["moved"]
        # Each worker collects the whole suite.
        self.tests = max(self.tests, values["tests"])
        self.deselected = max(self.deselected, values["deselected"])

    def unused_files(self) -> list[Path]:
        """Recordings that were made for tests which are gone."""
        return sorted({file for base, beside in self.bases.items() for file in self._orphans(Path(base), Path(beside))})

    def _orphans(self, base: Path, beside: Path) -> Iterator[Path]:
        for file in base.rglob("*.json*"):
            claimed = str(file.parent) in self.folders
            if not claimed and RECORDING_NAME.fullmatch(file.name) and self._is_gone(file, beside):
                yield file

    def _is_gone(self, file: Path, beside: Path) -> bool:
        """Whether the test that the file was recorded for is not there any more.

        A module of which no test was collected may have left itself out here (`importorskip`), and is not judged.
        """
        try:
            test = Cassette.load(file).meta.test_id
        except CassetteError:
            return False
        module, separator, _ = test.partition("::")
        path = beside / module
        return bool(separator) and (str(path) in self.modules or not path.exists())


def left_out(config: pytest.Config, suite: Suite, finished: int) -> str:
    """Why the run was not one of the whole suite; empty if it was."""
    if config.getoption("collectonly", False):
        return "tests were only collected"
    if suite.deselected:
        return f"{suite.deselected} tests were deselected"
    if config.getoption("lf", False):
        return "only the tests that failed last time ran (--lf)"
    if config.getoption("ignore", None) or config.getoption("ignore_glob", None):
        return "files were ignored (--ignore)"
    if not _covers_suite(config):
        return f"only a part of it was named ({' '.join(config.args)}); `testpaths` in the ini file says what is all"
    if finished < suite.tests:
        return f"{suite.tests - finished} of {suite.tests} tests did not run to their end"
    if suite.moved and (waiting := set(suite.placed) - suite.opened):
        return f"{len(waiting)} tests did not run whose cassettes the fixture agentreplay_settings places"
    return ""


def _covers_suite(config: pytest.Config) -> bool:
    """Whether the arguments reach all of `testpaths`, or the root folder where there are none."""
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        return True
    start = config.invocation_params.dir
    named = {(start / argument).resolve() for argument in config.args}
    whole = {path.resolve() for pattern in config.getini("testpaths") for path in config.rootpath.glob(pattern)}
    return all(any(path.is_relative_to(each) for each in named) for path in whole or {config.rootpath.resolve()})
