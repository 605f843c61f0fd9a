"""Programs of their own: apps that are recorded, and how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]

HEAD = """
import os, signal, sys, threading, time
import agentreplay

def client():
    import openai
    return openai.OpenAI(base_url=os.environ["URL"], api_key="sk-test", max_retries=0)

def ask(client, question, **arguments):
    messages = [{"role": "user", "content": str(question)}]
    return client.chat.completions.create(model="m", messages=messages, **arguments)

def unread(client, question):
    stream = ask(client, question, stream=True)
    next(iter(stream))
    return stream

"""
INSTALL = """
agentreplay.install(record=os.environ["RECORDINGS"])
"""


_LOADED = """
import json, os, signal, sys
import agentreplay._install
import openai

# What an SDK looks up at its first call it keeps. Nobody listens there.
with openai.OpenAI(base_url="http://127.0.0.1:1", api_key="sk-test", max_retries=0) as client:
    try:
        client.chat.completions.create(model="m", messages=[])
    except openai.APIConnectionError:
        pass
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if not child:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
os.chdir(order["folder"])
os.environ.clear()
os.environ.update(order["environment"])
for number, file in enumerate(order["files"]):
    os.dup2(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), number)
signal.alarm(30)
exec(compile(order["program"], "<program>", "exec"))
"""


class LoadedProcess:
    """A process that has imported the SDK and used it once, and forks to run programs, each to its own end.

    That takes the SDK seconds, and has no part in how a process ends.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LOADED],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore::DeprecationWarning"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, program: str, url: str, recordings: Path, *, head: str = HEAD + INSTALL
    ) -> subprocess.CompletedProcess[str]:
        """The program, once it has ended; it has half a minute."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        files = [os.devnull, *(str(recordings.with_name(name)) for name in ("printed", "complained"))]
        order = {
            "program": head + dedent(program),
            "environment": environment(url, recordings),
            "folder": str(recordings.parent),
            "files": files,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        printed, complained = (Path(file).read_text("utf-8") for file in files[1:])
        return subprocess.CompletedProcess(["<program>"], code, printed, complained)

    def end(self) -> None:
        """End it; nothing runs in it."""
        self._process.communicate(timeout=30)


def environment(url: str, recordings: Path, **more: str) -> dict[str, str]:
    """The variables of such a program."""
    return {
        **os.environ,
        "URL": url,
        "RECORDINGS": str(recordings),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        **more,
    }


def start(program: str, url: str, recordings: Path, *, head: str = HEAD + INSTALL) -> subprocess.Popen[str]:
    """The program, running; what it prints can be read."""
    return subprocess.Popen(
        [sys.executable, "-c", head + dedent(program)],
        env=environment(url, recordings),
        cwd=recordings.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(program: str, url: str, recordings: Path, *, head: str = HEAD + INSTALL) -> subprocess.CompletedProcess[str]:
    """The program, once it has ended; it has half a minute."""
    with start(program, url, recordings, head=head) as process:
        try:
            printed, complained = process.communicate(timeout=30)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, printed, complained)
