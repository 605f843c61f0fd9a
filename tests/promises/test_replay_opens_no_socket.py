"""Promise: in replay nothing touches the network, whoever tries."""

from __future__ import annotations

import asyncio
import socket
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

import agentreplay
from demo.provider import Provider

ELSEWHERE = ("203.0.113.7", 80)
"""An address set aside for documentation, where nobody answers."""
NOBODY = "nobody.invalid"


def by_socket() -> None:
    """Connects as libraries do."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        connection.connect(ELSEWHERE)


def by_url() -> None:
    """Fetches a page from a host that is known by name."""
    urllib.request.urlopen(f"http://{NOBODY}/", timeout=1)


def by_event_loop() -> None:
    """Connects in an event loop."""

    async def connect() -> None:
        await asyncio.wait_for(asyncio.open_connection(*ELSEWHERE), 1)

    asyncio.run(connect())


def in_a_thread() -> None:
    """Connects in a thread that was started here."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            by_socket()
        except agentreplay.AgentReplayError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise failures[0]


@pytest.fixture
def recorded(tmp_path: Path, provider: Provider) -> Path:
    """A directory with the recording `asks`, of one call."""
    with agentreplay.cassette("asks", directory=tmp_path):
        ask(provider)
    return tmp_path


def ask(provider: Provider) -> None:
    """The call that `asks` holds."""
    from openai import OpenAI

    with OpenAI(base_url=provider.openai_url, api_key="sk-test") as client:
        client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])


@pytest.mark.parametrize("attempt", [by_socket, by_url, by_event_loop, in_a_thread])
def test_a_connection_from_inside_a_replaying_block_is_refused(
    attempt: Callable[[], None], recorded: Path, provider: Provider
) -> None:
    """It is refused before it is opened, with an error that names the place in the program which wanted it."""
    with agentreplay.cassette("asks", directory=recorded, mode="replay"), provider.stopped():
        ask(provider)
        with pytest.raises(agentreplay.NetworkBlockedError) as refused:
            attempt()
    assert refused.value.host in {ELSEWHERE[0], NOBODY}
    assert refused.value.caller is not None
    assert refused.value.caller.file.endswith("test_replay_opens_no_socket.py")


def test_hosts_that_are_allowed_and_this_machine_are_reached(recorded: Path, provider: Provider) -> None:
    """Loopback is never blocked, and `allowed_hosts` lets other hosts through, as far as to the network itself."""
    with agentreplay.cassette("asks", directory=recorded, mode="replay", allowed_hosts=[ELSEWHERE[0]]):
        ask(provider)
        with socket.create_connection(("127.0.0.1", int(provider.url.rpartition(":")[2])), timeout=5):
            pass
        with pytest.raises(Exception, match="stay on loopback"):
            by_socket()


def test_a_recording_block_leaves_the_network_alone(tmp_path: Path, provider: Provider) -> None:
    """While a session records, connections are the app's own business."""
    with agentreplay.cassette("records", directory=tmp_path):
        ask(provider)
        with pytest.raises(Exception, match="stay on loopback"):
            by_socket()
