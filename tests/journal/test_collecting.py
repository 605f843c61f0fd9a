"""Journals become cassettes, whatever happened to those who wrote them, and to those who collected before."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agentreplay
from agentreplay._collecting import collect, interaction_of_texts
from agentreplay._files import Disk
from agentreplay._journal import Heading, interaction_line, read_journal
from tests.journal.recordings import Recordings, ask, lines_of, wait_until

if TYPE_CHECKING:
    from openai import OpenAI

JOURNAL_PATH = Path("recordings/journal/shop/p1-1.jsonl")


def line(number: int, question: str = "", process: str = "p1") -> bytes:
    """A line as a process writes it."""
    return interaction_line(
        {
            "sequence": number,
            "request": {"kind": "llm", "body": {"messages": [{"role": "user", "content": question or str(number)}]}},
            "response": {"status": "ok", "body": {"answer": number}},
            "metadata": {
                "vendor": "openai",
                "started_at": f"2026-01-01T00:00:{number:02}.000000+00:00",
                "process": process,
                "call": number,
            },
        },
        {"openai": "3.54.0"},
    )


def put(recordings: Recordings, data: bytes, name: str = "shop/p1-1.jsonl") -> Path:
    """A journal with these bytes."""
    path = recordings.path / "journal" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def heading(session: str = "shop", process: str = "p1") -> bytes:
    """The first line of such a journal."""
    return Heading(session, process, "2026-01-01T00:00:00+00:00", "0.1.0").line()


def test_a_journal_is_lines_of_json(recordings: Recordings, openai_client: OpenAI) -> None:
    """Anybody's tools can read it: a heading, then a line for each call, each with its checksum.

    A call in which there are no secrets stands there as it was sent and received, any other as an interaction.
    """
    recordings.install(session_id=lambda: "Shop/42")
    answer = ask(openai_client, "hello")
    ask(openai_client, "password='hunter2hunter2'")
    agentreplay.uninstall()
    (path,) = recordings.files
    (first,), (second, sent, received), (third,) = lines_of(path)
    assert (first["journal"], first["session"]) == (1, "Shop/42")
    assert second["request"]["method"] == third["interaction"]["request"]["method"] == "chat.completions.create"
    assert sent["messages"][0]["content"] == "hello"
    assert received["id"] == answer.id
    assert "hunter2" not in path.read_text("utf-8")
    assert {len(line["crc32"]) for line in (first, second, third)} == {8}


def test_sessions_become_cassettes_under_their_names(recordings: Recordings, openai_client: OpenAI) -> None:
    """One for each session, complete and verified; its journals are gone then, and so are their folders."""
    current = ""
    recordings.install(session_id=lambda: current)
    for current in ["shop/1", "Shop/1", "shop/1", "../../escape"]:
        ask(openai_client, current)
    agentreplay.uninstall()
    done = {each.session: each for each in recordings.collect()}
    assert {name: each.calls for name, each in done.items()} == {"shop/1": 2, "Shop/1": 1, "../../escape": 1}
    for name, each in done.items():
        assert each.path is not None
        assert each.path.is_relative_to(recordings.path)
        cassette = agentreplay.Cassette.load(each.path)
        assert cassette.meta.test_id == name
        assert cassette.meta.sdks
        assert [interaction.sequence for interaction in cassette.interactions] == list(range(each.calls))
    assert recordings.files == []
    assert list((recordings.path / "journal").iterdir()) == []


def test_processes_of_one_session_make_one_cassette_in_the_order_of_time(recordings: Recordings) -> None:
    """Whichever worker answered a turn."""
    put(recordings, heading(process="p1") + line(1) + line(4))
    put(recordings, heading(process="p2") + line(2, process="p2") + line(3, process="p2"), "shop/p2-1.jsonl")
    (done,) = recordings.collect()
    assert done.calls == 4
    assert recordings.collected_questions() == ["1", "2", "3", "4"]


def test_collecting_again_adds_what_is_new_and_nothing_twice(recordings: Recordings) -> None:
    """Journals that are kept, or come back, do not double a call; later ones are added in the order of time."""
    path = put(recordings, heading() + line(1) + line(3))
    (first,) = recordings.collect(keep_journals=True)
    assert path.exists()
    (again,) = recordings.collect()
    assert (again.calls, again.added, again.path) == (2, 0, first.path)
    assert not path.exists()
    put(recordings, heading(process="p2") + line(2, process="p2"))
    (more,) = recordings.collect()
    assert (more.calls, more.added) == (3, 1)
    assert recordings.collected_questions() == ["1", "2", "3"]


def test_what_a_running_process_has_written_is_collected_and_left(
    recordings: Recordings, openai_client: OpenAI
) -> None:
    """Its journal stays until it has ended, and what it writes later is added to the same cassette."""
    recordings.install(session_id=lambda: "shop")
    ask(openai_client, "one")
    ask(openai_client, "two")
    assert wait_until(lambda: recordings.questions == ["one", "two"])
    (done,) = recordings.collect()
    assert (done.calls, done.running) == (2, 1)
    assert len(recordings.files) == 1
    ask(openai_client, "three")
    agentreplay.uninstall()
    (done,) = recordings.collect()
    assert (done.calls, done.added, done.running) == (3, 1, 0)
    assert recordings.collected_questions() == ["one", "two", "three"]
    assert recordings.files == []


def test_a_torn_end_is_left_out(recordings: Recordings) -> None:
    """A process that died in the middle of a line had not said yet that it was kept. That holds at every byte."""
    whole = heading() + line(1) + line(2)
    complete = [len(heading()), len(heading() + line(1)), len(whole)]
    for length in range(len(whole) + 1):
        journal = read_journal(whole[:length], JOURNAL_PATH, interaction_of_texts)
        if length < complete[0]:
            assert journal is None
        else:
            assert journal is not None
            assert len(journal.interactions) == sum(length >= end for end in complete[1:])
            assert journal.torn == (length not in complete)
    put(recordings, whole[:-5])
    (done,) = recordings.collect()
    assert (done.calls, done.torn) == (1, 1)
    assert "cut off" in str(done)


def test_a_journal_without_a_whole_call_is_removed(recordings: Recordings) -> None:
    """Its process died before the first call was on the disk."""
    path = put(recordings, heading()[:-9])
    assert recordings.collect() == []
    assert not path.exists()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda data: data.replace(b'"answer":2', b'"answer":6'),
    "no line of a journal": lambda data: data.replace(b'{"crc32"', b'{"other"'),
    "an empty line": lambda data: data + b"\n",
    "NUL bytes": lambda data: data + b"\0" * 512 + b"\n",
    "a line cut in the middle": lambda data: data.replace(b'"answer":1', b'"answer"\n:1'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_journal_is_one_clear_error(recordings: Recordings, damage: Callable[[bytes], bytes]) -> None:
    """It says which file and line, and what to do; nothing is collected of that session, and other sessions are."""
    path = put(recordings, damage(heading() + line(1) + line(2)))
    put(recordings, heading("other") + line(9), "other/p1-1.jsonl")
    damaged, other = sorted(recordings.collect(), key=lambda each: not each.problems)
    assert other.calls == 1
    (problem,) = damaged.problems
    assert isinstance(problem, agentreplay.JournalError)
    assert str(path) in str(problem)
    assert "line " in str(problem)
    assert "--skip-damaged" in str(problem)
    assert path.exists()
    assert len(list(recordings.path.rglob("*.json"))) == 1


def test_damaged_lines_can_be_left_out(recordings: Recordings) -> None:
    """Where it is asked for: the other lines are collected, and what was left out is told."""
    path = put(recordings, (heading() + line(1) + line(2) + line(3)).replace(b'"answer":2', b'"answer":6'))
    (done,) = recordings.collect(skip_damaged=True)
    assert (done.calls, len(done.problems)) == (2, 1)
    assert "left out" in str(done)
    assert not path.exists()


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (interaction_line({}, {}), "format"),
        (b'{"crc32":"00000000","journal":1}\n', "checksum"),
        (Heading("", "p1", "").line(), "whose"),
        (b"[]\n", "no line"),
    ],
)
def test_a_journal_that_is_none_says_so(recordings: Recordings, first: bytes, said: str) -> None:
    """A file of another format, or with a damaged head, is left where it is."""
    path = put(recordings, first + line(1))
    (done,) = recordings.collect()
    (problem,) = done.problems
    assert said in str(problem)
    assert path.exists()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_reads_as_something_else(data: st.DataObject) -> None:
    """However bytes are changed, what is read is what was written, or it is an error that names the file."""
    whole = bytearray(heading() + line(1) + line(2))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    original = read_journal(heading() + line(1) + line(2), JOURNAL_PATH, interaction_of_texts)
    assert original is not None
    journal, complaint = None, str(JOURNAL_PATH)
    try:
        journal = read_journal(bytes(whole), JOURNAL_PATH, interaction_of_texts)
    except agentreplay.CassetteError as error:
        complaint = str(error)
    assert str(JOURNAL_PATH) in complaint
    if journal is not None:
        assert journal.heading == original.heading
        for interaction in journal.interactions:
            assert interaction in original.interactions


HOSTILE: dict[str, bytes] = {
    "nesting": b'"interaction":' + b"[" * 100_000 + b"]" * 100_000,
    "giant integer": b'"interaction":' + b"9" * 100_000,
    "not a number": b'"interaction":{"request":{"kind":"llm","body":{"a":NaN}},"response":{}}',
    "wrong types": b'"interaction":{"request":[],"response":7}',
    "missing": b'"other":1',
    "invalid UTF-8": b'"interaction":"\xff"',
    "a name twice": b'"interaction":1,"interaction":2',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_is_an_error_of_its_file(recordings: Recordings, content: bytes) -> None:
    """With a right checksum, too: it was not us who wrote it."""
    import zlib

    forged = b'{"crc32":"%08x",%s}\n' % (zlib.crc32(content), content)
    path = put(recordings, heading() + forged)
    (done,) = recordings.collect()
    (problem,) = done.problems
    assert isinstance(problem, agentreplay.JournalError)
    assert str(path) in str(problem)
    assert len(str(problem)) < 1000


def test_what_is_no_file_is_told_and_does_not_hang(recordings: Recordings) -> None:
    """A FIFO, a folder, a link that leads out."""
    folder = recordings.path / "journal" / "shop"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "fifo.jsonl")
    (done,) = recordings.collect()
    assert "FIFO" in str(done.problems[0])
    (folder / "fifo.jsonl").unlink()
    outside = recordings.path.with_name("outside.jsonl")
    outside.write_bytes(heading() + line(1))
    (folder / "link.jsonl").symlink_to(outside)
    (done,) = recordings.collect()
    assert "leads out" in str(done.problems[0])
    assert outside.exists()


def test_two_at_once_do_not_collect_one_folder(recordings: Recordings) -> None:
    """The second is told to wait: together they could lose what one of them has just written."""
    import fcntl

    put(recordings, heading() + line(1))
    handle = os.open(recordings.path / "journal", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(agentreplay.JournalError, match="another process"):
            recordings.collect()
    finally:
        os.close(handle)
    assert len(recordings.collect()) == 1


def test_a_folder_in_which_nothing_was_recorded_is_an_error(tmp_path: Path) -> None:
    """A name that was mistyped is not taken for an app that made no calls."""
    with pytest.raises(agentreplay.JournalError, match="no journals"):
        collect(tmp_path / "recodrings")


class Death(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("dies", [True, False], ids=["dying", "refused"])
def test_collecting_may_end_at_any_system_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: bool) -> None:
    """At each in turn, by death or by an error: collecting again gives every call once, in order."""
    methods = ["make_folder", "create", "write", "sync", "close", "rename", "remove", "sync_folder"]
    fatal = 0
    while True:
        recordings = Recordings(tmp_path / str(fatal))
        put(recordings, heading() + line(1))
        recordings.collect()
        put(recordings, heading() + line(2) + line(4), "shop/p1-2.jsonl")
        put(recordings, heading(process="p2") + line(3, process="p2"), "shop/p2-1.jsonl")
        steps = 0

        def step(original: Callable[..., Any], fatal: int = fatal) -> Callable[..., Any]:
            def stepped(self: Disk, *arguments: Any) -> Any:
                nonlocal steps
                steps += 1
                if steps == fatal + 1:
                    raise Death if dies else OSError(errno.EIO, os.strerror(errno.EIO))
                return original(self, *arguments)

            return stepped

        with monkeypatch.context() as patch:
            for name in methods:
                patch.setattr(Disk, name, step(getattr(Disk, name)))
            try:
                done = recordings.collect()
            except Death:
                done = []
        if steps <= fatal:
            break
        assert not any(each.added and each.problems and not each.path for each in done)
        recordings.collect()
        assert recordings.collected_questions() == ["1", "2", "3", "4"], f"ended at step {fatal}"
        assert recordings.files == []
        fatal += 1
    assert fatal > 8


def test_a_cassette_by_hand_under_the_same_name_is_kept(recordings: Recordings, openai_client: OpenAI) -> None:
    """What a session recorded there is not lost when journals of that name are collected."""
    with agentreplay.cassette("shop", directory=recordings.path, mode="record"):
        ask(openai_client, "by hand")
    put(recordings, heading() + line(1))
    (done,) = recordings.collect()
    assert done.calls == 2
    assert recordings.collected_questions() == ["by hand", "1"]


def test_half_a_pair_of_surrogates_is_collected(recordings: Recordings, openai_client: OpenAI, provider: Any) -> None:
    """Providers send half an emoji at the seam of two events; it is in the cassette as it came."""
    from demo.provider import Behaviour

    body = b'{"id": "x", "choices": [{"message": {"content": "half \\ud83d"}}]}'
    provider.script(Behaviour(body=body))
    recordings.install(session_id=lambda: "shop")
    ask(openai_client, "half?")
    agentreplay.uninstall()
    (done,) = recordings.collect()
    assert done.path is not None
    cassette = agentreplay.Cassette.load(done.path)
    assert cassette.interactions[0].response.body == json.loads(body)
