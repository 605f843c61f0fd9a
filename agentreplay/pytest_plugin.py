"""The plugin that pytest loads from this package.

Every run loads this module, also where nobody uses agentreplay; all else is imported once somebody does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pytest

from agentreplay._pytest import hooks
from agentreplay._pytest.keys import KeylessClients
from agentreplay._pytest.options import MARKER, Options, add_options

if TYPE_CHECKING:
    from agentreplay._pytest.run import Run
    from agentreplay._pytest.suite import Suite
    from agentreplay._pytest.summary import Summary
    from agentreplay._session import Session

T = TypeVar("T")

_OPTIONS: Final = pytest.StashKey[Options]()
_KEYLESS: Final = pytest.StashKey[KeylessClients]()
_FINISHED: Final = pytest.StashKey["_Finished"]()
_SUITE: Final = pytest.StashKey["Suite"]()
_RUN: Final = pytest.StashKey["Run"]()
_SUMMARY: Final = pytest.StashKey["Summary"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks for projects."""
    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Let a conftest build clients without a key where the run replays."""
    keyless = _keyless(early_config, Options.of(early_config, early_config.known_args_namespace))
    start = early_config.invocation_params.dir
    named = [start / argument.partition("::")[0] for argument in early_config.known_args_namespace.file_or_dir]
    ini = [early_config.rootpath / path for path in early_config.getini("testpaths")]
    tops = dict.fromkeys([early_config.rootpath, start, *named, *ini])
    keyless.begin(path if path.is_dir() else path.parent for path in tops)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options."""
    config.addinivalue_line("markers", MARKER)
    options = config.stash[_OPTIONS] = Options.of(config)
    options.check(config)
    _keyless(config, options)
    if not hasattr(config, "workerinput"):
        finished = config.stash[_FINISHED] = _Finished(config)
        config.pluginmanager.register(finished, "agentreplay-finished")
    if options.is_used:
        _run(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Offer the fixture's short name, unless another plugin has a fixture of that name."""
    fixtures = getattr(session, "_fixturemanager", None)
    where = session if pytest.version_tuple >= (8, 1) else session.nodeid
    if fixtures is not None and not fixtures.getfixturedefs("cassette", where):
        from agentreplay._pytest import alias

        session.config.pluginmanager.register(alias, "agentreplay-alias")


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> None:
    """Let the modules of a folder build clients without a key, if there are recordings for them."""
    parent.config.stash[_KEYLESS].look(path)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """Likewise for a file that is named alone."""
    parent.config.stash[_KEYLESS].look(file_path.parent)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Begin in earnest once there is a test that has a session."""
    config = item.config
    if _RUN not in config.stash and (
        item.get_closest_marker("agentreplay") is not None
        or "agentreplay_cassette" in getattr(item, "fixturenames", ())
    ):
        _run(config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what a worker of pytest-xdist has seen."""
    output: Mapping[str, Any] = getattr(node, "workeroutput", {})
    if "agentreplay" in output:
        _summary(node.config).suite.add(output["agentreplay"])
    elif error and _SUMMARY in node.config.stash:
        _summary(node.config).lost_worker = True


@pytest.fixture(scope="session")
def agentreplay_settings() -> dict[str, Any]:
    """Arguments of `agentreplay.cassette` for every test, where its mark says nothing else; to be overridden."""
    return {}


@pytest.fixture
def agentreplay_cassette(request: pytest.FixtureRequest, agentreplay_settings: Mapping[str, Any]) -> Iterator[Session]:
    """The session of this test."""
    session = _run(request.config).open(request.node, agentreplay_settings)
    yield session
    session.end()


@pytest.fixture(autouse=True)
def _agentreplay_autouse(request: pytest.FixtureRequest) -> None:
    """Open the session of a marked test before the test's own fixtures, whose calls belong to it."""
    run = request.config.stash.get(_RUN, None)
    if run is not None and run.wants(request.node):
        request.getfixturevalue("agentreplay_cassette")


class _Finished:
    """Sees each test end, in the process that sums up."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.tests: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown":
            return
        self.tests.add(report.nodeid)
        verdict: Mapping[str, Any] | None = getattr(report, "agentreplay_verdict", None)
        if verdict is not None:
            _summary(self._config).add(verdict)


def _keyless(config: pytest.Config, options: Options) -> KeylessClients:
    """What lets clients be built without a key in this run."""
    keyless = config.stash.get(_KEYLESS, None)
    if keyless is None:
        keyless = config.stash[_KEYLESS] = KeylessClients(options.mode or options.ini_mode)
        config.add_cleanup(keyless.end)
    return keyless


def _run(config: pytest.Config) -> Run:
    """The hooks around the tests, which are there from now on."""
    run = config.stash.get(_RUN, None)
    if run is None:
        from agentreplay._pytest.run import Run

        run = config.stash[_RUN] = Run(config, config.stash[_OPTIONS], _suite(config))
        config.pluginmanager.register(run, "agentreplay-run")
        run.start()
        config.add_cleanup(run.stop)
        if not hasattr(config, "workerinput"):
            _summary(config)
    return run


def _summary(config: pytest.Config) -> Summary:
    """What sums the run up at its end, from now on."""
    summary = config.stash.get(_SUMMARY, None)
    if summary is None:
        from agentreplay._pytest.summary import Summary

        finished = config.stash[_FINISHED].tests
        summary = config.stash[_SUMMARY] = Summary(config, config.stash[_OPTIONS], _suite(config), finished)
        config.pluginmanager.register(summary, "agentreplay-summary")
    return summary


def _suite(config: pytest.Config) -> Suite:
    """What is known of the suite, in this process or of all workers."""
    suite = config.stash.get(_SUITE, None)
    if suite is None:
        from agentreplay._pytest.suite import Suite

        suite = config.stash[_SUITE] = Suite()
    return suite
