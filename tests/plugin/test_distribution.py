"""Beside other plugins: tests spread over processes, in any order, selected and run again."""

from __future__ import annotations

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SUITE = """
    pytestmark = pytest.mark.agentreplay

    @pytest.mark.parametrize("n", range(6))
    def test_many(n): ask(str(n))

    @pytest.mark.xdist_group("group")
    class TestGroup:
        def test_one(self): ask("one")
        def test_two(self): ask("two")
"""


def test_workers_are_summed_up_once(project: Project) -> None:
    """By the controller, with everything that one process tells."""
    project.test(SUITE + "\n    def test_gone(): ask()\n")
    project.run().assert_outcomes(passed=9)
    project.test(SUITE.replace('ask("two")', 'ask("other")'))
    result = project.run_apart("-n", "2", "--agentreplay-report=report.json", "--agentreplay-unused=fail")
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(
        [
            "8 tests: replayed 7, missed 1, unused 1",
            "  missed: test_agent.py::TestGroup::test_two",
            "  to record these again: *",
            "replaying saved *",
            "1 unused cassette, in the folders of tests that are gone:",
            "  cassettes/test_agent/test_gone/*.json",
        ]
    )
    assert result.stdout.str().count("= agentreplay =") == 1
    assert project.report()["unused_cassettes"]["judged"]
    again = project.run_apart("-n", "2", "--agentreplay-rerecord-failed")
    again.stdout.fnmatch_lines(["8 tests: replayed 7, recorded 1"])
    with project.offline():
        project.run().assert_outcomes(passed=8)


def test_grouped_tests_have_the_cassettes_that_they_have_alone(project: Project) -> None:
    """pytest-xdist changes the ids of tests in groups."""
    project.test(SUITE)
    project.run().assert_outcomes(passed=8)
    with project.offline():
        result = project.run_apart("-n", "1", "--dist=loadgroup", "--agentreplay-mode=replay")
    result.assert_outcomes(passed=8)
    result.stdout.fnmatch_lines(["8 tests: replayed 8"])


def test_a_usage_error_in_a_worker_is_told(project: Project) -> None:
    """As it is without workers."""
    project.test("@pytest.mark.agentreplay(mod='replay')\ndef test_it(): ask()")
    result = project.run_apart("-n", "1")
    assert result.ret != 0
    assert "Did you mean mode?" in result.stdout.str() + result.stderr.str()


def test_a_lost_worker_makes_no_cassette_unused(project: Project) -> None:
    """What it would have told about the suite is not known then."""
    project.test(SUITE + "\n    def test_gone(): ask()\n")
    project.run().assert_outcomes(passed=9)
    project.test(SUITE + "\n    def test_exit():\n        import os\n        os._exit(3)\n")
    result = project.run_apart("-n", "1", "--max-worker-restart=0", "--agentreplay-unused=delete")
    result.stdout.fnmatch_lines(["unused cassettes were not looked for: *"])
    assert len(project.files) == 9


def test_any_order_gives_the_same(project: Project) -> None:
    """pytest-randomly shuffles the tests, and seeds what is random in each."""
    project.test(SUITE)
    project.run().assert_outcomes(passed=8)
    for seed in ("1", "2", "3"):
        with project.offline():
            result = project.pytester.runpytest_inprocess("-p", "no:hypothesispytest", f"--randomly-seed={seed}")
        result.assert_outcomes(passed=8)


def test_selected_tests_replay_alone(project: Project) -> None:
    """By `--lf`, by name or by position: no test needs another."""
    project.test(SUITE)
    project.run().assert_outcomes(passed=8)
    project.test(SUITE.replace('ask("one")', "assert False"))
    project.run().assert_outcomes(passed=7, failed=1)
    project.test(SUITE)
    with project.offline():
        project.run("--lf").assert_outcomes(passed=1)
        project.run("-k", "TestGroup").assert_outcomes(passed=2, deselected=6)
        project.run("test_agent.py::test_many[3]").assert_outcomes(passed=1)


def test_the_junit_report_is_left_alone(project: Project) -> None:
    """Verdicts travel beside it."""
    project.test(SUITE)
    project.run("--junitxml=junit.xml").assert_outcomes(passed=8)
    assert "<propert" not in (project.path / "junit.xml").read_text(encoding="utf-8")
