"""What a test's outcome does to its cassette, and what its cassette does to the outcome."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

RECORD = "--agentreplay-mode=record"

FAILURES = {
    "body": "@pytest.mark.agentreplay\ndef test_it():\n    ask({0!r})\n    assert {1}",
    "setup": (
        "@pytest.fixture\ndef bad():\n    ask({0!r})\n    assert {1}\n@pytest.mark.agentreplay\ndef test_it(bad): ask()"
    ),
    "teardown": (
        "@pytest.fixture\ndef bad():\n    yield\n    assert {1}\n@pytest.mark.agentreplay\ndef test_it(bad): ask({0!r})"
    ),
    "teardown of another scope": (
        "@pytest.fixture(scope='module')\ndef bad():\n    yield\n    assert {1}\n"
        "@pytest.mark.agentreplay\ndef test_it(bad): ask({0!r})"
    ),
    "expected failure": "@pytest.mark.xfail\n@pytest.mark.agentreplay\ndef test_it():\n    ask({0!r})\n    assert {1}",
    "skipped inside": "@pytest.mark.agentreplay\ndef test_it():\n    ask({0!r})\n    if not {1}: pytest.skip()",
    "unittest": (
        "import unittest\n@pytest.mark.agentreplay\nclass TestIt(unittest.TestCase):\n"
        "    def test_it(self):\n        ask({0!r})\n        self.assertTrue({1})"
    ),
    "exit": "@pytest.mark.agentreplay\ndef test_it():\n    ask({0!r})\n    if not {1}: pytest.exit('enough')",
}


AS_INTENDED = {
    "expected failure": {"xfailed": 1},
    "skipped inside": {"skipped": 1},
}
"""Where a test did not pass, and nothing is wrong with that."""


@pytest.mark.parametrize("failure", AS_INTENDED)
def test_a_test_that_ends_as_intended_without_passing_is_recorded_once(project: Project, failure: str) -> None:
    """Else it would ask for real in every run, and miss where nothing is recorded, as under CI."""
    project.test(FAILURES[failure].format("hi", False))
    project.run().assert_outcomes(**AS_INTENDED[failure])
    [file] = project.files
    with project.offline():
        result = project.run("--agentreplay-mode=replay")
    result.assert_outcomes(**AS_INTENDED[failure])
    result.stdout.fnmatch_lines(["1 test: replayed 1"])
    assert project.files == [file]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_test_that_did_not_pass_leaves_the_cassette_as_it_was(project: Project, failure: str) -> None:
    """Wherever it failed, was left or was expected to fail; and it makes none where there was none."""
    text = FAILURES[failure]
    if failure not in AS_INTENDED:
        project.test(text.format("new", False))
        project.run(RECORD)
        assert project.files == []
    project.test(text.format("old", True))
    project.run(RECORD)
    [file] = project.files
    before = file.read_bytes()
    project.test(text.format("new", False))
    project.run(RECORD)
    assert project.files == [file]
    assert file.read_bytes() == before


def test_an_interrupted_run_leaves_the_cassette_as_it_was(project: Project) -> None:
    """Control-C in the middle of a test keeps nothing of it, and what the tests before it recorded."""
    mark = "@pytest.mark.agentreplay\n"
    text = f"{mark}def test_one(): ask({{0!r}})\n{mark}def test_two():\n    ask({{0!r}})\n"
    project.test(text.format("old"))
    project.run(RECORD).assert_outcomes(passed=2)
    project.test(text.format("new") + "    raise KeyboardInterrupt")
    arguments = ("-p", "no:randomly", "-p", "no:hypothesispytest", RECORD)
    ran = project.pytester.inline_run(*arguments, no_reraise_ctrlc=True)  # pyright: ignore[reportUnknownMemberType]
    assert ran.ret == pytest.ExitCode.INTERRUPTED
    asked = {file.parent.name: "new" in file.read_text(encoding="utf-8") for file in project.files}
    assert asked == {"test_one": True, "test_two": False}


def test_a_failing_subtest_leaves_the_cassette_as_it_was(project: Project) -> None:
    """The body ends well then, and the test fails all the same."""
    text = (
        "@pytest.mark.agentreplay\ndef test_it(subtests):\n    with subtests.test():\n        ask()\n        assert {}"
    )
    if not hasattr(pytest, "Subtests"):
        text = "@pytest.mark.agentreplay\ndef test_it():\n    ask()\n    assert {}"
    project.test(text.format("False"))
    project.run(RECORD)
    assert project.files == []
    project.test(text.format("True"))
    project.run(RECORD)
    assert len(project.files) == 1


def test_a_test_that_passed_has_its_cassette_replaced(project: Project) -> None:
    """The old file is gone."""
    for text in ("old", "new"):
        project.test(f"@pytest.mark.agentreplay\ndef test_it(): ask({text!r})")
        project.run(RECORD).assert_outcomes(passed=1)
        [file] = project.files
        assert text in file.read_text()


def test_a_marked_test_without_any_call_fails_with_the_reason(project: Project) -> None:
    """In every mode, also while recording; a test that is marked tests something."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): pass")
    for mode in ("auto", "record", "replay", "extend", "live", "verify"):
        result = project.run(f"--agentreplay-mode={mode}")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*not one call was intercepted*Likely causes:", "  - *", "  no call: test_agent.py::test_it"]
        )


def test_a_marked_test_with_cassettes_by_hand_is_told_so(project: Project) -> None:
    """Its calls are not its session's."""
    project.test("""
        import agentreplay

        @pytest.mark.agentreplay
        def test_it():
            with agentreplay.cassette("mine"): ask()
    """)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*It makes its calls inside cassettes of its own ('mine'), which need no mark.*"])


def test_a_replaying_test_that_makes_no_call_fails(project: Project) -> None:
    """Although its cassette has some; unless the mark says that this is right."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run().assert_outcomes(passed=1)
    project.test("@pytest.mark.agentreplay\ndef test_it(): pass")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*not one call was intercepted*"])
    project.test("@pytest.mark.agentreplay(allow_unused=True)\ndef test_it(): pass")
    project.run().assert_outcomes(passed=1)


def test_interactions_that_are_not_asked_for_fail_the_test(project: Project) -> None:
    """As its failure, not as an error of its teardown; unless the mark allows it."""
    text = "@pytest.mark.agentreplay({})\ndef test_it():\n    ask('one')\n    {}"
    project.test(text.format("", "ask('two')"))
    project.run().assert_outcomes(passed=1)
    project.test(text.format("", ""))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["1 of 2 recorded interactions were not asked for:", "*two*", "  unused: test_agent.py::test_it"]
    )
    project.test(text.format("allow_unused=True", ""))
    project.run().assert_outcomes(passed=1)


def test_a_failing_test_is_not_judged_by_its_cassette(project: Project) -> None:
    """Its own failure is what is shown."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    project.run().assert_outcomes(passed=1)
    project.test("@pytest.mark.agentreplay\ndef test_it(): assert not 'mine'")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*not asked for*")
    result.stdout.no_fnmatch_line("*intercepted*")


def test_a_miss_that_the_program_swallows_fails_the_test(project: Project) -> None:
    """An agent that goes on after any error does not make it green."""
    text = """
        @pytest.mark.agentreplay
        def test_it():
            ask("known")
            try:
                ask({!r})
            except Exception:
                pass
    """
    project.test(text.format("known"))
    project.run().assert_outcomes(passed=1)
    project.test(text.format("unknown") + '            ask("known")\n')
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*CassetteMismatchError*", "*unknown*", "  missed: test_agent.py::test_it"])


def test_a_test_without_a_cassette_fails_where_it_makes_its_call(project: Project) -> None:
    """In replay, and in auto under CI; the failure shows the call and what to run."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()")
    for arguments, ci in ((["--agentreplay-mode=replay"], ""), ([], "true")):
        project.environment.setenv("CI", ci)
        result = project.run(*arguments)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*def test_it(): ask()", "*there is no cassette for 'test_it'*"])
        result.stdout.fnmatch_lines(["  no cassette: test_agent.py::test_it"])
    assert project.files == []
    assert project.provider.count == 0


def test_a_test_that_is_run_again_begins_anew(project: Project) -> None:
    """With pytest-rerunfailures: what a failed attempt recorded is gone, and a recording answers again."""
    text = """
        attempts = []

        @pytest.mark.agentreplay
        def test_it():
            ask("one")
            attempts.append(1)
            assert len(attempts) == 3
            ask("two")
    """
    project.test(text)
    result = project.run("--reruns=3", RECORD)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 test: recorded 2"])
    assert len(project.cassette("test_it").interactions) == 2
    with project.offline():
        result = project.run("--reruns=3")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 test: replayed 2"])


def test_a_call_outside_every_cassette_can_be_forbidden(project: Project) -> None:
    """It fails the test that made it, also where the program swallows the error; other tests are not touched."""
    project.test("""
        @pytest.mark.agentreplay
        def test_marked(): ask()
        def test_none(): pass
        def test_plain(): ask()
        def test_swallowed():
            try: ask()
            except Exception: pass
        def test_after(): pass
    """)
    result = project.run("--agentreplay-block-network")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*openai POST /chat/completions was called outside any cassette, and --agentreplay-block-*",
            "  refused: test_agent.py::test_plain",
            "  refused: test_agent.py::test_swallowed",
        ]
    )
    assert project.provider.count == 1
    project.ini("agentreplay_block_network = true")
    project.run().assert_outcomes(passed=3, failed=2)


def test_a_call_of_a_wider_fixture_can_be_forbidden_too(project: Project) -> None:
    """Where it stands in no cassette."""
    project.test("""
        @pytest.fixture(scope="module")
        def wide(): ask()

        @pytest.mark.agentreplay
        def test_it(wide): ask()
    """)
    project.run("--agentreplay-block-network").assert_outcomes(errors=1)
    assert project.provider.count == 0


def test_a_stream_that_ends_with_the_test_is_a_call_of_its_body(project: Project) -> None:
    """It was begun there; if it is not asked for any more, the body is what fails."""
    text = "import agent\n@pytest.mark.agentreplay\ndef test_it():\n    ask()\n    {}"
    call = "agent.client().chat.completions.create(model='gpt-4o', messages=[], stream=True)"
    project.test(text.format(f"next(iter({call}))"))
    project.run().assert_outcomes(passed=1)
    project.test(text.format("pass"))
    project.run().assert_outcomes(failed=1)
