"""A suite of some forty tests of small agents on both SDKs, recorded on loopback and replayed without anything."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import ROOT

SUITE = Path(__file__).parent / "suite"

AT_ONCE = {"test_a_pool", "test_a_crowd", "test_a_debate", "test_a_task_group"}
"""Tests whose calls reach the provider in any order, so that its answers differ from run to run."""


class AgentsSuite:
    """A copy of the suite in a folder of its own."""

    def __init__(self, path: Path) -> None:
        shutil.copytree(SUITE, path, ignore=shutil.ignore_patterns("__pycache__"))
        self.path = path

    def record(self, *arguments: str) -> dict[str, Any]:
        """Run it against the provider, and give the report."""
        return self._run([], arguments, SUITE_RECORDS="1")

    def replay(self, *arguments: str, inside: Sequence[str] = (), modules: Path | None = None) -> dict[str, Any]:
        """Run it without provider and keys, as CI does, and give the report."""
        return self._run(inside, arguments, modules, CI="true")

    def _run(
        self, inside: Sequence[str], arguments: Sequence[str], modules: Path | None = None, **more: str
    ) -> dict[str, Any]:
        pytest_run = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", "--agentreplay-report=report.json"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        # Each process would compile the SDKs anew.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        ran = subprocess.run(
            [*inside, *pytest_run, *arguments],
            cwd=self.path,
            env={**environment, "PYTHONPATH": os.pathsep.join(map(str, [modules or ROOT, ROOT])), **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        report: dict[str, Any] = json.loads((self.path / "report.json").read_text(encoding="utf-8"))
        return report

    def recordings(self) -> dict[str, Any]:
        """All cassettes by path, but for the times in them."""
        files = [file for file in self.path.rglob("*.json") if re.fullmatch("[0-9a-f]{12}", file.stem)]
        return {
            file.relative_to(self.path).as_posix(): without_times(file.read_text(encoding="utf-8"))
            for file in files
            if not any(file.parent.name.startswith(name) for name in AT_ONCE)
        }


def without_times(text: str) -> str:
    """The text of a cassette with every time in it put to nought."""
    text = re.sub(r'"recorded_at": "[^"]*"', '"recorded_at": ""', text)
    text = re.sub(r'"event_times_ms": "[^"]*"', '"event_times_ms": ""', text)
    return re.sub(r'"duration_ms": [0-9.e-]+', '"duration_ms": 0', text)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> AgentsSuite:
    """The suite as one process recorded it."""
    suite = AgentsSuite(tmp_path_factory.mktemp("suite") / "one")
    report = suite.record()
    assert report["totals"]["tests"] >= 40
    assert report["totals"]["replayed"] == report["totals"]["missed"] == 0
    return suite


def test_four_workers_record_what_one_process_records(recorded: AgentsSuite, tmp_path: Path) -> None:
    """The same files, byte for byte but for the times in them."""
    suite = AgentsSuite(tmp_path / "four")
    suite.record("-n", "4")
    assert suite.recordings() == recorded.recordings()
    assert len(recorded.recordings()) > 35


def test_it_replays_offline_on_workers_in_any_order(recorded: AgentsSuite) -> None:
    """Without the provider and without keys, each call is answered, and no cassette is left over."""
    before = recorded.recordings()
    totals = recorded.replay("-n", "2", "--agentreplay-unused=fail", "--agentreplay-block-network")["totals"]
    assert totals == {"tests": 44, "replayed": 81, "recorded": 0, "live": 0, "missed": 0, "unused": 0}
    assert recorded.recordings() == before


WATCH = """
import sys

def tell(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}:
        with open(TOLD, "a") as file:
            file.write(f"{event} {arguments[1:] or arguments}\\n")

sys.addaudithook(tell)
"""
"""Python loads a module of this name before anything else; nobody can take the hook away."""

ONLY_LOOPBACK = "import socket; assert [name for _, name in socket.if_nameindex()] == ['lo']"


def in_a_namespace() -> tuple[str, ...]:
    """What to write before a command so that it has no interface but loopback; nothing where that is not allowed."""
    alone = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$0" "$@"')
    try:
        tried = subprocess.run([*alone, sys.executable, "-c", ONLY_LOOPBACK], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    return alone if tried.returncode == 0 else ()


def test_it_replays_where_there_is_no_network(recorded: AgentsSuite, tmp_path: Path) -> None:
    """No socket is connected, no name is asked for, no datagram is sent: Python itself would tell.

    And all that in a network namespace whose only interface is loopback, on each machine that allows those.
    """
    told = tmp_path / "told"
    (tmp_path / "sitecustomize.py").write_text(f"TOLD = {str(told)!r}\n{WATCH}", encoding="utf-8")
    ask = "import socket; socket.create_connection(('127.0.0.1', 9))"
    subprocess.run([sys.executable, "-c", ask], env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=False)
    assert "socket.connect" in told.read_text(encoding="utf-8")
    told.unlink()
    report = recorded.replay(inside=in_a_namespace(), modules=tmp_path)
    assert report["totals"]["replayed"] == 81
    assert not told.exists()
