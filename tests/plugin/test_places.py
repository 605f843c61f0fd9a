"""Where the cassette of a test lies."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]


def test_the_cassette_lies_beside_the_test_file_by_module_and_test(project: Project) -> None:
    """`cassettes/{module}/{test}`, in whichever folder the test file is and pytest was started."""
    project.test("@pytest.mark.agentreplay\ndef test_rain(): ask()", "tests/unit/test_weather.py")
    project.run("tests").assert_outcomes(passed=1)
    assert project.cassettes == ["tests/unit/cassettes/test_weather/test_rain"]
    project.environment.chdir(project.path / "tests")
    project.run("unit/test_weather.py::test_rain").assert_outcomes(passed=1)
    assert project.provider.count == 1


def test_tests_that_differ_in_anything_have_cassettes_of_their_own(project: Project) -> None:
    """Equal names in two modules, folders or classes, and parameters that look alike as paths, are kept apart."""
    text = """
        pytestmark = pytest.mark.agentreplay

        @pytest.mark.parametrize("value", ["a/b", "a:b", "a b", "A B", "", "..", "x" * 300])
        def test_it(value): ask()

        class TestOne:
            def test_it(self): ask()

        class TestTwo:
            def test_it(self): ask()
    """
    for name in ("test_one.py", "test_two.py", "below/test_three.py"):
        project.test(text, name)
    project.run().assert_outcomes(passed=27)
    assert len(set(project.cassettes)) == len(project.files) == 27
    with project.offline():
        project.run().assert_outcomes(passed=27)


@pytest.mark.parametrize("how", ["importlib", "prepend", "append"])
def test_a_test_has_one_place_however_it_is_started(project: Project, how: str) -> None:
    """However modules are imported, from whichever folder and root, all together or one alone by its name."""
    for folder in ("checks", "checks/deep"):
        project.write(f"{folder}/__init__.py", "")
        project.test(
            "class TestRain:\n    @pytest.mark.agentreplay\n    def test_it(self): ask()", f"{folder}/test_it.py"
        )
    project.run(f"--import-mode={how}").assert_outcomes(passed=2)
    assert len(project.files) == 2
    test = project.path / "checks" / "deep" / "test_it.py::TestRain::test_it"
    elsewhere = project.path / "elsewhere"
    elsewhere.mkdir()
    with project.offline():
        for start, arguments in [
            (elsewhere, [str(project.path / "checks")]),
            (elsewhere, [str(test)]),
            (test.parent, ["test_it.py::TestRain::test_it"]),
            (project.path, ["--rootdir=checks/deep", "checks/deep/test_it.py"]),
        ]:
            project.environment.chdir(start)
            result = project.run(f"--import-mode={how}", "--agentreplay-mode=replay", *arguments)
            result.stdout.fnmatch_lines(["* test*: replayed *"])
            assert result.ret == pytest.ExitCode.OK


def test_a_cassette_names_its_test(project: Project) -> None:
    """The module and the test stand in the file."""
    project.test("@pytest.mark.agentreplay\ndef test_rain(): ask()")
    project.run()
    assert project.cassette("test_rain").meta.test_id == "test_agent.py::test_rain"


def test_a_directory_of_the_mark_stands_beside_the_test_file(project: Project) -> None:
    """It takes the place of `cassettes`; modules stay apart in it."""
    project.test("@pytest.mark.agentreplay(directory='recordings')\ndef test_rain(): ask()", "tests/test_it.py")
    project.run().assert_outcomes(passed=1)
    assert project.cassettes == ["tests/recordings/test_it/test_rain"]


def test_a_directory_of_the_project_holds_all_cassettes(project: Project) -> None:
    """Where the settings name one, cassettes lie in there, in the folders that the tests have below the root."""
    project.write("pyproject.toml", "[tool.agentreplay]\ndirectory = 'recordings'\n")
    project.test("@pytest.mark.agentreplay\ndef test_rain(): ask()", "tests/unit/test_it.py")
    project.run().assert_outcomes(passed=1)
    assert project.cassettes == ["recordings/tests/unit/test_it/test_rain"]


def test_a_name_of_the_mark_stands_for_the_test(project: Project) -> None:
    """The folder is then called so."""
    project.test("@pytest.mark.agentreplay(name='storm')\ndef test_rain(): ask()")
    project.run().assert_outcomes(passed=1)
    assert project.cassettes == ["cassettes/test_agent/storm"]


def test_tests_that_record_cannot_share_a_name(project: Project) -> None:
    """Each would replace the other's recording; the run is refused and names them."""
    project.test("""
        @pytest.mark.agentreplay(name='storm')
        @pytest.mark.parametrize("value", [1, 2])
        def test_rain(value): ask()
    """)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: name='storm' gives these tests one recording*", "  test_agent.py::test_rain?1?"]
    )


def test_tests_that_only_replay_can_share_a_name(project: Project) -> None:
    """Two tests hold two implementations against one recording."""
    test = "@pytest.mark.agentreplay(name='storm'{})\n{}def test_rain{}: ask()"
    project.test(test.format("", "", "()"))
    project.run().assert_outcomes(passed=1)
    project.test(test.format(", mode='replay'", "@pytest.mark.parametrize('value', [1, 2])\n", "(value)"))
    with project.offline():
        project.run().assert_outcomes(passed=2)


def test_an_unknown_argument_of_a_mark_is_a_usage_error(project: Project) -> None:
    """It names the test and the argument that was probably meant."""
    project.test("@pytest.mark.agentreplay(mod='replay')\ndef test_rain(): ask()")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: mod in the mark of test_agent.py::test_rain*Did you mean mode?*"])


def test_an_argument_without_a_name_is_a_usage_error(project: Project) -> None:
    """A mark takes names only."""
    project.test("@pytest.mark.agentreplay('replay')\ndef test_rain(): ask()")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the mark of test_agent.py::test_rain is given an argument without a name*"])


def test_a_value_that_cannot_be_meant_fails_the_test(project: Project) -> None:
    """The error of `agentreplay.cassette` is the test's."""
    project.test("@pytest.mark.agentreplay(mode='replya')\ndef test_rain(): ask()")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*mode='replya' is not known. Did you mean 'replay'?*"])


def test_the_mark_of_the_function_goes_before_that_of_class_and_module(project: Project) -> None:
    """Arguments are joined, the nearer one wins."""
    project.test("""
        pytestmark = pytest.mark.agentreplay(directory='module', name='module')

        @pytest.mark.agentreplay(directory='class')
        class TestRain:
            @pytest.mark.agentreplay(name='function')
            def test_it(self): ask()
    """)
    project.run().assert_outcomes(passed=1)
    assert project.cassettes == ["class/test_agent/function"]


def test_a_wrong_setting_of_the_project_is_a_usage_error(project: Project) -> None:
    """Once a test has a session; a run without any does not read the settings."""
    project.write("pyproject.toml", "[tool.agentreplay]\nmod = 'replay'\n")
    project.test("def test_rain(): pass")
    project.run().assert_outcomes(passed=1)
    project.test("@pytest.mark.agentreplay\ndef test_rain(): ask()")
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: mod in *pyproject.toml*Did you mean mode?*"])
