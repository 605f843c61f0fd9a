"""Recording again the tests that missed last time, and no others."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

AGAIN = "--agentreplay-rerecord-failed"

TESTS = """
    @pytest.mark.agentreplay
    def test_changed(): ask({0!r})

    @pytest.mark.agentreplay
    def test_shorter():
        ask()
        if {0!r} == "old": ask()

    @pytest.mark.agentreplay
    def test_same(): ask()

    @pytest.mark.agentreplay
    def test_broken():
        ask()
        assert {0!r} == "old"
"""


@pytest.fixture
def missed(project: Project) -> Project:
    """A project that was changed and ran once more: two tests no longer fit their recordings, and one is wrong."""
    project.test(TESTS.format("old"))
    project.run().assert_outcomes(passed=4)
    project.test(TESTS.format("new"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(["  to record these again: pytest --agentreplay-rerecord-failed"])
    return project


def test_only_tests_that_missed_are_recorded_again(missed: Project) -> None:
    """The others replay; one that fails for a reason of its own stays as it is."""
    verdicts = missed.verdicts(AGAIN)
    assert {name: verdict["mode"] for name, verdict in verdicts.items()} == {
        "test_changed": "record",
        "test_shorter": "record",
        "test_same": "replay",
        "test_broken": "replay",
    }
    with missed.offline():
        missed.run().assert_outcomes(passed=3, failed=1)


def test_what_was_recorded_again_is_not_a_second_time(missed: Project) -> None:
    """Once they fit there is nothing to do."""
    missed.run(AGAIN)
    assert {verdict["mode"] for verdict in missed.verdicts(AGAIN).values()} == {"replay"}


def test_tests_that_did_not_run_are_remembered(missed: Project) -> None:
    """A run of a part of the suite says nothing of the rest."""
    missed.run("-k", "same").assert_outcomes(passed=1, deselected=3)
    missed.run("--collect-only")
    assert missed.verdicts(AGAIN)["test_changed"]["mode"] == "record"


def test_it_goes_together_with_the_tests_that_failed(missed: Project) -> None:
    """`--lf` selects, and this option records."""
    verdicts = missed.verdicts("--lf", AGAIN)
    assert {name: verdict["mode"] for name, verdict in verdicts.items()} == {
        "test_changed": "record",
        "test_shorter": "record",
        "test_broken": "replay",
    }


def test_a_mode_in_the_mark_stays_in_force(missed: Project) -> None:
    """A test that is pinned to its recording is not recorded; failure and summary say that the mark has to change."""
    missed.test(
        TESTS.format("new").replace(
            "agentreplay\n    def test_changed", "agentreplay(mode='replay')\n    def test_changed"
        )
    )
    result = missed.run(AGAIN, "--agentreplay-report=report.json")
    assert {test["test"]: test["mode"] for test in missed.report()["tests"]}["test_agent.py::test_changed"] == "replay"
    result.stdout.fnmatch_lines(
        [
            "*re-record  the code says mode='replay', which no variable overrules. Say mode='record' there;",
            "*or say none, and AGENTREPLAY_MODE=record pytest 'test_agent.py::test_changed'",
            "  missed: test_agent.py::test_changed (its mark says mode='replay')",
        ]
    )
    result.stdout.no_fnmatch_line("*to record these again*")


@pytest.mark.parametrize("place", ["option", "ini", "environment", "fixture"])
def test_what_a_failure_says_to_run_does_record(project: Project, place: str) -> None:
    """Wherever the mode is said that kept the test from being recorded."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    arguments = ["--agentreplay-mode=replay"] if place == "option" else []
    settings = "import pytest\n@pytest.fixture\ndef agentreplay_settings(): return {'mode': 'replay'}\n"
    if place == "ini":
        project.ini("agentreplay_mode = replay")
    elif place == "environment":
        project.environment.setenv("AGENTREPLAY_MODE", "replay")
    elif place == "fixture":
        project.write("conftest.py", settings)
    result = project.run(*arguments)
    result.assert_outcomes(failed=1)
    if place == "fixture":
        result.stdout.fnmatch_lines(["*cassette('test_it', mode='record'), since no variable overrules what the code*"])
        project.write("conftest.py", settings.replace("replay'}", "record'}"))
    else:
        result.stdout.fnmatch_lines(["*: AGENTREPLAY_MODE=record, or cassette('test_it', mode='record')*"])
        project.environment.setenv("AGENTREPLAY_MODE", "record")
    assert project.verdicts()["test_it"]["kept"]


def test_a_test_without_a_cassette_counts_as_missed(project: Project) -> None:
    """As under CI, where none was made."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run("--agentreplay-mode=replay").assert_outcomes(failed=1)
    assert project.verdicts(AGAIN, "--agentreplay-mode=replay")["test_it"]["mode"] == "record"


def test_without_pytests_cache_it_is_a_usage_error(missed: Project) -> None:
    """What missed last time is not known then; everything else works."""
    missed.run("-p", "no:cacheprovider").assert_outcomes(passed=1, failed=3)
    result = missed.run("-p", "no:cacheprovider", AGAIN)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --agentreplay-rerecord-failed asks pytest's cache*"])
