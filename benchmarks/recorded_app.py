"""What recording costs a running app: the time of a call, and how long the event loop is kept from its work.

    python -m benchmarks.recorded_app

Calls with and without recording take turns, so that a busy machine slows both alike. The provider is a process of its
own on loopback; what the network of a real one adds is left out, so the shares are the worst there are.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

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
_TURN: Final = 50


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
    """What recording adds to a call: a short conversation, a longer one, and a stream."""
    from openai import OpenAI

    with OpenAI(base_url=url, api_key="sk-benchmark", timeout=30) as client:
        for name, kilobytes, stream in (("short", 0, False), ("of 20 kB", 20, False), ("stream", 0, True)):
            numbers = itertools.count()
            text = _WORDS * (kilobytes * 1024 // len(_WORDS) + 1)

            def call(text: str = text, stream: bool = stream, numbers: Iterator[int] = numbers) -> None:
                # No two calls ask the same.
                messages: Any = [{"role": "user", "content": f"{next(numbers)} {text}"}]
                answer: Any = client.chat.completions.create(model="gpt-4o", messages=messages, stream=stream)
                if stream:
                    for _ in answer:
                        pass

            print_turns(name, in_turns(call, folder, calls // 4 if stream else calls))


class Turn(NamedTuple):
    """A turn of calls: seconds of the middle one on the clock, seconds of the processor for each on average.

    The latter is once that of the thread that calls, once that of the process, until all that was recorded is on the
    disk: as much as calls can be delayed by if they follow each other without a pause and the provider takes no time.
    """

    clock: float
    thread: float
    process: float


def print_turns(name: str, pairs: list[tuple[Turn, Turn]]) -> None:
    """The differences between turns without recording and the turns with it beside them."""
    for position, what in enumerate(("on the clock", "processor, calling thread", "processor, whole process")):
        plain = statistics.median(turn[position] for turn, _ in pairs)
        ratios = sorted(recorded[position] / plain_turn[position] for plain_turn, recorded in pairs)
        quarter = len(ratios) // 4
        print(
            f"call, {name}, {what}: {1000 * plain:.3f} ms plain; recording adds "
            f"{100 * (statistics.median(ratios) - 1):+.1f} % (half of {len(ratios)} pairs of turns between "
            f"{100 * (ratios[quarter] - 1):+.1f} and {100 * (ratios[-quarter - 1] - 1):+.1f} %)"
        )


def in_turns(call: Callable[[], None], folder: Path, calls: int) -> list[tuple[Turn, Turn]]:
    """Turns of calls without recording and with it, in pairs, of which each begins with the other sort."""
    pairs: list[tuple[Turn, Turn]] = []
    for number in range(max(2, calls // _TURN)):
        turns: dict[bool, Turn] = {}
        for recording in (False, True) if number % 2 else (True, False):
            agentreplay.install(record=folder if recording else None)
            # What the first calls begin (a thread, a journal) belongs to the start of an app, not to its calls.
            for _ in range(3):
                call()
            wait_until_written()
            turns[recording] = one_turn(call)
            agentreplay.uninstall()
        pairs.append((turns[False], turns[True]))
    return pairs


def one_turn(call: Callable[[], None]) -> Turn:
    """What such calls take."""
    durations: list[float] = []
    in_thread, in_process = time.thread_time(), time.process_time()
    for _ in range(_TURN):
        began = time.perf_counter()
        call()
        durations.append(time.perf_counter() - began)
    in_thread = time.thread_time() - in_thread
    wait_until_written()
    return Turn(statistics.median(durations), in_thread / _TURN, (time.process_time() - in_process) / _TURN)


def wait_until_written() -> None:
    """Let the journal's thread come to an end with what it has."""
    while agentreplay.status().unsaved_bytes:
        time.sleep(0.02)


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
