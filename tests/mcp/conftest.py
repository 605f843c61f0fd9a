"""Servers that listen, and where cassettes lie."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from tests.mcp.app import listening, loaded


@pytest.fixture(scope="session", autouse=True)
def _loaded_server() -> Generator[None, None, None]:
    """Servers that tests start are there at once."""
    with loaded():
        yield


@pytest.fixture(scope="session")
def http_port() -> Generator[int, None, None]:
    """The port of a server that speaks streamable HTTP."""
    with listening("http") as port:
        yield port


@pytest.fixture(scope="session")
def sse_port() -> Generator[int, None, None]:
    """The port of a server that speaks the older transport."""
    with listening("sse") as port:
        yield port


@pytest.fixture
def cassette(tmp_path: Path) -> Callable[..., agentreplay.Session]:
    """Opens cassettes of this test's own."""

    def opened(mode: str, name: str = "run", **options: Any) -> agentreplay.Session:
        return agentreplay.cassette(name, mode=mode, directory=tmp_path, **options)

    return opened
