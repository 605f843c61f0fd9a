"""What is told at the end of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentreplay._pytest import prices as _pytest_prices
from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]


@pytest.fixture
def mixed(project: Project) -> Project:
    """A project in whose next run one of everything happens."""
    project.test("""
        @pytest.mark.agentreplay
        @pytest.mark.parametrize("n", [1, 2])
        def test_replayed(n):
            ask()
            ask("again")

        @pytest.mark.agentreplay
        def test_missed(): ask("old")
    """)
    project.run().assert_outcomes(passed=3)
    project.test("""
        import agentreplay

        @pytest.mark.agentreplay
        @pytest.mark.parametrize("n", [1, 2])
        def test_replayed(n):
            ask()
            ask("again")

        @pytest.mark.agentreplay
        def test_missed(): ask("new")

        @pytest.mark.agentreplay
        def test_recorded(): ask()

        @pytest.mark.agentreplay(mode="live")
        def test_live(): ask()

        def test_by_hand():
            with agentreplay.cassette("mine", mode="record"): ask()

        def test_plain(): pass

        @pytest.mark.skip
        @pytest.mark.agentreplay
        def test_skipped(): ask()
    """)
    return project


def test_the_summary_counts_calls_and_what_replay_saved(mixed: Project) -> None:
    """Tests that have nothing to do with models are not counted."""
    result = mixed.run()
    result.stdout.fnmatch_lines(
        [
            "*= agentreplay =*",
            "6 tests: replayed 4, recorded 2, live 1, missed 1, unused 1",
            "  missed: test_agent.py::test_missed",
            "replaying saved 32 tokens, $0.0003, * s",
        ]
    )


def test_a_run_without_model_calls_tells_nothing(project: Project) -> None:
    """The plugin is not seen where nobody uses it."""
    project.test("def test_it(): pass")
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= agentreplay*")


@pytest.mark.parametrize("option", ["--agentreplay-details", "-rA"])
def test_details_are_told_on_request(mixed: Project, option: str) -> None:
    """A line for each test, and its cassette."""
    result = mixed.run(option)
    result.stdout.fnmatch_lines(
        [
            "test_agent.py::test_by_hand: recorded 1",
            "    cassettes/mine/*.json",
            "test_agent.py::test_live: live 1",
            "test_agent.py::test_missed: missed 1, unused 1",
            "test_agent.py::test_recorded: recorded 1",
            "    cassettes/test_agent/test_recorded/*.json",
            "test_agent.py::test_replayed?1?: replayed 2",
        ]
    )


def test_the_report_is_a_file_for_programs(mixed: Project) -> None:
    """Each test's verdict, and the sums."""
    mixed.run("--agentreplay-report=out/report.json")
    report = json.loads((mixed.path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["version"] == 1
    assert report["totals"] == {"tests": 6, "replayed": 4, "recorded": 2, "live": 1, "missed": 1, "unused": 1}
    assert report["saved"]["prompt_tokens"] == 4
    assert report["saved"]["completion_tokens"] == 28
    assert report["saved"]["dollars"] > 0
    tests = {test["test"]: test for test in report["tests"]}
    replayed = tests["test_agent.py::test_replayed[1]"]
    assert replayed["outcome"] == "passed"
    assert replayed["mode"] == "replay"
    assert replayed["replayed"] == 2
    assert replayed["saved"] == [["openai", "gpt-4o", 2, 14]]
    [cassette] = replayed["cassettes"]
    assert (mixed.path / cassette).is_file()
    missed = tests["test_agent.py::test_missed"]
    assert (missed["outcome"], missed["problem"], missed["missed"]) == ("failed", "missed", 1)
    assert tests["test_agent.py::test_recorded"]["kept"]
    assert "test_agent.py::test_plain" not in tests


def test_a_run_without_a_terminal_is_judged_all_the_same(mixed: Project) -> None:
    """Reporter or not, by its exit status and its report."""
    options = ("-p", "no:terminal", "-p", "no:randomly", "--agentreplay-report=report.json")
    result = mixed.pytester.inline_run(*options)  # pyright: ignore[reportUnknownMemberType]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert mixed.report()["totals"]["missed"] == 1


def test_a_report_that_cannot_be_written_fails_the_run(project: Project) -> None:
    """And the summary says why."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.write("file", "")
    result = project.run("--agentreplay-report=file/report.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["1 test: recorded 1", "the report was not written: *"])


def damage(file: Path) -> None:
    file.write_text("{", encoding="utf-8")


def double(file: Path) -> None:
    (file.parent / "0123456789ab.json").write_bytes(file.read_bytes())


@pytest.mark.parametrize(("change", "problem"), [(damage, "bad file"), (double, "bad file")])
def test_a_cassette_that_cannot_be_read_is_named(
    project: Project, change: Callable[[Path], object], problem: str
) -> None:
    """The test fails as it is set up, with the path; and nothing is sent."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run().assert_outcomes(passed=1)
    [file] = project.files
    change(file)
    before = {each: each.read_bytes() for each in project.files}
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*cassettes/test_agent/test_it*", f"  {problem}: test_agent.py::test_it"])
    assert {each: each.read_bytes() for each in project.files} == before
    assert project.provider.count == 1


def test_what_a_failed_test_recorded_is_told_not_to_be_kept(project: Project) -> None:
    """So that nobody looks for the file."""
    project.test("@pytest.mark.agentreplay\ndef test_it():\n    ask()\n    assert False")
    result = project.run("--agentreplay-details")
    result.stdout.fnmatch_lines(["test_agent.py::test_it: recorded 1, not kept"])


def test_models_without_a_known_price_are_named(project: Project) -> None:
    """The sum says what it does not hold."""
    project.write("agent.py", (project.path / "agent.py").read_text(encoding="utf-8").replace("gpt-4o", "our-own"))
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run()
    project.run().stdout.fnmatch_lines(["replaying saved * tokens, $0.0000, * s (no price known for our-own)"])


def nowhere(_name: str) -> None:
    """Finds no package."""


def test_without_the_price_list_no_price_is_told(project: Project) -> None:
    """`genai-prices` is optional."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run()
    project.environment.setattr(_pytest_prices, "find_spec", nowhere)
    project.run().stdout.fnmatch_lines(["replaying saved * tokens, *.* s"])


def test_the_verdict_is_coloured_where_the_terminal_has_colours(project: Project) -> None:
    """Green where all is well, red where a test is at odds with its cassette."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run()
    project.run("--color=yes").stdout.fnmatch_lines(["*\x1b?32m1 test: replayed 1*"])
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask('new')")
    project.run("--color=yes").stdout.fnmatch_lines(["*\x1b?31m1 test: missed 1, unused 1*"])
