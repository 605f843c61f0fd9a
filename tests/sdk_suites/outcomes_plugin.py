"""A pytest plugin that runs the tests named in `--only` and writes to `--outcomes` how each ended, one JSON line each.

It has nothing to do with agentreplay: the plain pass loads it as well. Load it with `-p sdk_suites.outcomes_plugin`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import pytest

from .outcomes import CALLS, Outcome


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sdk_suites")
    group.addoption("--outcomes", required=True, metavar="FILE", help="where to write how each test ended")
    group.addoption("--only", type=Path, metavar="FILE", help="a file with the ids of the tests to run, one a line")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist report to the process that started them
        config.pluginmanager.register(_Writer(Path(str(config.getoption("--outcomes")))))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    only: Path | None = config.getoption("--only")
    if only is not None:
        wanted = set(only.read_text(encoding="utf-8").splitlines())
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in wanted])
        items[:] = [item for item in items if item.nodeid in wanted]


class _Writer:
    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8")
        self._running: dict[str, Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test fails with any of its phases; it passes if its body did and neither end of it failed."""
        test = report.nodeid
        ended = self._running.get(test, Outcome(test, "passed"))
        if ended.result == "passed" and report.outcome != "passed":
            reason = f"{report.when}: {_reason(report)}" if report.failed else ""
            ended = Outcome(test, report.outcome, reason)
        calls = dict(report.user_properties).get(CALLS, 0)
        self._running[test] = Outcome(test, ended.result, ended.reason, int(calls) if isinstance(calls, int) else 0)
        if report.when == "teardown":
            self._file.write(self._running.pop(test).to_line())

    def pytest_sessionfinish(self) -> None:
        for ended in self._running.values():  # a worker that died leaves tests without an end
            self._file.write(Outcome(ended.test, "failed", ended.reason or "the test did not end").to_line())
        self._file.close()


def _reason(report: pytest.TestReport) -> str:
    """The error's message on one line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext
    return " ".join(text.split())[:1000]
