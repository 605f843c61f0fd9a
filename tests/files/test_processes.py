"""Several processes record into one folder, and some of them are killed."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError
from agentreplay._files import TEMPORARY_NAME, folder_lock
from agentreplay._storage import find_recording, store_recording
from tests.files.cassettes import cassette

ROOT: Final = Path(__file__).parents[2]


@contextlib.contextmanager
def recording(folder: Path, who: str, rounds: int) -> Generator[subprocess.Popen[str], None, None]:
    command = [sys.executable, "-m", "tests.files.recording_process", str(folder), who, str(rounds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def answer(folder: Path, name: str) -> str:
    """The first two words of the one recording's answer: who recorded, and in which round."""
    path = find_recording(folder, name)
    assert path is not None
    loaded = Cassette.load(path)
    assert loaded == cassette(loaded.interactions[0].response.body["text"])
    return " ".join(loaded.interactions[0].response.body["text"].split()[:2])


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_eight_processes_record_into_one_folder(tmp_path: Path) -> None:
    """Every process finds its own name as it left it, and the name that all recorded has one whole recording."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(recording(tmp_path, f"p{number}", 3)) for number in range(8)]
        assert [process.wait(60) for process in processes] == [0] * 8
    for number in range(8):
        assert answer(tmp_path, f"p{number}") == f"p{number} 2"
    who, last = answer(tmp_path, "shared").split()
    assert who in {f"p{number}" for number in range(8)}
    assert last == "2", "whoever wrote last had done its last round"
    assert len(files(tmp_path)) == 9


@pytest.mark.parametrize("locks", [True, False], ids=["with locks", "where the system has none"])
def test_threads_that_record_one_name_leave_one_whole_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: bool
) -> None:
    """Within one process as between several; without locks a late writer may be told that another was at it."""
    if not locks:

        def not_offered(_handle: int, _kind: int) -> int:
            return errno.ENOTSUP

        monkeypatch.setattr("agentreplay._files._try_lock", not_offered)
    refused: list[CassetteError] = []

    def record(who: int) -> None:
        for number in range(5):
            try_to_record(f"{who} {number}")

    def try_to_record(text: str) -> None:
        try:
            store_recording(cassette(text), tmp_path, "shared")
        except CassetteError as error:
            refused.append(error)

    threads = [threading.Thread(target=record, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path in files(tmp_path):
        assert Cassette.load(path).verify_integrity()
    if locks:
        assert refused == []
        assert len(files(tmp_path)) == 1
    else:
        assert files(tmp_path)
        store_recording(cassette("last"), tmp_path, "shared")
        assert answer(tmp_path, "shared") == "last"


def test_a_process_killed_at_any_moment_leaves_one_whole_recording(tmp_path: Path) -> None:
    """After SIGKILL a name has the recording of some round, whole, or none yet; and it can be recorded again."""
    for _ in range(4):
        with recording(tmp_path, "victim", 0) as process:
            time.sleep(random.uniform(0.0, 0.15))
            process.kill()
        for name in ("victim", "shared"):
            if find_recording(tmp_path, name) is not None:
                assert answer(tmp_path, name).startswith("victim ")
            assert len([path for path in files(tmp_path / name) if not TEMPORARY_NAME.fullmatch(path.name)]) <= 1
    store_recording(cassette("survivor"), tmp_path, "victim")
    assert answer(tmp_path, "victim") == "survivor"


def test_a_file_size_limit_leaves_the_old_recording(tmp_path: Path) -> None:
    """Where the system lets no file grow large enough, recording says so and changes nothing."""
    store_recording(cassette("old"), tmp_path, "limited")
    script = f"""
        import resource, sys
        from pathlib import Path
        from agentreplay._storage import store_recording
        from tests.files.cassettes import cassette
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        store_recording(cassette("x" * 10_000), Path({str(tmp_path)!r}), "limited")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "CassetteFileError" in done.stderr
    assert os.strerror(errno.EFBIG) in done.stderr
    assert answer(tmp_path, "limited") == "old"
    assert len(files(tmp_path)) == 1


def test_the_lock_makes_no_file_and_is_free_again(tmp_path: Path) -> None:
    """A folder is held for as long as the block lasts, by one or by those who share it, and nothing is left in it."""
    order: list[str] = []

    def second() -> None:
        with folder_lock(tmp_path):
            order.append("second")

    with folder_lock(tmp_path, shared=True), folder_lock(tmp_path, shared=True):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_a_holder_that_never_lets_go_does_not_hold_up_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped while it wrote delays the others, and does not stop them."""
    monkeypatch.setattr("agentreplay._files._LOCK_TRIES", 3)
    with folder_lock(tmp_path):
        store_recording(cassette("other"), tmp_path, ".")
        assert find_recording(tmp_path, ".") is not None
        with folder_lock(tmp_path):
            pass
