"""How cost and size grow: over the calls of a cassette, and over the turns of a conversation.

`python -m benchmarks.growth` prints CPU times and sizes, and the exponent with which each grows (1 is linear).
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, Final

import agentreplay
from agentreplay import Cassette, Interaction, RecordedRequest, RecordedResponse
from agentreplay._decisions import Live
from agentreplay._engine import CallEngine
from agentreplay._modes import Mode
from agentreplay._redaction import Redactor
from agentreplay._storage import store_recording
from benchmarks import payloads
from benchmarks.workloads import workloads

Row = dict[str, float]

_METHOD: Final = "chat.completions.create"
_AT_LEAST: Final = 1000
"""How many calls are timed where a cassette has fewer: in as many replays as that takes."""


def over_calls(counts: Sequence[int], folder: Path) -> Iterator[Row]:
    """For each count of independent calls of 2 KB: the file, loading and opening it, and a call in any order.

    The file is compared with the bodies that it holds, and loading with what nothing but parsing it takes.
    """
    for count in counts:
        words = Words()
        bodies, answers = words.calls(count)
        path = _written(bodies, answers, folder, f"calls-{count}")
        held = sum(len(json.dumps(each, separators=(",", ":"))) for each in (*bodies, *answers))
        del answers
        load_ms, parse_ms = _loaded(path)
        _opened(path)
        yield {
            "calls": count,
            "file_mb": path.stat().st_size / 1e6,
            "file_of_bodies": path.stat().st_size / held,
            "load_ms": load_ms,
            "load_of_parse": load_ms / parse_ms,
            "open_ms": _cpu_ms(lambda path=path: _opened(path)),  # type: ignore[misc]
            "memory_mb": _memory_mb(path),
            "replay_us_a_call": _replayed_us([(path, _shuffled(bodies)), *_more(words, count, folder)]),
        }


def over_turns(counts: Sequence[int], folder: Path) -> Iterator[Row]:
    """For each count of turns of one conversation with 1 KB messages: recording it, its file, and a last turn."""
    for count in counts:
        words = Words()
        said = [message for _ in range(count) for message in words.turn()][:-1]
        bodies = [_body(said[: 2 * turn + 1]) for turn in range(count)]
        answers = [words.answer(turn) for turn in range(count)]
        record_ms, save_ms, path = _recorded(bodies, answers, folder / f"turns-{count}")
        load_ms, parse_ms = _loaded(path)
        yield {
            "turns": count,
            "record_ms": record_ms,
            "save_ms": save_ms,
            "file_mb": path.stat().st_size / 1e6,
            "load_ms": load_ms,
            "load_of_parse": load_ms / parse_ms,
            "replay_us_a_turn": _replayed_us([(path, bodies[-10:])] * (_AT_LEAST // 10)),
        }


class Words:
    """Makes up bodies of the sizes that real traffic has, no two of which say the same."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        letters = "abcdefghijklmnopqrstuvwxyz"
        self._words = ["".join(self._random.choices(letters, k=self._random.randint(2, 9))) for _ in range(5000)]

    def text(self, length: int) -> str:
        """So many characters."""
        return " ".join(self._random.choices(self._words, k=length // 2))[:length]

    def calls(self, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """So many requests, and their answers."""
        return [self.question() for _ in range(count)], [self.answer(number) for number in range(count)]

    def question(self) -> dict[str, Any]:
        """A request of 1 KB."""
        said = [{"role": role, "content": self.text(450)} for role in ("system", "user")]
        return _body(said)

    def turn(self) -> list[Any]:
        """A question and an answer of 1 KB each."""
        return [{"role": role, "content": self.text(1000)} for role in ("user", "assistant")]

    def answer(self, number: int) -> dict[str, Any]:
        """A chat completion of 1 KB."""
        made = payloads.chat_answer()
        made["id"] = f"chatcmpl-{number}"
        made["created"] += number
        made["choices"][0]["message"]["content"] = self.text(500)
        made["usage"]["prompt_tokens"] = self._random.randint(100, 400)
        return made


def _body(messages: list[Any]) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": messages}


def _response(answer: dict[str, Any]) -> RecordedResponse:
    headers = {"content-type": "application/json"}
    return RecordedResponse(body=answer, http_status=200, headers=headers, duration_ms=812.5)


def _request(body: dict[str, Any]) -> RecordedRequest:
    return RecordedRequest(kind="llm", method=_METHOD, model="gpt-4o", body=body)


def _written(bodies: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]], folder: Path, name: str) -> Path:
    asked = zip(bodies, answers, strict=True)
    made = Cassette(
        interactions=[Interaction(request=_request(body), response=_response(answer)) for body, answer in asked]
    )
    return store_recording(made, folder, name)


def _recorded(
    bodies: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]], folder: Path
) -> tuple[float, float, Path]:
    """Milliseconds to record a conversation, without the SDK, and to save it; and its file.

    Each turn comes in objects of its own, as the SDK hands it on.
    """
    engine = CallEngine(Mode.RECORD, Redactor())
    record_ms = 0.0
    for body, answer in zip(bodies, answers, strict=True):
        messages = [*map(dict, body["messages"])]
        started = time.process_time_ns()
        own = engine.own(messages, "messages", copy.deepcopy)
        call = engine.begin(_request({**body, "messages": own}))
        assert isinstance(call, Live)
        engine.finish(call, _response(answer))
        record_ms += (time.process_time_ns() - started) / 1e6
    started = time.process_time_ns()
    path = store_recording(engine.recording(), folder.parent, folder.name)
    return record_ms, (time.process_time_ns() - started) / 1e6, path


def _parser() -> Callable[[bytes], object]:
    """The fastest there is."""
    try:
        found: Callable[[bytes], object] = import_module("orjson").loads
    except ModuleNotFoundError:
        return json.loads
    return found


def _loaded(path: Path) -> tuple[float, float]:
    """Milliseconds to load the file, and only to parse it: medians of some rounds, in each of which both are done."""
    data, parse = path.read_bytes(), _parser()
    rounds = [(_cpu_ms(lambda: Cassette.load(path)), _cpu_ms(lambda: parse(data))) for _ in range(5)]
    return median(load for load, _ in rounds), median(parsed for _, parsed in rounds)


def _replaying(path: Path) -> agentreplay.Session:
    return agentreplay.cassette(path.parent.name, directory=path.parent.parent, mode="replay", allow_unused=True)


def _opened(path: Path) -> None:
    with _replaying(path) as session:
        # Nothing is compared before something is asked.
        assert session.cassette.interactions[0].id


def _more(words: Words, count: int, folder: Path) -> Iterator[tuple[Path, Sequence[dict[str, Any]]]]:
    """More cassettes of this size with other calls, where one is too small to time it.

    Those of the same one would be known again: a process remembers what it was asked.
    """
    for number in range(_AT_LEAST // count if count < _AT_LEAST else 0):
        bodies, answers = words.calls(count)
        yield _written(bodies, answers, folder, f"calls-{count}-{number}"), _shuffled(bodies)


def _shuffled(bodies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same in any order."""
    return random.Random(7).sample(bodies, len(bodies))


def _replayed_us(cassettes: Iterable[tuple[Path, Sequence[dict[str, Any]]]]) -> float:
    """Microseconds of CPU for each of these calls but for the first, which makes all ready."""
    call = _caller()
    timed = spent = 0
    for path, bodies in cassettes:
        with _replaying(path):
            call(bodies[0])
            gc.collect()
            started = time.process_time_ns()
            for body in bodies[1:]:
                call(body)
            spent += time.process_time_ns() - started
        timed += len(bodies) - 1
    return spent / 1000 / max(timed, 1)


def _caller() -> Callable[[dict[str, Any]], object]:
    client = workloads()[0].client(live=False)
    return lambda body: client.chat.completions.create(**body)


def _cpu_ms(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


_OPENS: Final = """
import gc, mmap, pathlib, sys
import agentreplay

def resident():
    gc.collect()
    return int(pathlib.Path("/proc/self/statm").read_text("ascii").split()[1]) * mmap.PAGESIZE / 1e6

path, warm = map(pathlib.Path, sys.argv[1:])
cassette = agentreplay.Cassette.load(warm)
before = resident()
engine = agentreplay.ReplayEngine(agentreplay.Cassette.load(path))
print(resident() - before)
"""


def _memory_mb(path: Path) -> float:
    """Megabytes that a process of its own holds more once it has loaded the file; none where nothing tells."""
    if not Path("/proc/self/statm").exists():
        return 0.0
    with tempfile.TemporaryDirectory() as folder:
        warm = Cassette().save(Path(folder) / "empty.json")
        command = [sys.executable, "-c", _OPENS, str(path), str(warm)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


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
