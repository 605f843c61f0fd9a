"""Cassettes that no test uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

TEST = "@pytest.mark.agentreplay\ndef test_{}(): ask()\n"
DELETE = "--agentreplay-unused=delete"


@pytest.fixture
def shrunk(project: Project) -> Project:
    """A project of which a test, a class and a module have gone since it was recorded."""
    kept = TEST.format("kept") + "def test_plain(): pass\n"
    gone = "@pytest.mark.agentreplay\nclass TestGone:\n    def test_it(self): ask()\n"
    project.test(kept + gone + TEST.format("gone"), "tests/test_one.py")
    project.test(TEST.format("it"), "tests/test_gone.py")
    project.run().assert_outcomes(passed=5)
    project.test(kept, "tests/test_one.py")
    (project.path / "tests" / "test_gone.py").unlink()
    return project


GONE = [
    "tests/cassettes/test_gone/test_it",
    "tests/cassettes/test_one/test_gone",
    "tests/cassettes/test_one/testgone-test_it-*",
]


def test_cassettes_of_tests_that_are_gone_are_named(shrunk: Project) -> None:
    """By default, as a warning."""
    result = shrunk.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "3 unused cassettes, in the folders of tests that are gone:",
            *(f"  {folder}/*.json" for folder in GONE),
            "  to remove them: pytest --agentreplay-unused=delete",
        ]
    )
    assert len(shrunk.files) == 4


def test_they_can_fail_the_run(shrunk: Project) -> None:
    """By option or ini file."""
    assert shrunk.run("--agentreplay-unused=fail").ret == pytest.ExitCode.TESTS_FAILED
    shrunk.ini("agentreplay_unused = fail")
    assert shrunk.run().ret == pytest.ExitCode.TESTS_FAILED
    assert shrunk.run("--agentreplay-unused=warn").ret == 0


def test_they_can_be_deleted(shrunk: Project) -> None:
    """With the folders that are empty then; what is used stays, and other files do."""
    other = shrunk.write("tests/cassettes/test_gone/notes.txt", "mine")
    result = shrunk.run(DELETE)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["3 unused cassettes, removed:"])
    assert shrunk.cassettes == ["tests/cassettes/test_one/test_kept"]
    assert [path.name for path in (shrunk.path / "tests" / "cassettes" / "test_one").iterdir()] == ["test_kept"]
    assert other.exists()


def test_one_that_cannot_be_deleted_fails_the_run(shrunk: Project) -> None:
    """It is named, and the others go."""
    stuck = next(file for file in shrunk.files if file.parent.name == "test_gone")
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == stuck:
            raise PermissionError(f"not yours: {path}")
        unlink(path, missing_ok)

    shrunk.environment.setattr(Path, "unlink", refuse)
    result = shrunk.run(DELETE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"an unused cassette was not removed: not yours: {stuck}"])
    assert shrunk.cassettes == ["tests/cassettes/test_one/test_gone", "tests/cassettes/test_one/test_kept"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["-k", "kept"], "1 tests were deselected"),
        (["-m", "agentreplay"], "1 tests were deselected"),
        (["--deselect", "tests/test_one.py::test_plain"], "1 tests were deselected"),
        (["tests/test_one.py"], "only a part of it was named*"),
        (["tests"], "only a part of it was named*"),
        (["--ignore=elsewhere"], "files were ignored*"),
        (["--lf"], "only the tests that failed last time ran*"),
        (["--collect-only"], "tests were only collected"),
        (["-x"], "1 of 3 tests did not run to their end"),
    ],
)
def test_they_are_only_judged_when_the_whole_suite_ran(shrunk: Project, arguments: list[str], reason: str) -> None:
    """A selection would make the rest look unused; the run says why it did not look."""
    if arguments == ["-x"]:
        shrunk.test("def test_a(): assert False\ndef test_b(): pass", "tests/test_z.py")
        arguments = ["-x", "-p", "no:cacheprovider"]
        reason = "1 of 4 tests did not run to their end"
    result = shrunk.run(DELETE, *arguments)
    result.stdout.fnmatch_lines([f"unused cassettes were not looked for: {reason}"])
    assert len(shrunk.files) == 4


def test_the_folders_of_the_ini_file_are_the_whole_suite(shrunk: Project) -> None:
    """Named on the command line or not."""
    shrunk.ini("testpaths = tests")
    shrunk.run("tests").stdout.fnmatch_lines(["3 unused cassettes*"])
    shrunk.run(DELETE).stdout.fnmatch_lines(["3 unused cassettes, removed:"])


@pytest.mark.parametrize("leaving", ["pytest.importorskip('nowhere')", "pytest.skip(allow_module_level=True)"])
def test_cassettes_of_tests_that_left_themselves_out_are_used(shrunk: Project, leaving: str) -> None:
    """Skipped tests and modules come back elsewhere."""
    shrunk.run(DELETE)
    shrunk.test(f"{leaving}\n{TEST.format('kept')}", "tests/test_one.py")
    shrunk.test(TEST.format("other"), "tests/test_two.py")
    shrunk.run(DELETE)
    shrunk.test(f"pytestmark = pytest.mark.skip\n{TEST.format('kept')}", "tests/test_one.py")
    shrunk.run(DELETE)
    assert shrunk.cassettes == ["tests/cassettes/test_one/test_kept", "tests/cassettes/test_two/test_other"]


def test_cassettes_by_hand_are_not_the_plugins_to_judge(project: Project) -> None:
    """Opened in this run or not: nobody but their own code knows who needs them."""
    project.test("""
        import agentreplay

        def test_it():
            with agentreplay.cassette("mine"): ask()

        @pytest.mark.agentreplay
        def test_other(): ask()
    """)
    project.run().assert_outcomes(passed=2)
    project.test(TEST.format("other"))
    project.run(DELETE)
    assert project.cassettes == ["cassettes/mine", "cassettes/test_agent/test_other"]


def test_cassettes_of_skipped_tests_are_not_judged_where_a_fixture_places_them(project: Project) -> None:
    """The fixture was never asked where they lie."""
    project.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(scope="session")
        def agentreplay_settings(): return {"directory": "recordings"}
    """,
    )
    project.test(TEST.format("one") + TEST.format("two"))
    project.run().assert_outcomes(passed=2)
    assert project.cassettes == ["recordings/test_agent/test_one", "recordings/test_agent/test_two"]
    project.test(TEST.format("one") + "@pytest.mark.skip\n" + TEST.format("two"))
    result = project.run(DELETE)
    result.stdout.fnmatch_lines(["unused cassettes were not looked for: 1 tests did not run whose cassettes*"])
    assert len(project.files) == 2
