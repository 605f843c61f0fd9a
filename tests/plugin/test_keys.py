"""Clients that are built while modules are imported, and what the plugin costs those who do not use it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.plugin.conftest import ROOT, Project

pytest_plugins = ["pytester"]

BUILT_AT_IMPORT = """
    import pytest
    from anthropic import Anthropic
    from openai import OpenAI

    OPENAI, ANTHROPIC = OpenAI(), Anthropic()

    def ask():
        return OPENAI.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])

    @pytest.mark.agentreplay
    def test_it(): ask()
"""


@pytest.mark.parametrize("arguments", [[], ["--agentreplay-mode=replay"], ["tests/test_agent.py::test_it"]])
@pytest.mark.parametrize("ci", ["", "true"])
def test_a_test_module_builds_its_clients_without_a_key(project: Project, arguments: list[str], ci: str) -> None:
    """Where it has recordings, or replay was asked for."""
    project.write("tests/test_agent.py", BUILT_AT_IMPORT)
    project.run().assert_outcomes(passed=1)
    project.environment.setenv("CI", ci)
    with project.offline():
        project.run(*arguments).assert_outcomes(passed=1)


@pytest.mark.parametrize("place", ["conftest.py", "tests/conftest.py", "tests/deep/conftest.py"])
def test_a_conftest_builds_its_clients_without_a_key(project: Project, place: str) -> None:
    """Which is imported before any test module, of whichever folder."""
    project.write(place, "from openai import OpenAI\nOPENAI = OpenAI()\n")
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask()", "tests/deep/test_agent.py")
    project.run().assert_outcomes(passed=1)
    with project.offline():
        project.run().assert_outcomes(passed=1)
        project.run("--agentreplay-mode=replay", "tests/deep").assert_outcomes(passed=1)


def test_without_recordings_a_missing_key_is_the_sdks_complaint(project: Project) -> None:
    """The SDK is not touched by a run that has nothing to replay."""
    project.write("test_agent.py", BUILT_AT_IMPORT)
    project.environment.delenv("OPENAI_API_KEY")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*OpenAIError*OPENAI_API_KEY*"])


def test_a_client_without_a_key_sends_nothing(project: Project) -> None:
    """Where a test turns out to need a live call after all, the failure says which key is missing."""
    project.write("test_agent.py", BUILT_AT_IMPORT)
    project.run().assert_outcomes(passed=1)
    project.write("test_agent.py", BUILT_AT_IMPORT + "\n    def test_live(): ask()\n")
    project.environment.delenv("OPENAI_API_KEY")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*StandInKeyError: this client was built without an API key*"])
    assert project.provider.count == 1


def test_after_the_run_clients_want_their_keys_again(project: Project) -> None:
    """The rules of a run end with it."""
    from openai import OpenAI, OpenAIError

    project.write("test_agent.py", BUILT_AT_IMPORT)
    project.run().assert_outcomes(passed=1)
    with project.offline():
        project.run("--agentreplay-block-network").assert_outcomes(passed=1)
        with pytest.raises(OpenAIError):
            OpenAI()


def test_the_sdks_are_left_as_they_were(project: Project) -> None:
    """Whatever a run did, no class of theirs is ours afterwards."""
    import openai

    before = dict(vars(openai.OpenAI)), dict(vars(openai._base_client.SyncAPIClient))
    project.write("test_agent.py", BUILT_AT_IMPORT)
    project.run("--agentreplay-block-network").assert_outcomes(passed=1)
    project.run("--agentreplay-mode=replay").assert_outcomes(passed=1)
    assert (dict(vars(openai.OpenAI)), dict(vars(openai._base_client.SyncAPIClient))) == before


UNUSED = """
import sys
import pytest

class After:
    def pytest_unconfigure(self):
        loaded = [name for name in ("openai", "anthropic", "pydantic", "wrapt") if name in sys.modules]
        loaded += [name for name in sys.modules if name.startswith("agentreplay.")]
        sys.stderr.write(" ".join(sorted(loaded)))

sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-p", "agentreplay.pytest_plugin", *sys.argv[1:]], [After()]))
"""


def test_a_run_that_does_not_use_it_loads_next_to_nothing(project: Project) -> None:
    """Neither an SDK nor pydantic, also under CI and where VCR keeps its cassettes in a folder of the same name."""
    project.write("tests/test_it.py", "def test_it(): pass")
    project.write("tests/cassettes/test_it/test_it.yaml", "interactions: []")
    project.environment.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.environment.setenv("PYTHONPATH", str(ROOT))
    project.environment.setenv("CI", "true")
    # Warnings about that variable and our ini options are not what this is about.
    project.write("pytest.ini", "[pytest]")
    ran = subprocess.run([sys.executable, "-c", UNUSED], capture_output=True, text=True, check=False, cwd=project.path)
    assert ran.returncode == 0, ran.stdout
    assert ran.stderr.split() == [
        "agentreplay._pytest",
        "agentreplay._pytest.alias",
        "agentreplay._pytest.hooks",
        "agentreplay._pytest.keys",
        "agentreplay._pytest.options",
        "agentreplay.pytest_plugin",
    ]
