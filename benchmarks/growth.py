"""How cost and size grow: over the calls of a cassette, and over the turns of a conversation.

`python -m benchmarks.growth` prints CPU times and sizes, and the exponent with which each grows (1 is linear).
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import agentreplay
from agentreplay import Cassette, Interaction, RecordedRequest, RecordedResponse
from benchmarks import payloads
from benchmarks.workloads import workloads

Row = dict[str, float]


def over_calls(counts: Sequence[int], folder: Path) -> Iterator[Row]:
    """For each count of independent calls of 2 KB: the file, how long it loads, and a call in any order."""
    for count in counts:
        bodies = [_body(payloads.question(number)) for number in range(count)]
        path = _written(bodies, folder, f"calls-{count}")
        load_ms = _cpu_ms(lambda path=path: Cassette.load(path))  # type: ignore[misc]
        order = random.Random(7).sample(range(count), count)
        asked = [bodies[number] for number in (order[:1000] if count > 1000 else order)]
        yield {
            "calls": count,
            "file_mb": path.stat().st_size / 1e6,
            "load_ms": load_ms,
            "replay_us_a_call": _replayed_us(path, asked),
        }


def over_turns(counts: Sequence[int], folder: Path) -> Iterator[Row]:
    """For each count of turns of one conversation with 1 KB messages: the file, how long it loads, and a last turn."""
    for count in counts:
        said = payloads.conversation(count)
        bodies = [_body(said[: 2 * turn + 1]) for turn in range(count)]
        path = _written(bodies, folder, f"turns-{count}")
        yield {
            "turns": count,
            "file_mb": path.stat().st_size / 1e6,
            "load_ms": _cpu_ms(lambda path=path: Cassette.load(path)),  # type: ignore[misc]
            "replay_us_a_turn": _replayed_us(path, bodies[-10:]),
        }


def _body(messages: list[Any]) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": messages}


def _written(bodies: Sequence[dict[str, Any]], folder: Path, name: str) -> Path:
    answer = payloads.chat_answer()
    cassette = Cassette(
        interactions=[
            Interaction(
                request=RecordedRequest(kind="llm", method="chat.completions.create", model="gpt-4o", body=body),
                response=RecordedResponse(body=answer, http_status=200, headers={"content-type": "application/json"}),
            )
            for body in bodies
        ]
    )
    cassette.finalize()
    return cassette.save(folder / name / f"{cassette.short_hash()}.json")


def _replayed_us(path: Path, bodies: Sequence[dict[str, Any]]) -> float:
    """Microseconds of CPU for each of these calls, after one more that makes all ready."""
    call = _caller()
    session = agentreplay.cassette(
        path.parent.name, directory=path.parent.parent, mode="replay", allow_unused=True, allow_repeats=True
    )
    with session:
        call(bodies[0])
        gc.collect()
        started = time.process_time_ns()
        for body in bodies:
            call(body)
        return (time.process_time_ns() - started) / 1000 / len(bodies)


def _caller() -> Callable[[dict[str, Any]], object]:
    client = workloads()[0].client(live=False)
    return lambda body: client.chat.completions.create(**body)


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


def exponents(rows: Sequence[Row]) -> Row:
    """With which power of the first column the others grow, between the last row and one a tenth of it or less."""
    first, *others = rows[-1]
    base = next((row for row in reversed(rows) if row[first] <= rows[-1][first] / 10), rows[0])
    steps = math.log(rows[-1][first] / base[first]) or 1.0
    return {name: round(math.log(max(rows[-1][name], 1e-9) / max(base[name], 1e-9)) / steps, 2) for name in others}


def _shown(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    lines = ["".join(f"{name:>20}" for name in names)]
    lines += ["".join(f"{row[name]:>20,.{0 if name == names[0] else 3}f}" for name in names) for row in rows]
    grown = exponents(rows)
    return "\n".join([*lines, "exponent".rjust(20) + "".join(f"{grown[name]:>20}" for name in names[1:])])


def main() -> None:
    """Print both tables, and write them where `--out` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small counts: it shows only that all of it runs")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write growth.json there")
    options = parser.parse_args()
    calls, turns = ([10, 20], [2, 4]) if options.smoke else ([10, 100, 1_000, 10_000, 100_000], [10, 100, 200, 1_000])
    with tempfile.TemporaryDirectory() as folder:
        tables = {
            "calls": list(over_calls(calls, Path(folder))),
            "turns": list(over_turns(turns, Path(folder))),
        }
    for rows in tables.values():
        print(_shown(rows), end="\n\n")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        data = {"smoke": options.smoke, **tables, "exponents": {name: exponents(rows) for name, rows in tables.items()}}
        (options.out / "growth.json").write_text(json.dumps(data, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
