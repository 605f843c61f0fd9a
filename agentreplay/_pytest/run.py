"""A run, in the process in which the tests run: which tests have a session, and what becomes of it."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final, cast

import pytest

from agentreplay import _active, _install, _outside, _session
from agentreplay._errors import ConfigurationError
from agentreplay._modes import MODE_VARIABLE
from agentreplay._outside import Outside
from agentreplay._pytest.cache import missed_last_time
from agentreplay._pytest.errors import blocked_call, shared_recording
from agentreplay._pytest.failures import bare_report, shorten
from agentreplay._pytest.options import Options
from agentreplay._pytest.place import Places, check_arguments, is_marked, marked_arguments, test_id
from agentreplay._pytest.session import SessionOfTest
from agentreplay._pytest.suite import Suite
from agentreplay._pytest.test import RunningTest

VERDICT: Final = "agentreplay_verdict"
"""The attribute of a test's last report that holds its verdict; pytest-xdist carries it to the controller."""


class Run:
    """The hooks around the tests."""

    def __init__(self, config: pytest.Config, options: Options, suite: Suite) -> None:
        self.suite = suite
        self._config = config
        self._places = Places(config)
        self._options = options
        self._missed = missed_last_time(config) if options.rerecord_failed else frozenset[str]()
        self._outside = Outside(refusal=blocked_call) if options.block_network else None
        self._test: RunningTest | None = None
        self._wrong: ConfigurationError | None = None

    def start(self) -> None:
        """Begin to watch."""
        _session.watchers.append(self._opened)
        if self._outside:
            _install.acquire()
            _outside.lay(self._outside)

    def stop(self) -> None:
        """Watch no longer."""
        _session.watchers.remove(self._opened)
        if self._outside:
            _outside.lift(self._outside)
            _install.release()

    def wants(self, item: pytest.Item) -> bool:
        """Whether the test gets a session."""
        return isinstance(item, pytest.Function) and (self._options.auto or is_marked(item))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """See what the tests' marks say, and where their cassettes lie."""
        try:
            self._place(items)
        except ConfigurationError as error:
            if not hasattr(self._config, "workerinput"):
                raise pytest.UsageError(str(error)) from error
            # A worker of pytest-xdist has nobody to tell; its tests do.
            self._wrong = error

    def _place(self, items: list[pytest.Item]) -> None:
        self.suite.tests = len(items)
        sharers: dict[tuple[str, str], list[str]] = {}
        for item in items:
            self.suite.collected(item.path, self._places.base(item.path.parent))
            if not self.wants(item):
                continue
            said = marked_arguments(item)
            place = self._places.of(item, said)
            self.suite.place(test_id(item), place.folder)
            if "name" in said and said.get("mode") not in {"replay", "none"}:
                sharers.setdefault((str(place.folder), place.name), []).append(test_id(item))
        for (_, name), tests in sharers.items():
            if len(tests) > 1:
                raise shared_recording(name, tests)

    def open(self, item: pytest.Item, project: Mapping[str, Any]) -> SessionOfTest:
        """Open the session of the test that is being set up. `project` is what the project says for all tests.

        Raises:
            AgentReplayError: an argument that cannot be meant, or a cassette that cannot be used.
        """
        if self._test is None or self._test.item is not item:
            # The fixture was asked for by name in the middle of a run that had not used it before.
            self._begin(item)
        assert self._test is not None
        if self._wrong is not None:
            raise self._wrong
        check_arguments(project, "the fixture agentreplay_settings", without="name")
        marked = marked_arguments(item)
        by_option = self._mode(item, project)
        said = {**project, **by_option, **marked}
        if said.get("match") is None:
            said["match"] = item.ihook.pytest_agentreplay_match(item=item)
        said["redact"] = [
            *_listed(project.get("redact")),
            *_listed(marked.get("redact")),
            *(rule for answer in item.ihook.pytest_agentreplay_redact(item=item) for rule in _listed(answer)),
        ]
        place = self._places.of(item, said)
        self.suite.open(test_id(item), place.folder)
        in_code = marked.get("mode") is not None or not by_option
        return self._test.open({**said, "name": place.name, "directory": place.directory}, in_code=in_code)

    def _mode(self, item: pytest.Item, project: Mapping[str, Any]) -> dict[str, Any]:
        """What the run says about the mode of a test whose mark says nothing."""
        if test_id(item) in self._missed:
            return {"mode": "record"}
        if self._options.mode:
            return {"mode": self._options.mode}
        # The ini file is the project's word, which the environment's goes before.
        if self._options.ini_mode and project.get("mode") is None and not os.environ.get(MODE_VARIABLE, "").strip():
            return {"mode": self._options.ini_mode}
        return {}

    def _opened(self, session: _session.Session) -> None:
        self.suite.use(session.folder)
        if self._test is not None and not isinstance(session, SessionOfTest):
            self._test.by_hand.append(session)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin with a test, also where it is run again."""
        self._begin(item)

    def _begin(self, item: pytest.Item) -> None:
        self._test = RunningTest(item, must_call=is_marked(item) or not self._options.auto, outside=self._outside)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """What a fixture of wider scope does is not the test's, whenever it happens to be set up."""
        __tracebackhide__ = True
        scope = self._test.session.scope if self._test and self._test.session else None
        if scope is None or fixturedef.scope == "function":
            return (yield)
        with _active.suspended(scope):
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge the test's calls once its body has ended well."""
        __tracebackhide__ = True
        test = self._test
        if test is None or test.item is not item:
            return (yield)
        with test.body():
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Keep what was recorded once nothing of the test has failed."""
        __tracebackhide__ = True
        result = yield
        if self._test is not None and self._test.item is item:
            self._test.ended()
        return result

    @pytest.hookimpl(specname="pytest_runtest_makereport")
    def pytest_shorten_failure(self, call: pytest.CallInfo[None]) -> None:
        """Show the user's code and what our error says, not the frames between."""
        if call.excinfo is not None and not self._config.getoption("fulltrace", False):
            shorten(call.excinfo.value)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what we know to the test's reports."""
        report = yield
        test = self._test
        if test is None or test.item is not item:
            return report
        error = call.excinfo.value if call.excinfo else None
        test.saw(report, error)
        if call.excinfo is not None and report.failed:
            bare = bare_report(call.excinfo)
            if bare is not None and not self._config.getoption("fulltrace", False):
                report.longrepr = bare  # type: ignore[assignment]
        if report.when == "teardown":
            verdict = test.verdict()
            if verdict is not None:
                setattr(report, VERDICT, verdict.as_values())
        return report

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Count what the run leaves out."""
        self.suite.deselected += len(items)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand what only a worker knows to the controller."""
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["agentreplay"] = self.suite.as_values()


def _listed(rules: Any) -> list[Any]:
    if rules is None:
        return []
    return [*cast("Sequence[Any]", rules)] if isinstance(rules, (list, tuple)) else [rules]
