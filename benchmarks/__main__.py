"""Measure what one replayed call costs: `python -m benchmarks`, or `make bench`."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.measuring import Measured, measure
from benchmarks.output import FIRST, as_json, table, write
from benchmarks.workloads import workloads


def main() -> None:
    """Print the table, and write what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--smoke", action="store_true", help="one round of two calls: it shows only that all of it runs"
    )
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="rounds of each workload (default: 10)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only workloads with this in their name")
    parser.add_argument("--contender", action="append", metavar="NAME", help="only this one, beside the SDK alone")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write speed.json and speed.svg there")
    options = parser.parse_args()
    wanted = {
        name: each
        for name, each in CONTENDERS.items()
        if not options.contender or name == FIRST or name in options.contender
    }
    chosen = [each for each in workloads() if options.only in each.name]
    results: dict[str, dict[str, Measured]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for workload in chosen:
            rounds, calls = (
                (1, 2) if options.smoke else (options.rounds, 3 if workload.slow or workload.units > 1 else 20)
            )
            results[workload.name] = measure(workload, wanted, rounds, calls)
    data = as_json(chosen, results, smoke=options.smoke)
    print(table(data))
    for path in write(options.out, data, results) if options.out else ():
        print(path)


if __name__ == "__main__":
    main()
