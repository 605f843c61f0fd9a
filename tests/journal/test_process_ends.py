"""However a process ends, what it was answered before is on the disk; by SIGKILL it loses the last second at most."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from demo.provider import Provider
from tests.journal.programs import HEAD, INSTALL, LoadedProcess, run, start
from tests.journal.recordings import Recordings, wait_until

ENDS = {
    "the end of the program": ("", 0),
    "an exception": ("raise RuntimeError('the app fails')", 1),
    "sys.exit": ("sys.exit(7)", 7),
    "sys.exit in a thread, which ends that thread only": (
        "thread = threading.Thread(target=sys.exit, args=(3,)); thread.start(); thread.join()",
        0,
    ),
    "Ctrl-C": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(30)", -signal.SIGINT),
    "a signal that the app turns into its end": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)",
        5,
    ),
    "uninstall": ("agentreplay.uninstall(); os._exit(0)", 0),
    "the end of asyncio's program": ("import asyncio\nasync def main(): pass\nasyncio.run(main())", 0),
}


@pytest.mark.parametrize(("end", "code"), ENDS.values(), ids=ENDS)
def test_nothing_is_lost_at(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess, end: str, code: int
) -> None:
    """Every call of the program is in the journal, the last one as well, and its exit code is its own."""
    program = "some = client()\nfor number in range(5):\n    ask(some, number)\n" + end
    done = loaded_process.run(program, provider.openai_url, recordings.path)
    assert done.returncode == code, done.stderr
    assert recordings.questions == ["0", "1", "2", "3", "4"]
    assert "agentreplay" not in done.stderr


def test_nothing_is_lost_where_the_sdk_is_imported_by_the_first_call(
    provider: Provider, recordings: Recordings
) -> None:
    """A program in a process of its own ends no otherwise."""
    done = run("ask(client(), 'first')\nask(client(), 'last')", provider.openai_url, recordings.path)
    assert done.returncode == 0, done.stderr
    assert recordings.questions == ["first", "last"]
    assert "agentreplay" not in done.stderr


def test_streams_that_are_open_at_the_end_are_kept_as_far_as_they_went(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess
) -> None:
    """The program ends in the middle of an answer; what it has read of it is on the disk."""
    program = "some = client()\nkept = unread(some, 'half')"
    done = loaded_process.run(program, provider.openai_url, recordings.path)
    assert done.returncode == 0, done.stderr
    (interaction,) = recordings.interactions
    assert interaction.response.events
    assert interaction.response.incomplete


def test_calls_of_threads_that_outlive_the_main_program_are_kept(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess
) -> None:
    """Python waits for threads that are no daemons; their calls are recorded to the last."""
    program = """
        some = client()
        def later():
            time.sleep(0.3)
            for number in range(3):
                ask(some, number)
        threading.Thread(target=later).start()
        """
    done = loaded_process.run(program, provider.openai_url, recordings.path)
    assert done.returncode == 0, done.stderr
    assert recordings.questions == ["0", "1", "2"]


def test_calls_while_the_interpreter_ends_are_kept(provider: Provider, recordings: Recordings) -> None:
    """Also those that an exit handler makes, be it called before ours or after it, as the first call of all."""
    program = """
        import atexit
        some = client()
        atexit.register(ask, some, "before ours")
        """
    head = HEAD + "import atexit\natexit.register(lambda: ask(some, 'after ours'))\n" + INSTALL
    done = run(program, provider.openai_url, recordings.path, head=head)
    assert done.returncode == 0, done.stderr
    assert recordings.questions == ["before ours", "after ours"]


def test_a_daemon_thread_that_calls_on_does_not_keep_the_process(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess
) -> None:
    """It is in the middle of its calls when the program ends; what was answered by then is kept, and nothing hangs."""
    program = """
        some = client()
        answered = []
        def on_and_on():
            for number in range(100_000):
                ask(some, number)
                answered.append(number)
        threading.Thread(target=on_and_on, daemon=True).start()
        while len(answered) < 20:
            time.sleep(0.01)
        print(len(answered))
        """
    done = loaded_process.run(program, provider.openai_url, recordings.path)
    assert done.returncode == 0, done.stderr
    assert len(recordings.questions) >= int(done.stdout)


def test_sigkill_costs_the_last_second_at_most(provider: Provider, recordings: Recordings) -> None:
    """Calls whose answer came a second before the kill are all there; the torn line is none of them."""
    program = """
        some = client()
        for number in range(100_000):
            ask(some, number)
            print(number, time.time(), flush=True)
        """
    with start(program, provider.openai_url, recordings.path) as process:
        assert process.stdout is not None
        printed: list[list[str]] = []
        while not printed or float(printed[-1][1]) - float(printed[0][1]) < 2.5:
            printed.append(process.stdout.readline().split())
        killed_at = time.time()
        process.kill()
        printed += [line.split() for line in process.stdout]
    expected = {number for number, at, *_ in printed if float(at) < killed_at - 1}
    assert expected
    assert expected <= set(recordings.questions)
    assert recordings.questions == [str(number) for number in range(len(recordings.questions))]


def test_an_idle_app_has_all_its_calls_on_the_disk_within_a_second(provider: Provider, recordings: Recordings) -> None:
    """A call waits for others for a moment only, and needs no other call to be written."""
    with start(
        "ask(client(), 'one')\nprint('asked', flush=True)\ntime.sleep(60)", provider.openai_url, recordings.path
    ) as app:
        assert app.stdout is not None
        assert app.stdout.readline() == "asked\n"
        assert wait_until(lambda: recordings.questions == ["one"])
        app.kill()


FORKS = {
    "os.fork, the child by os._exit after uninstall": """
        child = os.fork()
        if child == 0:
            ask(some, "child")
            agentreplay.uninstall()
            os._exit(0)
        os.waitpid(child, 0)
        """,
    "os.fork, the child to the end of the program": """
        if os.fork() == 0:
            ask(some, "child")
            sys.exit(0)
        os.wait()
        """,
    "multiprocessing by fork": """
        import multiprocessing
        worker = multiprocessing.get_context("fork").Process(target=ask, args=(some, "child"))
        worker.start()
        worker.join()
        assert worker.exitcode == 0
        """,
    "a pool of processes": """
        from concurrent.futures import ProcessPoolExecutor
        import multiprocessing
        def work(question):
            ask(client(), question)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
            pool.submit(work, "child").result()
        """,
    "a fork in the middle of calls of other threads": """
        stop = threading.Event()
        def beside():
            other = client()
            while not stop.is_set():
                ask(other, "beside")
        thread = threading.Thread(target=beside)
        thread.start()
        time.sleep(0.3)
        if os.fork() == 0:
            ask(client(), "child")
            sys.stdout.flush()
            agentreplay.uninstall()
            os._exit(0)
        os.wait()
        stop.set()
        thread.join()
        """,
}


@pytest.mark.parametrize("fork", FORKS.values(), ids=FORKS)
def test_a_forked_child_writes_a_journal_of_its_own(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess, fork: str
) -> None:
    """Each process has its calls in its own files, every line is whole, and nothing is there twice."""
    program = 'some = client()\nask(some, "parent before")\n' + _dedented(fork) + '\nask(some, "parent after")\n'
    done = loaded_process.run(program, provider.openai_url, recordings.path)
    assert done.returncode == 0, done.stderr
    by_process: dict[str, list[str]] = {}
    for journal in recordings.journals:
        assert not journal.torn
        questions = [str(each.request.body["messages"][0]["content"]) for each in journal.interactions]
        by_process.setdefault(journal.heading.process, []).extend(questions)
        assert {each.metadata["process"] for each in journal.interactions} == {journal.heading.process}
    plain = sorted([question for question in questions if question != "beside"] for questions in by_process.values())
    assert plain == [["child"], ["parent before", "parent after"]]


def test_a_fork_finds_no_thread_of_ours(
    provider: Provider, recordings: Recordings, loaded_process: LoadedProcess
) -> None:
    """Python warns of forking a process that has threads; ours ends before, and begins again with the next call."""
    head = HEAD + (
        "names = []\n"
        "os.register_at_fork(before=lambda: names.extend(thread.name for thread in threading.enumerate()))\n"
    )
    program = """
        some = client()
        for number in range(3):
            ask(some, number)
            if os.fork() == 0:
                os._exit(0)
            os.wait()
            ask(some, f"{number} after")
        print(*names)
        """
    done = loaded_process.run(program, provider.openai_url, recordings.path, head=head + INSTALL)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"MainThread"}
    assert recordings.questions == ["0", "0 after", "1", "1 after", "2", "2 after"]


def test_prefork_workers_record_what_the_master_installed(provider: Provider, recordings: Recordings) -> None:
    """As under gunicorn and Celery: installed before the fork, each worker makes calls and is stopped by a signal."""
    program = """
        def work(number):
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            some = client()
            for call in range(5):
                ask(some, f"{number} {call}")
            print("ready", flush=True)
            time.sleep(60)

        children = []
        for number in range(2):
            child = os.fork()
            if child == 0:
                try:
                    work(number)
                finally:
                    sys.stdout.flush()
                sys.exit(0)
            children.append(child)
        sys.stdin.readline()
        for child in children:
            os.kill(child, signal.SIGTERM)
        print([os.waitpid(child, 0)[1] for child in children])
        """
    with start(program, provider.openai_url, recordings.path) as master:
        assert master.stdout is not None
        assert master.stdin is not None
        assert [master.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
        master.stdin.write("\n")
        master.stdin.flush()
        assert master.stdout.readline() == "[0, 0]\n"
        assert master.wait(30) == 0
    assert len({journal.heading.process for journal in recordings.journals}) == 2
    assert sorted(recordings.questions) == sorted(f"{number} {call}" for number in range(2) for call in range(5))


SPAWN = """
import multiprocessing
import os

import agentreplay


def work(question):
    import openai

    agentreplay.install(record=os.environ["RECORDINGS"])
    client = openai.OpenAI(base_url=os.environ["URL"], api_key="k", max_retries=0)
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])


if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=work, args=("spawned",))
    worker.start()
    worker.join()
    raise SystemExit(worker.exitcode)
"""


def test_a_spawned_process_that_installs_records(provider: Provider, recordings: Recordings) -> None:
    """It begins anew, so it has to install; its calls are on the disk when it has ended."""
    import subprocess

    from tests.journal.programs import environment

    script = recordings.path.with_name("spawning.py")
    script.write_text(SPAWN, "utf-8")
    command = [sys.executable, str(script)]
    done = subprocess.run(command, env=environment(provider.openai_url, recordings.path), timeout=60, check=False)
    assert done.returncode == 0
    assert recordings.questions == ["spawned"]


def _dedented(text: str) -> str:
    from textwrap import dedent

    return dedent(text)
