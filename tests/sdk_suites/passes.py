"""The three passes over a suite: plain, every test in a recording session, every recorded test in a replaying one."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .environment import Suite
from .outcomes import Outcome, read_outcomes

Outcomes = dict[str, Outcome]

_SECONDS = 60
"""How long one test may take: a test that waits for a request to arrive waits in vain where none is sent."""


@dataclass(frozen=True)
class Plan:
    """Which tests of a suite to run, and how."""

    suite: Suite
    tests: Sequence[str]
    """Files and folders below the sdist."""
    keyword: str
    """pytest's `-k`; empty for all."""
    jobs: int
    folder: Path
    """Where outcomes, cassettes and pytest's output of this run go."""


def run_plain(plan: Plan) -> Outcomes:
    """Pass 0: as the SDK's authors run their tests, against our mock server."""
    port = _free_port()
    with _mock_server(plan.suite, port):
        return _run(plan, "plain", port, [])


def run_recording(plan: Plan, tests: Sequence[str]) -> Outcomes:
    """Pass 1: the same, each of `tests` inside a recording session."""
    port = _free_port()
    with _mock_server(plan.suite, port):
        return _run(plan, "record", port, _session(plan, "record"), tests)


def run_replaying(plan: Plan, tests: Sequence[str], recorded: Sequence[str]) -> Outcomes:
    """Pass 2: `tests` once more, without a server; those of `recorded` in a replaying session, and nothing connects."""
    options = ["--recorded", str(_list(plan.folder / "recorded.txt", recorded))]
    return _run(plan, "replay", _free_port(), [*_session(plan, "replay"), *options], tests)


def _session(plan: Plan, mode: str) -> list[str]:
    return [
        *("-p", "sdk_suites.session_plugin", "--session-mode", mode),
        *("--cassettes", str(plan.folder / "cassettes")),
        # pytest is told to treat every warning as an error, but many tests make no call, and some open a WebSocket.
        *("-W", "ignore::agentreplay.EmptyRecordingWarning", "-W", "ignore::agentreplay.NotRecordableWarning"),
    ]


def _run(plan: Plan, name: str, port: int, options: list[str], only: Sequence[str] | None = None) -> Outcomes:
    outcomes = plan.folder / f"{name}.jsonl"
    log = plan.folder / f"{name}.log"
    arguments = [
        # Else pytest guesses from all arguments that are paths, and takes our own settings for the SDK's.
        *("--rootdir", str(plan.suite.source), "-c", str(plan.suite.source / "pyproject.toml")),
        *("-q", "-n", str(plan.jobs), "--dist", "worksteal", "-p", "no:cacheprovider", "-p", "no:agentreplay"),
        *("-p", "sdk_suites.outcomes_plugin", "--outcomes", str(outcomes)),
        f"--timeout={_SECONDS}",
        "--tb=native",  # the others parse the source, which crashed CPython 3.11 after a test that nests deeply
        *options,
    ]
    if plan.keyword:
        arguments += ["-k", plan.keyword]
    if only is not None:
        arguments += ["--only", str(_list(plan.folder / f"{name}.txt", only))]
    with log.open("wb") as output:
        subprocess.run(
            plan.suite.module("pytest", *plan.tests, *arguments),
            cwd=plan.suite.source,
            env=_environment(port),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,  # failing tests are in the outcomes; a run that broke down left none
        )
    try:
        ended = read_outcomes(outcomes)
    except OSError as fault:
        raise RuntimeError(f"the pass {name!r} broke down before its first test; see {log}") from fault
    lost = {test: Outcome(test, "failed", f"the pass broke down before this test; see {log}") for test in only or ()}
    return {**lost, **ended}


def _list(path: Path, tests: Sequence[str]) -> Path:
    path.write_text("\n".join(tests), encoding="utf-8")
    return path


@contextmanager
def _mock_server(suite: Suite, port: int) -> Generator[None]:
    command = suite.module("sdk_suites.mock_server", suite.vendor, str(port))
    with subprocess.Popen(command, env=_environment(port), stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        try:
            if b"ready" not in server.stdout.readline():
                raise RuntimeError("the mock server did not start; what it printed says why")
            yield
        finally:
            server.terminate()


def _environment(port: int) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AGENTREPLAY_", "PYTEST_"))}
    inherited.pop("CI", None)
    return {
        **inherited,
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "TEST_API_BASE_URL": f"http://127.0.0.1:{port}",
        "DEFER_PYDANTIC_BUILD": "false",  # as openai's own script for its tests has it
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
