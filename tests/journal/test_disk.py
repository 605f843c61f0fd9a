"""What recording does where the disk does not: the app goes on, memory stays bounded, what comes back is used."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
import warnings
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import agentreplay
from agentreplay._files import Disk
from agentreplay._journal.files import JournalFiles
from agentreplay._journal.unsaved import CallTexts, Unsaved
from agentreplay._journal.writer import JournalWriter
from agentreplay._recorded import RecordedRequest, RecordedResponse
from agentreplay._redaction import Redactor
from demo.provider import Provider
from tests.journal.programs import HEAD, INSTALL, LoadedProcess
from tests.journal.recordings import Recordings, ask, wait_until

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI


class FaultyDisk(Disk):
    """A disk whose writes fail as long as `error` is set, after `bytes_before` bytes; or wait for `gate`."""

    def __init__(self) -> None:
        self.error = 0
        self.bytes_before = 0
        self.gate = threading.Event()
        self.gate.set()
        self.writing = threading.Event()

    def write(self, handle: int, data: memoryview) -> int:
        self.writing.set()
        self.gate.wait(20)
        if self.error:
            if self.bytes_before:
                written = super().write(handle, data[: self.bytes_before])
                self.bytes_before = 0
                return written
            raise OSError(self.error, os.strerror(self.error))
        return super().write(handle, data)


@dataclass
class Call:
    """A call that has its answer; of its contents nothing but the question is there."""

    number: int
    question: str
    size: int
    session: str = "session"
    vendor_name: str = "openai"
    secrets: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    started_at: float = 1e9

    def texts(self) -> CallTexts | None:
        return None

    def tell(self) -> tuple[RecordedRequest, RecordedResponse]:
        request = RecordedRequest(kind="llm", body={"messages": [{"role": "user", "content": self.question}]})
        return request, RecordedResponse()


class Writing:
    """A journal writer of its own, on such a disk."""

    def __init__(self, directory: Path, limit: int = 1 << 20) -> None:
        self.disk = FaultyDisk()
        self.unsaved = Unsaved(limit)
        self.faults: list[Exception] = []
        self.recordings = Recordings(directory)
        files = JournalFiles(directory, "process", lambda: Redactor(environment={}), disk=self.disk)
        self.writer = JournalWriter(self.unsaved, files, "process", self.faults.append)
        self.number = 0

    def call(self, question: str, size: int = 100) -> None:
        """A call that has its answer now."""
        self.number += 1
        if self.unsaved.put(Call(self.number, question, size, started_at=1e9 + self.number)):
            self.writer.wake()


@pytest.fixture
def writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Writing, None, None]:
    """A writer that tries again soon."""
    monkeypatch.setattr("agentreplay._journal.writer.RETRY_SECONDS", 0.01)
    found = Writing(tmp_path / "recordings")
    yield found
    found.disk.gate.set()
    found.disk.error = 0
    assert found.writer.end(10)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("bytes_before", [0, 1, 300])
def test_what_a_disk_refuses_is_written_when_it_takes_it(writing: Writing, error: int, bytes_before: int) -> None:
    """A full disk loses nothing as long as there is room in memory; what was written of a line is never read."""
    writing.call("before")
    assert writing.writer.flush(10)
    writing.disk.bytes_before, writing.disk.error = bytes_before, error
    writing.call("one")
    writing.call("two")
    assert wait_until(lambda: len(writing.faults) > 2)
    assert {type(fault) for fault in writing.faults} == {OSError}
    writing.disk.error = 0
    assert writing.writer.flush(10)
    assert writing.recordings.questions == ["before", "one", "two"]
    assert writing.unsaved.dropped == 0
    assert writing.unsaved.bytes == 0


def test_what_a_disk_refuses_to_the_end_is_counted(writing: Writing) -> None:
    """The end of the process does not wait for a disk to become free."""
    writing.disk.error = errno.ENOSPC
    for number in range(5):
        writing.call(str(number))
    assert writing.writer.end(10)
    assert writing.unsaved.dropped == 5
    assert writing.writer.written == 0
    assert not [path for path in writing.recordings.path.rglob("*") if path.is_file()]


def test_a_line_that_no_file_takes_does_not_stop_the_others(writing: Writing) -> None:
    """It is tried once more in a new journal, then dropped and counted."""
    writing.disk.error = errno.EFBIG
    writing.call("too big")
    assert wait_until(lambda: writing.unsaved.dropped == 1)
    writing.disk.error = 0
    writing.call("small")
    assert writing.writer.flush(10)
    assert writing.recordings.questions == ["small"]


def test_a_stalled_disk_drops_the_oldest_and_keeps_to_its_bytes(writing: Writing) -> None:
    """Whatever is made while it stalls: what is held never passes the bound, and the newest calls are kept."""
    writing.unsaved.limit = 1000
    writing.disk.gate.clear()
    writing.call("in the disk's hands")
    assert writing.disk.writing.wait(10)
    for number in range(100):
        writing.call(str(number))
        assert writing.unsaved.bytes <= 1000
    assert len(writing.unsaved) == 9
    writing.disk.gate.set()
    assert writing.writer.flush(10)
    assert writing.recordings.questions == ["in the disk's hands", *[str(number) for number in range(91, 100)]]
    assert writing.unsaved.dropped == 91
    assert writing.unsaved.bytes == 0


def test_a_call_that_is_larger_than_the_bound_is_not_kept(writing: Writing) -> None:
    """Nor does it push out more than it must: there is no room for it whatever is dropped."""
    writing.call("huge", size=2 << 20)
    writing.call("small")
    assert writing.writer.flush(10)
    assert writing.recordings.questions == ["small"]
    assert writing.unsaved.dropped == 1


def test_streams_on_their_way_count_as_well(recordings: Recordings, openai_client: OpenAI) -> None:
    """What has come of an answer that is not whole yet is held in memory; beyond the bound it is let go."""
    recordings.install(max_bytes=3000)
    chunks = [chunk.to_dict() for chunk in ask(openai_client, "too long", stream=True)]
    assert chunks
    assert agentreplay.status().unsaved_bytes == 0
    agentreplay.uninstall()
    status = agentreplay.status()
    assert (status.calls, status.dropped, status.written, status.faults) == (1, 1, 0, 0)
    recordings.install(max_bytes=1 << 20)
    ask(openai_client, "short")
    agentreplay.uninstall()
    assert recordings.questions == ["short"]


def test_a_folder_that_cannot_be_written_does_not_disturb_the_app(
    recordings: Recordings, openai_client: OpenAI
) -> None:
    """There is a file in its place: the calls are answered, the fault is counted and named."""
    recordings.path.write_text("no folder", "utf-8")
    recordings.install()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert ask(openai_client, "one").choices
        assert wait_until(lambda: agentreplay.status().faults > 0)
        # The warning is given in the writer's thread, which has ended after this.
        agentreplay.uninstall()
    assert [warning.category for warning in caught] == [agentreplay.RecordingFaultWarning]
    assert str(recordings.path) in str(caught[0].message)
    assert agentreplay.status().dropped == 1


READ_ONLY = """
some = client()
agentreplay.install(record=os.environ["RECORDINGS"] + "-before")
ask(some, "before")
agentreplay.uninstall()
os.makedirs(os.environ["RECORDINGS"])
os.chmod(os.environ["RECORDINGS"], 0o500)
if os.getuid() == 0:
    # To the administrator every folder is open.
    os.setuid(65534)
"""
FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
some = client()
"""


@pytest.mark.parametrize(("condition", "fault"), [(READ_ONLY, "denied"), (FULL, "large")], ids=["read-only", "full"])
def test_an_app_on_a_disk_that_refuses_ends_as_ever(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess, condition: str, fault: str
) -> None:
    """A read-only folder, or a limit to the size of files: all answers, one warning, and the exit code of the app."""
    for folder in recordings.path.parents[:-1]:
        # The program gives up its rights, and has to get there all the same.
        if folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o111)
    calls = "for number in range(30):\n    print(ask(some, number).id)\nsys.exit(4)\n"
    done = loaded_process.run(condition + INSTALL + calls, provider.openai_url, recordings.path, head=HEAD)
    assert done.returncode == 4, done.stderr
    assert len(done.stdout.split()) == 30
    assert done.stderr.count("RecordingFaultWarning") == 1
    assert fault in done.stderr
    # Every journal goes up to the limit, and the calls go on in the next one.
    assert len(recordings.questions) == (30 if condition == FULL else 0)


@pytest.mark.asyncio
async def test_the_event_loop_never_touches_the_disk(
    recordings: Recordings, async_openai_client: AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain calls, streams, uploads: what opens, makes, writes or syncs a file is another thread than the loop's."""
    touched: list[str] = []
    loop_thread = threading.get_ident()
    watching = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        changes = {"open", "os.mkdir", "os.rename", "os.remove", "os.truncate"}
        if watching and event in changes and str(recordings.path) in str(arguments[0]):
            touched.append(f"{event} {'loop' if threading.get_ident() == loop_thread else 'other'}")

    sys.addaudithook(watch)
    for name in ("write", "sync", "close"):
        method = getattr(Disk, name)

        def watched(self: Disk, *arguments: Any, _method: Any = method, _name: str = name) -> Any:
            touched.append(f"{_name} {'loop' if threading.get_ident() == loop_thread else 'other'}")
            return _method(self, *arguments)

        monkeypatch.setattr(Disk, name, watched)
    recordings.install()
    watching = True

    async def converse(number: int) -> None:
        await ask(async_openai_client, f"plain {number}")
        async for _ in await ask(async_openai_client, f"stream {number}", stream=True):
            pass
        await async_openai_client.files.create(file=("a.txt", b"abc"), purpose="batch")

    await asyncio.gather(*[converse(number) for number in range(5)])
    while agentreplay.status().written < 15:
        await asyncio.sleep(0.01)
    watching = False
    assert {"open other", "write other"} <= set(touched)
    assert not [each for each in touched if each.endswith("loop")]


@pytest.mark.parametrize("question", ["hello", "password='hunter2hunter2'"], ids=["clean", "secret"])
def test_nothing_is_parsed_or_redacted_where_the_call_is_made(
    recordings: Recordings, openai_client: OpenAI, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """The heavy part of recording is done in the writer's thread."""
    threads: set[str] = set()
    for name in ("redact", "bodies_are_clean"):
        method = getattr(Redactor, name)

        def watched(self: Redactor, *arguments: Any, _method: Any = method) -> Any:
            threads.add(threading.current_thread().name)
            return _method(self, *arguments)

        monkeypatch.setattr(Redactor, name, watched)
    recordings.install()
    ask(openai_client, question)
    for _ in ask(openai_client, question, stream=True):
        pass
    assert wait_until(lambda: agentreplay.status().written == 2)
    assert threads == {"agentreplay-journal"}


def test_warnings_name_the_folder_and_the_systems_reason(recordings: Recordings, openai_client: OpenAI) -> None:
    """`status().last_fault` says the same, so that an operator knows what to mend."""
    recordings.path.parent.joinpath("recordings").write_text("", "utf-8")
    recordings.install()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ask(openai_client, "one")
        assert wait_until(lambda: agentreplay.status().last_fault is not None)
        agentreplay.uninstall()
    assert str(recordings.path) in str(agentreplay.status().last_fault)
