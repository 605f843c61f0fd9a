"""Fuzz the reading of cassettes, guided by coverage: `python -m tests.files.fuzz_reading [libFuzzer options] [CORPUS]`.

Needs `atheris`, which the tests do not. It ends at the first input whose reading is neither a cassette nor a
`CassetteError`, or that does not save as what was read.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError


def read_and_write(data: bytes) -> None:
    try:
        read = Cassette._read(data).cassette
    except CassetteError:
        return
    again = Cassette._read(read._for_disk()[1]).cassette
    if read.without_secrets() is read and again.to_json() != read.to_json():
        raise AssertionError("what was written reads as something else")


def main() -> None:
    atheris: Any = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, read_and_write)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
