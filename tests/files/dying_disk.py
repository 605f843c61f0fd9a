"""Disks that fail or die at one chosen system call, and the calls that were made on them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from agentreplay._files import Disk

_Result = TypeVar("_Result")


class Death(BaseException):
    """The process is gone: no handler and no cleaning up gets anything done any more."""


class SteppingDisk(Disk):
    """A disk that writes a few bytes at a time, so that there are moments between them, and keeps the calls' names.

    It does not really sync: what a process leaves when it dies does not depend on it, and it takes its time.
    """

    def __init__(self, bytes_at_once: int = 200) -> None:
        self.calls: list[str] = []
        self.bytes_at_once: Final = bytes_at_once

    def make_folder(self, folder: Path) -> None:
        self.step("make_folder", lambda: super(SteppingDisk, self).make_folder(folder))

    def create(self, path: Path) -> int:
        return self.step("create", lambda: super(SteppingDisk, self).create(path))

    def write(self, handle: int, data: memoryview) -> int:
        return self.step("write", lambda: super(SteppingDisk, self).write(handle, data[: self.bytes_at_once]))

    def sync(self, handle: int) -> None:
        self.step("sync", lambda: None)

    def close(self, handle: int) -> None:
        self.step("close", lambda: super(SteppingDisk, self).close(handle))

    def rename(self, source: Path, target: Path) -> None:
        self.step("rename", lambda: super(SteppingDisk, self).rename(source, target))

    def remove(self, path: Path) -> None:
        self.step("remove", lambda: super(SteppingDisk, self).remove(path))

    def sync_folder(self, folder: Path) -> None:
        self.step("sync_folder", lambda: None)

    def step(self, name: str, call: Callable[[], _Result]) -> _Result:
        self.calls.append(name)
        return call()


class DyingDisk(SteppingDisk):
    """A disk under a process that dies at call number `fatal`, just before or just after its effect."""

    def __init__(self, fatal: int, *, after: bool) -> None:
        super().__init__()
        self.fatal: Final = fatal
        self.after: Final = after

    def step(self, name: str, call: Callable[[], _Result]) -> _Result:
        number = len(self.calls)
        self.calls.append(name)
        if number == self.fatal and self.after:
            call()
        if number >= self.fatal:
            if name == "close":
                # The system closes the files of the dead; the test's own process would run out of them.
                call()
            raise Death
        return call()


class FailingDisk(SteppingDisk):
    """A disk that refuses call number `failing` with a system error, and from then on every one that needs room."""

    def __init__(self, failing: int, error: int) -> None:
        super().__init__()
        self.failing: Final = failing
        self.error: Final = error

    def step(self, name: str, call: Callable[[], _Result]) -> _Result:
        number = len(self.calls)
        self.calls.append(name)
        if number == self.failing or (number > self.failing and name in {"create", "write"}):
            if name == "close":
                call()
            raise OSError(self.error, os.strerror(self.error))
        return call()
