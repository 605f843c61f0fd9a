"""Faults on purpose and frozen time in the mark of a test."""

from __future__ import annotations

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

FAULTY = "import agentreplay\n@pytest.mark.agentreplay(faults=agentreplay.Fault.server_error(at={at}))\n"


def test_a_test_of_error_handling_meets_its_fault(project: Project) -> None:
    """The recording that was made without it answers, and what the failed call left unused is no complaint."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run().assert_outcomes(passed=1)
    project.test(FAULTY.format(at=1) + "def test_it():\n    with pytest.raises(Exception, match='had an error'): ask()")
    with project.offline():
        project.run().assert_outcomes(passed=1)


def test_a_fault_that_never_happened_fails_the_test(project: Project) -> None:
    """Its test tests nothing."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run().assert_outcomes(passed=1)
    project.test(FAULTY.format(at=2) + "def test_it(): ask()")
    with project.offline():
        result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 of the faults never happened*", "*Fault.server_error(at=2)*"])


def test_a_test_with_frozen_time_says_the_same_again(project: Project) -> None:
    """The prompt holds the time, an id and a number, and is answered from the recording."""
    project.test(
        "import datetime, random, uuid\n"
        "@pytest.mark.agentreplay(freeze=('time', 'uuid', 'random'))\n"
        "def test_it(): ask(f'{datetime.datetime.now()} {uuid.uuid4()} {random.random()}')"
    )
    project.run().assert_outcomes(passed=1)
    with project.offline():
        project.run().assert_outcomes(passed=1)
