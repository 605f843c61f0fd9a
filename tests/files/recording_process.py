"""A process that records: `python -m tests.files.recording_process FOLDER WHO ROUNDS`, under two names in turn.

Its own name is `WHO`, the other, `shared`, is recorded by all. It says `ready` before the first round, and goes on
without end where ROUNDS is 0.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from agentreplay._storage import store_recording
from tests.files.cassettes import cassette


def main(folder: Path, who: str, rounds: int) -> None:
    print("ready", flush=True)  # noqa: T201 - how the test knows when to begin
    for number in itertools.count() if rounds == 0 else range(rounds):
        for name in (who, "shared"):
            store_recording(cassette(f"{who} {number} " + "x" * 20_000), folder, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
