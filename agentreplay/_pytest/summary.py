"""What is said at the end of a run, in the one process that sums it up."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from agentreplay._pytest.cache import has_cache, remember_missed
from agentreplay._pytest.options import Options
from agentreplay._pytest.prices import Cost, cost_of
from agentreplay._pytest.suite import Suite, left_out
from agentreplay._pytest.verdict import COUNTED, MENDED_BY_RECORDING, Tokens, Verdict, summed
from agentreplay._version import __version__

REPORT_VERSION: Final = 1


class Summary:
    """Collects the verdicts, judges the suite's cassettes, and tells.

    `finished` is filled with the node ids of the tests that have come to their end.
    """

    def __init__(self, config: pytest.Config, options: Options, suite: Suite, finished: Collection[str]) -> None:
        self.suite = suite
        self.lost_worker = False
        self._config = config
        self._options = options
        self._verdicts: dict[str, Verdict] = {}
        self._finished = finished
        self._saved: list[Tokens] = []
        self._saved_seconds = 0.0
        self._cost: Cost | None = None
        self._unused: list[Path] = []
        self._not_judged = ""
        self._not_written: list[str] = []

    def add(self, values: Mapping[str, Any]) -> None:
        """Take the verdict on a test; one that is run again has another."""
        verdict = Verdict.of_values(values)
        self._verdicts[verdict.test] = verdict

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge, remember what to record again, and write the report."""
        verdicts = self._verdicts.values()
        self._saved = summed(each for verdict in verdicts for each in verdict.saved)
        self._saved_seconds = sum(verdict.saved_seconds for verdict in verdicts)
        self._cost = cost_of(self._saved) if self._saved else None
        self._judge(session)
        if not self._config.getoption("collectonly", False):
            remember_missed(self._config, verdicts)
        if self._options.report:
            self._write(self._options.report)
        if self._not_written and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, report: Path) -> None:
        text = json.dumps(self.as_values(), indent=2, ensure_ascii=False)
        try:
            report.parent.mkdir(parents=True, exist_ok=True)
            report.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            self._not_written.append(f"the report was not written: {error}")

    def _judge(self, session: pytest.Session) -> None:
        self._not_judged = left_out(self._config, self.suite, len(self._finished))
        if self.lost_worker:
            self._not_judged = "a worker was lost"
        if self._not_judged:
            return
        self._unused = self.suite.unused_files()
        if self._options.unused == "delete":
            for file in self._unused:
                self._remove(file)
        elif self._options.unused == "fail" and self._unused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _remove(self, file: Path) -> None:
        try:
            file.unlink()
            _remove_empty(file.parent)
        except OSError as error:
            self._not_written.append(f"an unused cassette was not removed: {error}")

    def as_values(self) -> dict[str, Any]:
        """The report as plain values."""
        verdicts = [self._verdicts[test] for test in sorted(self._verdicts)]
        cost = self._cost
        return {
            "version": REPORT_VERSION,
            "agentreplay": __version__,
            "totals": {
                "tests": len(verdicts),
                **{name: sum(getattr(verdict, name) for verdict in verdicts) for name in COUNTED},
            },
            "saved": {
                "prompt_tokens": sum(each.prompt for each in self._saved),
                "completion_tokens": sum(each.completion for each in self._saved),
                "seconds": round(self._saved_seconds, 3),
                "dollars": float(cost.dollars) if cost else None,
                "models_without_price": list(cost.unknown) if cost else [],
            },
            "unused_cassettes": {
                "judged": not self._not_judged,
                "reason": self._not_judged,
                "deleted": self._options.unused == "delete" and bool(self._unused) and not self._not_written,
                "files": [self._shown(file) for file in self._unused],
            },
            "tests": [verdict.as_values() for verdict in verdicts],
        }

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what became of the run's calls; nothing where there were none."""
        lines = [*self._tests(), *self._savings(), *self._cassettes()]
        lines += [(line, "red") for line in self._not_written]
        if not lines:
            return
        terminalreporter.section("agentreplay")
        for line, colour in lines:
            terminalreporter.line(line, **({colour: True} if colour else {}))

    def _tests(self) -> Iterable[tuple[str, str]]:
        verdicts = list(self._verdicts.values())
        if not verdicts:
            return
        if self._options.details:
            for verdict in sorted(verdicts, key=lambda each: each.test):
                yield f"{verdict.test}: {verdict}", "red" if verdict.problem else ""
                for line in (*verdict.cassettes, *verdict.drift):
                    yield f"    {line}", ""
        sums = {name: sum(getattr(verdict, name) for verdict in verdicts) for name in COUNTED}
        told = ", ".join(f"{name} {count}" for name, count in sums.items() if count) or "no call"
        bad = [verdict for verdict in verdicts if verdict.problem]
        yield f"{_many(len(verdicts), 'test')}: {told}", "red" if bad else "green"
        for verdict in bad:
            mended = verdict.problem in MENDED_BY_RECORDING
            pinned = f" (its mark says mode={verdict.mode!r})" if mended and verdict.pinned else ""
            yield f"  {verdict.problem}: {verdict.test}{pinned}", "red"
        mended = any(verdict.problem in MENDED_BY_RECORDING and not verdict.pinned for verdict in bad)
        if mended and has_cache(self._config):
            yield "  to record these again: pytest --agentreplay-rerecord-failed", ""

    def _savings(self) -> Iterable[tuple[str, str]]:
        tokens = sum(each.prompt + each.completion for each in self._saved)
        if not any(verdict.replayed for verdict in self._verdicts.values()):
            return
        told = [f"{tokens:,} tokens", f"{self._saved_seconds:,.1f} s"]
        if self._cost:
            told.insert(1, f"${self._cost.dollars:,.4f}")
        without = f" (no price known for {', '.join(self._cost.unknown)})" if self._cost and self._cost.unknown else ""
        yield f"replaying saved {', '.join(told)}{without}", ""

    def _cassettes(self) -> Iterable[tuple[str, str]]:
        asked = self._options.unused
        if self._not_judged:
            if asked:
                yield f"unused cassettes were not looked for: {self._not_judged}", "yellow"
            return
        if self._unused:
            what = "removed" if asked == "delete" and not self._not_written else "in the folders of tests that are gone"
            colour = "red" if asked == "fail" else "yellow"
            yield f"{_many(len(self._unused), 'unused cassette')}, {what}:", colour
            for file in self._unused:
                yield f"  {self._shown(file)}", colour
            if asked != "delete":
                yield "  to remove them: pytest --agentreplay-unused=delete", ""

    def _shown(self, file: Path) -> str:
        root = self._config.rootpath
        return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _remove_empty(folder: Path) -> None:
    """Remove the folder and those above it, as far up as they hold nothing any more."""
    while not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
