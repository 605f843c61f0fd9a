"""A block in which nothing can be sent and nobody waits."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch


@dataclass
class Attempts:
    """What was tried in vain: addresses that were to be reached, and waits in seconds."""

    addresses: list[Any] = field(default_factory=list[Any])
    waits: list[float] = field(default_factory=list[float])


@contextmanager
def offline() -> Iterator[Attempts]:
    """Refuse connections and name lookups; let waits take no time. Both are noted."""
    attempts = Attempts()
    awaited = asyncio.sleep

    def refuse(*args: Any, **_more: Any) -> Any:
        attempts.addresses.append(args)
        raise OSError("sockets are blocked")

    def wait(seconds: float) -> None:
        attempts.waits.append(seconds)

    async def async_wait(seconds: float, result: Any = None) -> Any:
        if seconds:
            attempts.waits.append(seconds)
        return await awaited(0, result)

    with (
        patch.object(socket.socket, "connect", refuse),
        patch.object(socket.socket, "connect_ex", refuse),
        patch.object(socket, "create_connection", refuse),
        patch.object(socket, "getaddrinfo", refuse),
        patch.object(time, "sleep", wait),
        patch.object(asyncio, "sleep", async_wait),
    ):
        yield attempts
