"""Record an agent on both SDKs, take the provider away, replay: `python -m demo`."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest import mock

import agentreplay
from demo import agent_anthropic, agent_openai
from demo.provider import Behaviour, Provider
from demo.scripted_model import scripted_model

QUESTION: Final = "My cat jumps 1.5 m high. How high on the Moon and on Mars? Would she clear a fence of 6 m there?"
FOLDER: Final = Path(__file__).parent / "cassettes"

_AGENTS: Final[dict[str, Callable[[str, str, Callable[[str], None]], str]]] = {
    "openai": agent_openai.ask,
    "anthropic": agent_anthropic.ask,
}
_KEYS: Final = {"OPENAI_API_KEY": "sk-demo", "ANTHROPIC_API_KEY": "sk-ant-demo"}
_LIKE_A_MODEL: Final = Behaviour(latency=0.3, pace=0.03)
"""The provider takes its time, as a model does: seconds to the first word, and from word to word."""


@dataclass(frozen=True)
class Run:
    """What came of one run of an agent: `told` is its answer, `seconds` the time it took."""

    told: str
    seconds: float
    conversation: str
    path: Path | None


def main() -> None:
    """The whole demonstration."""
    for name in [*_KEYS, *(name for name in os.environ if name.startswith("AGENTREPLAY_"))]:
        os.environ.pop(name, None)
    os.environ["NO_PROXY"] = "127.0.0.1"
    provider = Provider(scripted_model)
    provider.usual = _LIKE_A_MODEL

    say(f"Question: {QUESTION}\n")
    recorded: dict[str, Run] = {}
    with provider, mock.patch.dict(os.environ, _KEYS):
        for name in _AGENTS:
            say(f"\n-- {name}: live, and recorded --\n")
            recorded[name] = run(name, provider.url, mode="record")

    say(f"\n== The provider is gone after {provider.count} requests, sockets are blocked, no key is set ==\n")
    replayed: dict[str, Run] = {}
    with no_sockets():
        for name in _AGENTS:
            say(f"\n-- {name}: replayed --\n")
            replayed[name] = run(name, provider.url, mode="replay")

    for replay in replayed.values():
        say(f"\n== What {os.path.relpath(replay.path or FOLDER)} holds ==\n{replay.conversation}\n")
    say("\n")
    for name, live in recorded.items():
        if replayed[name].told != live.told:
            sys.exit(f"{name} told something else: {replayed[name].told!r}, not {live.told!r}")
        say(f"{name:>10}: {live.seconds:.2f} s live, {replayed[name].seconds:.2f} s replayed, the same word for word\n")


def run(name: str, url: str, *, mode: str) -> Run:
    """Let one agent answer the question inside a cassette."""
    started = time.perf_counter()
    with agentreplay.cassette(name, mode=mode, directory=FOLDER) as session:
        told = _AGENTS[name](url, QUESTION, say)
    return Run(told, time.perf_counter() - started, str(session.trajectory), session.path)


def say(text: str) -> None:
    """Show a piece of text at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


class _NoSocket(socket.socket):
    def __init__(self, *_args: object, **_options: object) -> None:
        raise AssertionError("a socket was opened in replay")


@contextmanager
def no_sockets() -> Generator[None, None, None]:
    """Whoever opens a socket in this block has gone live, and fails."""
    with mock.patch.object(socket, "socket", _NoSocket):
        yield


if __name__ == "__main__":
    main()
