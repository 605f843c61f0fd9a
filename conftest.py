"""What holds for every test: a plain environment, and no network but loopback."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Generator
from typing import Any, Final

import pytest

_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}
_MEANS_SOMETHING: Final = re.compile(
    r"CI|AGENTREPLAY_.*|.*_API_KEY|OPENAI_.*|ANTHROPIC_.*|AZURE_.*|AWS_.*|GOOGLE_.*|CLOUD_ML_.*|.*_PROXY", re.IGNORECASE
)
"""The variables that agentreplay or an SDK would listen to."""


class NetworkBlockedError(RuntimeError):
    """A test wanted to leave this machine."""


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Generator[None, None, None]:
    """No test, no fixture of any scope and no process they start sees the variables of the machine it runs on."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if _MEANS_SOMETHING.fullmatch(name):
                environment.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def network_blocked() -> Generator[None, None, None]:
    """A socket reaches this machine and no other, and no name is asked for."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_loopback(getattr(socket.socket, name)))
        look_up = socket.getaddrinfo

        def look_up_loopback(host: Any, *arguments: Any, **options: Any) -> Any:
            _refuse(host)
            return look_up(host, *arguments, **options)

        patch.setattr(socket, "getaddrinfo", look_up_loopback)
        yield


def _only_loopback(connect: Any) -> Any:
    def connect_to_loopback(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            _refuse(address[0])
        return connect(self, address)

    return connect_to_loopback


def _refuse(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is not None and name not in _LOOPBACK:
        raise NetworkBlockedError(f"tests stay on loopback, and this one wanted {name!r}")
