"""What a project says for all its tests in its conftest."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

TEST = "@pytest.mark.agentreplay{}\ndef test_it(): ask({!r})"


def test_a_hook_says_how_calls_are_matched(project: Project) -> None:
    """For the tests below the conftest; a mark says it for one test."""
    project.write("tests/loose/conftest.py", "def pytest_agentreplay_match(item): return 'sequence'")
    marks = {"tests/loose/test_a": "", "tests/strict/test_b": "", "tests/loose/marked/test_c": "(match='exact')"}
    for text in ("old", "new"):
        for module, mark in marks.items():
            project.test(TEST.format(mark, text), f"{module}.py")
        if text == "old":
            project.run().assert_outcomes(passed=3)
    project.run("--agentreplay-report=report.json").assert_outcomes(passed=1, failed=2)
    assert {test["test"]: test["problem"] for test in project.report()["tests"]} == {
        "tests/loose/test_a.py::test_it": "",
        "tests/strict/test_b.py::test_it": "missed",
        "tests/loose/marked/test_c.py::test_it": "missed",
    }


def test_hooks_and_marks_together_say_what_is_redacted(project: Project) -> None:
    """All of them count; the recording answers all the same."""
    project.write(
        "conftest.py",
        """
        import pytest

        def pytest_agentreplay_redact(item): return r"hook-\\d+"

        @pytest.fixture(scope="session")
        def agentreplay_settings(): return {"redact": [r"fixture-\\d+"]}
        """,
    )
    project.write("tests/conftest.py", 'def pytest_agentreplay_redact(item): return [r"nearer-\\d+"]')
    project.test(
        TEST.format("(redact=[r'mark-\\d+'])", "hook-1 nearer-1 mark-1 fixture-1 open-1"), "tests/test_agent.py"
    )
    project.run().assert_outcomes(passed=1)
    text = project.files[0].read_text(encoding="utf-8")
    assert "open-1" in text
    for secret in ("hook-1", "nearer-1", "mark-1", "fixture-1"):
        assert secret not in text
    with project.offline():
        project.run().assert_outcomes(passed=1)


def test_the_settings_fixture_holds_for_the_tests_that_see_it(project: Project) -> None:
    """A module can override what the project says, and a mark both."""
    fixture = "@pytest.fixture(scope={!r})\ndef agentreplay_settings(): return {}\n"
    project.write("conftest.py", "import pytest\n" + fixture.format("session", {"directory": "project"}))
    project.test(TEST.format("", "hi"), "test_one.py")
    project.test(fixture.format("module", {"directory": "module"}) + TEST.format("", "hi"), "test_two.py")
    project.test(fixture.format("function", {}) + TEST.format("(directory='mark')", "hi"), "test_three.py")
    project.run().assert_outcomes(passed=3)
    assert project.cassettes == ["mark/test_three/test_it", "module/test_two/test_it", "project/test_one/test_it"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"mod": "replay"}, "*mod in the fixture agentreplay_settings is no setting*Did you mean mode?*"),
        ({"name": "all"}, "*name in the fixture agentreplay_settings is no setting*"),
    ],
)
def test_a_wrong_setting_of_the_fixture_is_the_tests_error(
    project: Project, said: dict[str, str], message: str
) -> None:
    """It names the nearest right one; a name is no setting for many tests."""
    project.write(
        "conftest.py",
        f"import pytest\n@pytest.fixture(scope='session')\ndef agentreplay_settings(): return {said}\n",
    )
    project.test(TEST.format("", "hi"))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
