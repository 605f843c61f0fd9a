"""A server that has imported the SDK, and forks to serve in the place of processes that were started to do so.

To import the SDK takes a server longer than all else. A process that is started as a server hands its pipes over to the
loaded one that its parent has, and lives as long as the fork that serves; where there is none it serves itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

_MOST = 1 << 16


def _address(parent: int) -> str:
    # Of Linux: a name that is no file, and is gone with the process.
    return f"\0agentreplay-weather-{parent}"


def handed_over() -> bool:
    """Whether another process has served in the place of this one, and has ended."""
    if sys.platform != "linux":
        return False
    with socket.socket(socket.AF_UNIX) as loaded:
        try:
            loaded.connect(_address(os.getppid()))
        except OSError:
            return False
        about = json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode()
        socket.send_fds(loaded, [about], [0, 1, 2])
        loaded.recv(1)
    return True


def serve_forks(serve: Callable[[], None]) -> None:
    """Call `serve` in a fork for each process that the parent of this one starts; return in forks only."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(_address(os.getppid()))
        listening.listen()
        os.write(1, b"ready\n")
        while True:
            started, _ = listening.accept()
            about, files, _, _ = socket.recv_fds(started, _MOST, 3)
            if not os.fork():
                break
            started.close()
            for file in files:
                os.close(file)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    told = json.loads(about)
    os.environ.clear()
    os.environ.update(told["environment"])
    os.chdir(told["folder"])
    threading.Thread(target=_end_with, args=(started,), daemon=True).start()
    serve()


def _end_with(started: socket.socket) -> None:
    started.recv(1)
    os._exit(1)
