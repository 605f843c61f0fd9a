"""Where the cassette of a test lies, and by which arguments it is opened."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from agentreplay._arguments import cassette
from agentreplay._errors import ConfigurationError
from agentreplay._naming import safe_path
from agentreplay._pytest.errors import positional_arguments, unknown_argument
from agentreplay._settings import settings

MARK: Final = "agentreplay"
FIXTURE: Final = "agentreplay_cassette"

ARGUMENTS: Final = tuple(inspect.signature(cassette).parameters)
"""What a mark and the fixture `agentreplay_settings` may say."""


@dataclass(frozen=True)
class Place:
    """Where the recordings of one test lie: `directory` is the folder of its module, below `base`."""

    base: Path
    directory: Path
    name: str

    @property
    def folder(self) -> Path:
        """The folder that holds the test's recording and no other test's."""
        return self.directory / safe_path(self.name)


def test_name(item: pytest.Item) -> str:
    """The test's name within its module: classes, function, parameters.

    It is not cut out of the node id, which pytest-xdist changes where tests are grouped.
    """
    names: list[str] = []
    for node in reversed(item.listchain()):
        if isinstance(node, pytest.File):
            break
        names.append(node.name)
    return "::".join(reversed(names))


def test_id(item: pytest.Item) -> str:
    """The test's node id, the same in every way to run it."""
    file, _, _ = item.nodeid.partition("::")
    return f"{file}::{test_name(item)}"


def is_marked(item: pytest.Item) -> bool:
    """Whether the test asks for a session itself: by a mark, or by the fixture."""
    return item.get_closest_marker(MARK) is not None or FIXTURE in getattr(item, "fixturenames", ())


def marked_arguments(item: pytest.Item) -> dict[str, Any]:
    """What the test's marks say, those of the function before those of its class and module.

    Raises:
        ConfigurationError: an argument that `agentreplay.cassette` does not have, or one without a name.
    """
    said: dict[str, Any] = {}
    for mark in item.iter_markers(MARK):
        where = f"the mark of {test_id(item)}"
        if mark.args:
            raise positional_arguments(where)
        check_arguments(mark.kwargs, where)
        said = {**mark.kwargs, **said}
    return said


def has_mode(item: pytest.Item) -> bool:
    """Whether a mark of the test names its mode, which no option overrules."""
    return marked_arguments(item).get("mode") is not None


def check_arguments(said: Mapping[str, Any], where: str, *, without: str = "") -> None:
    """Know every name in `said`.

    Raises:
        ConfigurationError: one is not an argument of `agentreplay.cassette`, or the one that is not taken here.
    """
    known = [name for name in ARGUMENTS if name != without]
    for name in said:
        if name not in known:
            raise unknown_argument(name, known, where)


class Places:
    """Where the cassettes of a run lie: beside each test file, in `cassettes/{module}/{test}`.

    Where the project's settings name a directory, all cassettes lie in there, in the folders that the tests have below
    the root.
    """

    def __init__(self, config: pytest.Config) -> None:
        try:
            configured = settings()
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from error
        self._root = config.rootpath
        self._name = configured.directory
        self._central = configured.origin("directory") != "default"
        self._start = config.invocation_params.dir

    def base(self, beside: Path) -> Path:
        """The folder with the cassettes of all test modules in the folder `beside`."""
        return self._start / self._name / self._below(beside) if self._central else beside / self._name

    def of(self, item: pytest.Item, said: Mapping[str, Any]) -> Place:
        """Where the cassette of this test lies. A `directory` that `said` names is one beside the test file."""
        beside = item.path.parent
        base = beside / said["directory"] if said.get("directory") is not None else self.base(beside)
        return Place(base, base / safe_path(item.path.stem), said.get("name") or test_name(item))

    def _below(self, folder: Path) -> Path:
        try:
            return folder.relative_to(self._root)
        except ValueError:
            return Path(safe_path(folder.as_posix().strip("/")))
