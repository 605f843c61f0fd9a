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
