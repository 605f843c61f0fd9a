"""How a failure looks: what missed, after the user's own code."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]


@pytest.fixture
def missing(project: Project) -> Project:
    """A project with a test whose call nothing recorded answers."""
    project.test("@pytest.mark.agentreplay\ndef test_it(): ask('old words')")
    project.run().assert_outcomes(passed=1)
    project.test("@pytest.mark.agentreplay\ndef test_it():\n    ask('new words')")
    return project


@pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
def test_a_miss_shows_the_users_code_and_the_difference(missing: Project, style: str) -> None:
    """No frame of an SDK, of agentreplay or of wrapt stands between."""
    result = missing.run(f"--tb={style}")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "messages[0].content: " in text
    assert "client().chat.completions.create" in text
    for library in ("_base_client", "wrapt", "_engine.py", "funnel.py"):
        assert library not in text


def test_the_full_trace_can_be_had(missing: Project) -> None:
    """Where somebody looks for a fault of ours."""
    text = missing.run("--full-trace").stdout.str()
    assert "_base_client.py" in text
    assert "_engine.py" in text


def test_a_miss_in_an_asynchronous_test_is_as_short(project: Project) -> None:
    """Frames of event loops and runners are not shown."""
    text = "@pytest.mark.agentreplay\n@pytest.mark.asyncio\nasync def test_it():\n    await ask_async({!r})"
    project.test(text.format("old words"))
    project.run().assert_outcomes(passed=1)
    project.test(text.format("new words"))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*await ask_async('new words')", "agent.py:*: CassetteMismatchError"])
    result.stdout.no_fnmatch_line("*site-packages*")


@pytest.mark.parametrize(
    "raising",
    [
        "try: ask('new words')\n    except Exception as error: raise ValueError('wrapped') from error",
        "try: ask('new words')\n    except Exception: raise ValueError('instead')",
        "import asyncio\n    async def both(): await asyncio.gather(ask_async('new words'))\n    asyncio.run(both())",
    ],
)
def test_a_miss_behind_another_error_is_cut_as_well(missing: Project, raising: str) -> None:
    """Raised from it, raised while it was handled, or out of an event loop; and the test counts as missed."""
    missing.test(f"@pytest.mark.agentreplay\ndef test_it():\n    {raising}")
    result = missing.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*messages?0?.content: *", "  missed: test_agent.py::test_it"])
    result.stdout.no_fnmatch_line("*_base_client*")


def test_a_miss_in_a_group_is_cut_as_well(missing: Project) -> None:
    """Task groups raise their errors together."""
    missing.test("""
        import anyio

        @pytest.mark.agentreplay
        def test_it():
            async def both():
                async with anyio.create_task_group() as group:
                    group.start_soon(ask_async, "new words")
            anyio.run(both)
    """)
    result = missing.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*messages?0?.content: *", "  missed: test_agent.py::test_it"])
    result.stdout.no_fnmatch_line("*_base_client*")


def test_a_verdict_without_code_shows_its_text_alone(missing: Project) -> None:
    """An error that no line of the test has raised."""
    missing.test("@pytest.mark.agentreplay\ndef test_it():\n    ask('old words')\n    ask('old words')")
    missing.run("--agentreplay-mode=record").assert_outcomes(passed=1)
    missing.test("@pytest.mark.agentreplay\ndef test_it():\n    ask('old words')")
    result = missing.run()
    result.stdout.fnmatch_lines(["*_ test_it _*", "1 of 2 recorded interactions were not asked for:"], consecutive=True)
    result.stdout.no_fnmatch_line("*site-packages*")


def test_other_failures_are_left_as_they_are(missing: Project) -> None:
    """Frames of libraries included."""
    missing.test("import json\n@pytest.mark.agentreplay\ndef test_it():\n    ask('old words')\n    json.loads('{')")
    missing.run().stdout.fnmatch_lines(["*json/decoder.py:*: JSONDecodeError"])
