"""What recording costs a running app: the time of a call, and how long the event loop is kept from its work.

    python -m benchmarks.recorded_app

Calls with and without recording take turns, so that a busy machine slows both alike. The provider is a process of its
own on loopback; what the network of a real one adds is left out, so the shares are the worst there are.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import agentreplay

_PROVIDER: Final = """
import sys, threading
from demo.provider import Behaviour, Provider
with Provider() as provider:
    provider.usual = Behaviour(pace=float(sys.argv[1]))
    print(provider.openai_url, flush=True)
    threading.Event().wait()
"""
_WORDS: Final = "The quick brown fox jumps over the lazy dog near the river bank. "
_TICK_SECONDS: Final = 0.001
_TURN: Final = 100


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000, help="calls of each sort (default: 2000)")
    parser.add_argument("--streams", type=int, default=20, help="streams at once (default: 20)")
    parser.add_argument("--seconds", type=float, default=10, help="how long they run each time (default: 10)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with_provider(0, lambda url: print_call_overhead(url, Path(folder), options.calls))
        with_provider(0.02, lambda url: print_loop_lag(url, Path(folder), options.streams, options.seconds))


def with_provider(pace: float, measure: Callable[[str], None]) -> None:
    """Let `measure` talk to a provider that waits `pace` seconds before each event of a stream."""
    command = [sys.executable, "-c", _PROVIDER, str(pace)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        measure(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()


def print_call_overhead(url: str, folder: Path, calls: int) -> None:
    """What recording adds to a call, for a short conversation and a longer one."""
    from openai import OpenAI

    with OpenAI(base_url=url, api_key="sk-benchmark", timeout=30) as client:
        for name, kilobytes in (("short", 0), ("of 20 kB", 20)):
            text = _WORDS * (kilobytes * 1024 // len(_WORDS) + 1)

            def call(text: str = text) -> None:
                client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}])

            turns = in_turns(call, folder, calls)
            for clock, position in (("on the clock", 0), ("of the processor, in the thread of the call", 1)):
                plain = statistics.median(turn[position] for turn, _ in turns) / _TURN
                ratios = sorted(recorded[position] / plain_turn[position] for plain_turn, recorded in turns)
                quarter = len(ratios) // 4
                print(
                    f"call, {name}, {clock}: {1000 * plain:.3f} ms plain; recording adds "
                    f"{100 * (statistics.median(ratios) - 1):+.1f} % (half of {len(ratios)} pairs of turns between "
                    f"{100 * (ratios[quarter] - 1):+.1f} and {100 * (ratios[-quarter - 1] - 1):+.1f} %)"
                )


Turn = tuple[float, float]
"""Seconds on the clock, and seconds of the processor in the thread that calls."""


def in_turns(call: Callable[[], None], folder: Path, calls: int) -> list[tuple[Turn, Turn]]:
    """What a turn of calls takes without recording and with it, in pairs."""
    pairs: list[tuple[Turn, Turn]] = []
    for _ in range(max(1, calls // _TURN)):
        turns: list[Turn] = []
        for record in (None, folder):
            agentreplay.install(record=record)
            # What the first calls begin (a thread, a journal) belongs to the start of an app, not to its calls.
            for _ in range(3):
                call()
            began, began_here = time.perf_counter(), time.thread_time()
            for _ in range(_TURN):
                call()
            turns.append((time.perf_counter() - began, time.thread_time() - began_here))
            agentreplay.uninstall()
        pairs.append((turns[0], turns[1]))
    return pairs


def print_loop_lag(url: str, folder: Path, streams: int, seconds: float) -> None:
    """How late a timer of the event loop is while so many streams run, with and without recording."""
    lags: dict[str, list[float]] = {"plain": [], "recorded": []}
    turns = max(1, round(seconds / 2.5))
    for _ in range(turns):
        for label in lags:
            if label == "recorded":
                agentreplay.install(record=folder)
            else:
                agentreplay.install()
            lags[label] += asyncio.run(lag_of_streams(url, streams, seconds / turns))
            agentreplay.uninstall()
    for label, ticks in lags.items():
        cuts = statistics.quantiles(ticks, n=1000)
        print(
            f"event loop, {streams} streams, {label}: p50 {1000 * cuts[499]:.2f} ms, p99 {1000 * cuts[989]:.2f} ms, "
            f"p99.9 {1000 * cuts[998]:.2f} ms, most {1000 * max(ticks):.2f} ms ({len(ticks)} ticks)"
        )
    added = statistics.quantiles(lags["recorded"], n=100)[98] - statistics.quantiles(lags["plain"], n=100)[98]
    print(f"event loop: recording adds {1000 * added:+.2f} ms to the p99")


async def lag_of_streams(url: str, streams: int, seconds: float) -> list[float]:
    """By how many seconds each tick of a millisecond was late, while so many clients stream answer after answer."""
    from openai import AsyncOpenAI

    lags: list[float] = []
    end = time.perf_counter() + seconds
    async with AsyncOpenAI(base_url=url, api_key="sk-benchmark", timeout=30) as client:

        async def read(number: int) -> None:
            history = _WORDS * 30
            while time.perf_counter() < end:
                question = f"{number}: {history}"
                stream = await client.chat.completions.create(
                    model="gpt-4o", messages=[{"role": "user", "content": question}], stream=True
                )
                async for _ in stream:
                    pass

        async def tick() -> None:
            while time.perf_counter() < end:
                wanted = time.perf_counter() + _TICK_SECONDS
                await asyncio.sleep(_TICK_SECONDS)
                lags.append(time.perf_counter() - wanted)

        await asyncio.gather(tick(), *[read(number) for number in range(streams)])
    return lags


if __name__ == "__main__":
    main()
