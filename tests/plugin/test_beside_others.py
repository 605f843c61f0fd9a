"""In one process with the plugins for VCR's cassettes."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.plugin.conftest import INI, Project

pytest_plugins = ["pytester"]

# VCR's files are in YAML, whose parts in C do not bear to be imported again by each run in this process.
import_module("yaml")

TESTS = """
    import os
    from urllib.request import urlopen

    URL = os.environ["ANTHROPIC_BASE_URL"] + "/v1/models"

    def fetch():
        with urlopen(URL) as answer:
            return answer.read()

    @pytest.mark.vcr
    def test_theirs(): assert fetch()

    @pytest.mark.agentreplay
    def test_ours(): ask()

    @pytest.mark.vcr
    @pytest.mark.agentreplay
    def test_both():
        assert fetch()
        ask()
"""


@pytest.mark.parametrize(("plugin", "record"), [("recording", "--record-mode=once"), ("vcr", "--vcr-record=once")])
def test_each_records_and_replays_its_own(project: Project, plugin: str, record: str) -> None:
    """Marks, options, fixtures and files do not get into each other's way, in one test neither."""
    project.write("pytest.ini", INI.replace(f" -p no:{plugin}", ""))
    project.test(TESTS)
    project.run(record).assert_outcomes(passed=3)
    assert project.cassettes == ["cassettes/test_agent/test_both", "cassettes/test_agent/test_ours"]
    theirs = [file.name for file in project.path.rglob("*.yaml")]
    assert sorted(theirs) == ["test_both.yaml", "test_theirs.yaml"]
    with project.offline():
        result = project.run("--agentreplay-mode=replay", "--agentreplay-unused=delete")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["2 tests: replayed 2"])
    assert len(list(project.path.rglob("*.yaml"))) == 2


def test_a_test_that_runs_pytest_is_apart_from_what_it_runs(project: Project) -> None:
    """In the same process: the calls of the inner run are those of its tests, those around it the test's."""
    project.write("conftest.py", "pytest_plugins = ['pytester']")
    project.test(f"""
        INNER = '''
            import pytest
            from agent import ask

            @pytest.mark.agentreplay
            def test_inner(): ask("inner")
        '''

        @pytest.mark.agentreplay
        def test_outer(pytester):
            ask("before")
            pytester.makeini({INI!r})
            pytester.makepyfile(INNER)
            for told in ("recorded 1", "replayed 1"):
                result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:hypothesispytest")
                result.assert_outcomes(passed=1)
                result.stdout.fnmatch_lines([f"1 test: {{told}}"])
            ask("after")
    """)
    project.run().assert_outcomes(passed=1)
    assert len(project.cassette("test_outer").interactions) == 2
    project.run("--agentreplay-mode=extend").stdout.fnmatch_lines(["1 test: replayed 2"])
