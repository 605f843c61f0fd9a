"""A user's project, and runs of pytest in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

# An inner run forgets the modules that it was the first to import; these stay.
import anthropic
import genai_prices
import openai
import pytest

from agentreplay import Cassette
from agentreplay._pytest import run as _pytest_run
from agentreplay._pytest import summary as _pytest_summary
from demo.provider import Provider

__all__ = ["_pytest_run", "_pytest_summary", "anthropic", "genai_prices", "openai"]

collect_ignore = ["suite"]

ROOT: Final = Path(__file__).parents[2]

SHARED_LOOPS: Final = version("pytest-asyncio") >= "0.24"
"""pytest-asyncio 0.23, the last for pytest 8.0, has other words for them, and leaves loops to the garbage collector."""

MORE: Final = (
    "asyncio_default_fixture_loop_scope = function"
    if SHARED_LOOPS
    else "    ignore::ResourceWarning\n        ignore::pytest.PytestUnraisableExceptionWarning"
)

INI: Final = f"""
    [pytest]
    addopts = -p no:recording -p no:vcr
    filterwarnings =
        error
    {MORE}
"""

AGENT: Final = """
    import functools
    from openai import AsyncOpenAI, OpenAI

    @functools.cache
    def client():
        return OpenAI(max_retries=0)

    def ask(text="hi", **more):
        answer = client().chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}], **more)
        return answer.choices[0].message.content

    async def ask_async(text="hi"):
        async with AsyncOpenAI(max_retries=0) as client:
            answer = await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": text}]
            )
        return answer.choices[0].message.content
"""


class Project:
    """A folder with tests of an agent, which asks a provider on loopback and has a key while it records."""

    def __init__(self, pytester: pytest.Pytester, provider: Provider, environment: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.provider = provider
        self.environment = environment
        self.path = pytester.path
        environment.setenv("OPENAI_BASE_URL", provider.openai_url)
        environment.setenv("ANTHROPIC_BASE_URL", provider.url)
        environment.setenv("OPENAI_API_KEY", "sk-of-the-project")
        environment.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-project")
        self.write("pytest.ini", INI)
        self.write("agent.py", AGENT)

    def write(self, path: str, text: str) -> Path:
        """Write a file; its folders are made."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
        return file

    def test(self, text: str, name: str = "test_agent.py") -> Path:
        """Write a test module that can ask."""
        return self.write(name, f"import pytest\nfrom agent import ask, ask_async\n{dedent(text)}")

    def ini(self, *lines: str) -> None:
        """Say more in the ini file."""
        self.write("pytest.ini", dedent(INI) + "\n".join(lines) + "\n")

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process."""
        return self.pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:hypothesispytest", *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        self.environment.setenv("PYTHONPATH", str(ROOT))
        # Each process would compile the SDKs anew.
        self.environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        return self.pytester.runpytest_subprocess(*arguments, timeout=300)

    def verdicts(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Run pytest, and give the verdict of each test by the name of its function."""
        self.run(*arguments, "--agentreplay-report=report.json")
        return {test["test"].rpartition("::")[2]: test for test in self.report()["tests"]}

    def report(self) -> dict[str, Any]:
        """The last report."""
        values: dict[str, Any] = json.loads((self.path / "report.json").read_text(encoding="utf-8"))
        return values

    @property
    def cassettes(self) -> list[str]:
        """The files with recordings, by folder and without their hashes."""
        return sorted(file.parent.relative_to(self.path).as_posix() for file in self.files)

    @property
    def files(self) -> list[Path]:
        """The files with recordings."""
        return sorted(file for file in self.path.rglob("*.json") if len(file.stem) == 12)

    def cassette(self, test: str) -> Cassette:
        """The recording of a test, by the last folder."""
        [file] = [file for file in self.files if file.parent.name == test]
        return Cassette.load(file)

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Without the provider, and without keys."""
        with self.provider.stopped(), pytest.MonkeyPatch.context() as environment:
            environment.delenv("OPENAI_API_KEY")
            environment.delenv("ANTHROPIC_API_KEY")
            yield


@pytest.fixture
def project(pytester: pytest.Pytester, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project."""
    monkeypatch.syspath_prepend(str(pytester.path))  # pyright: ignore[reportUnknownMemberType]
    monkeypatch.delitem(sys.modules, "agent", raising=False)
    # Compiled modules are known by their size and the second they were written in, and tests write faster.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return Project(pytester, provider, monkeypatch)
