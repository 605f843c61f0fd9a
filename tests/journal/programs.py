"""Programs of their own: apps that are recorded, and how they end."""

from __future__ import annotations

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
