"""Which mode a test's session is in, and who says so."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

PLAIN = "@pytest.mark.agentreplay\ndef test_it(): ask()"


def mode_of(project: Project, *arguments: str) -> str:
    mode: str = project.verdicts(*arguments)["test_it"]["mode"]
    return mode


@pytest.fixture
def recorded(project: Project) -> Project:
    """A project whose one test has its cassette."""
    project.test(PLAIN)
    project.run().assert_outcomes(passed=1)
    return project


MODES = {
    "auto": "replay",
    "replay": "replay",
    "record": "record",
    "extend": "extend",
    "live": "live",
    "verify": "verify",
    "once": "replay",
    "none": "replay",
    "all": "record",
    "new_episodes": "extend",
}
"""What can be said, and what a test that has its cassette does then."""


def test_every_mode_can_be_named_on_the_command_line(recorded: Project) -> None:
    """By its own name, and by VCR's."""
    assert {said: mode_of(recorded, f"--agentreplay-mode={said}") for said in MODES} == MODES


def test_every_mode_can_be_named_in_a_mark(project: Project) -> None:
    """Likewise."""
    tests = "".join(f"@pytest.mark.agentreplay(mode={said!r})\ndef test_{said}(): ask()\n" for said in MODES)
    project.test("".join(f"@pytest.mark.agentreplay\ndef test_{said}(): ask()\n" for said in MODES))
    project.run().assert_outcomes(passed=10)
    project.test(tests)
    verdicts = project.verdicts()
    assert {said: verdicts[f"test_{said}"]["mode"] for said in MODES} == MODES


def test_a_mode_can_be_named_in_the_ini_file_and_in_the_environment(recorded: Project) -> None:
    """By VCR's names too."""
    recorded.ini("agentreplay_mode = new_episodes")
    assert mode_of(recorded) == "extend"
    recorded.ini()
    recorded.environment.setenv("AGENTREPLAY_MODE", "all")
    assert mode_of(recorded) == "record"


def test_the_mark_goes_before_the_command_line_and_that_before_the_ini_file(recorded: Project) -> None:
    """The nearer to the test, the stronger."""
    recorded.ini("agentreplay_mode = live")
    assert mode_of(recorded, "--agentreplay-mode=extend") == "extend"
    recorded.test(PLAIN.replace("agentreplay", "agentreplay(mode='replay')"))
    assert mode_of(recorded, "--agentreplay-mode=extend") == "replay"


def test_the_environment_goes_before_the_ini_file(recorded: Project) -> None:
    """As it goes before the project's settings."""
    recorded.ini("agentreplay_mode = replay")
    recorded.environment.setenv("AGENTREPLAY_MODE", "record")
    assert mode_of(recorded) == "record"


def test_the_fixture_for_settings_stands_between_command_line_and_ini_file(recorded: Project) -> None:
    """It is the project's word for all its tests."""
    recorded.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture(scope="session")
        def agentreplay_settings(): return {"mode": "live"}
    """,
    )
    recorded.ini("agentreplay_mode = replay")
    assert mode_of(recorded) == "live"
    assert mode_of(recorded, "--agentreplay-mode=extend") == "extend"


def test_replay_in_the_environment_is_stronger_than_the_mark(recorded: Project) -> None:
    """Nothing can be turned live in there."""
    recorded.environment.setenv("AGENTREPLAY_MODE", "replay")
    recorded.test(PLAIN.replace("agentreplay", "agentreplay(mode='record')"))
    assert mode_of(recorded) == "replay"


@pytest.mark.parametrize("option", ["--agentreplay-mode=record", "--agentreplay-rerecord-failed"])
def test_an_option_that_the_environment_forbids_is_a_usage_error(recorded: Project, option: str) -> None:
    """Of the two somebody is wrong, and a run that quietly does the other thing helps nobody."""
    recorded.environment.setenv("AGENTREPLAY_MODE", "replay")
    result = recorded.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --agentreplay-*=record contradicts AGENTREPLAY_MODE=replay*"])


def test_under_ci_nothing_is_recorded_unless_somebody_says_so(project: Project) -> None:
    """The default is then to replay."""
    project.test(PLAIN)
    project.environment.setenv("CI", "true")
    project.run().assert_outcomes(failed=1)
    assert project.files == []
    project.run("--agentreplay-mode=record").assert_outcomes(passed=1)
    assert mode_of(project) == "replay"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("agentreplay_mode = replya", "*mode='replya' is not known. Did you mean 'replay'?*pytest.ini.*"),
        ("agentreplay_unused = drop", "*agentreplay_unused='drop' is not known*Choose one of: warn, fail, delete.*"),
    ],
)
def test_a_wrong_word_in_the_ini_file_is_a_usage_error(project: Project, line: str, message: str) -> None:
    """It names the nearest right one, and the file."""
    project.ini(line)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_wrong_mode_on_the_command_line_is_a_usage_error(project: Project) -> None:
    """It names the nearest right one."""
    result = project.run("--agentreplay-mode=replya")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--agentreplay-mode: mode='replya' is not known. Did you mean 'replay'?*"])


def test_verify_fails_a_test_whose_answers_have_drifted(recorded: Project) -> None:
    """It asks for real, leaves the file alone, and tells what is no longer as it was."""
    [file] = recorded.files
    before = file.read_bytes()
    recorded.provider.forget()
    recorded.run("--agentreplay-mode=verify").assert_outcomes(passed=1)
    recorded.provider.fail(400)
    recorded.test("@pytest.mark.agentreplay\ndef test_it():\n    try: ask()\n    except Exception: pass")
    result = recorded.run("--agentreplay-mode=verify", "-rA")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the provider's answers are no longer what was recorded*1 drifted*", "  drifted: *"])
    assert file.read_bytes() == before


def test_extend_keeps_what_fits_and_records_the_rest(recorded: Project) -> None:
    """One run brings a cassette up to date."""
    recorded.test("@pytest.mark.agentreplay\ndef test_it():\n    ask()\n    ask('more')")
    verdict = recorded.verdicts("--agentreplay-mode=extend")["test_it"]
    assert (verdict["replayed"], verdict["recorded"], verdict["kept"]) == (1, 1, True)
    assert mode_of(recorded) == "replay"
