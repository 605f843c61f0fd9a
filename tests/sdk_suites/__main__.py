"""`python -m tests.sdk_suites VENDOR`: run an SDK's own tests plain, recording and replaying, and compare."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .comparison import HEADING, RESOURCES, Comparison, calling, passed
from .environment import REPOSITORY, prepare
from .passes import Outcomes, Plan, run_plain, run_recording, run_replaying

NEWEST = {"openai": "3.54.0", "anthropic": "2.12.0"}


def main() -> int:
    """The exit code: 0 if every test that passed plain passed in a session, 1 if not."""
    arguments = _arguments()
    vendor, version = arguments.vendor, arguments.version or NEWEST[arguments.vendor]
    suite = prepare(vendor, version, arguments.cache)
    folder = arguments.results / f"{vendor}-{version}-{time.strftime('%Y%m%d-%H%M%S')}"
    folder.mkdir(parents=True)
    plan = Plan(suite, arguments.tests, arguments.keyword, arguments.jobs, folder)

    plain = _timed("0 plain", lambda: run_plain(plan))
    recording = _timed("1 recording", lambda: run_recording(plan, passed(plain)))
    replaying = _timed("2 replaying", lambda: run_replaying(plan, passed(recording), calling(recording)))

    comparison = Comparison(plain, recording, replaying)
    differences = comparison.differences()
    _say(f"\n{vendor} {version}; details in {folder}", HEADING, *map(str, comparison.rows()))
    for difference in differences:
        _say(f"{difference.wrapped}: {difference.test}", f"    {difference.reason[:300]}")
    _say(f"{len(differences)} differences")
    return 1 if differences else 0


def _timed(name: str, run: Callable[[], Outcomes]) -> Outcomes:
    started = time.monotonic()
    outcomes = run()
    _say(f"pass {name}: {len(outcomes):,} tests in {time.monotonic() - started:.0f} s")
    return outcomes


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sdk_suites", description=__doc__)
    parser.add_argument("vendor", choices=sorted(NEWEST))
    parser.add_argument("tests", nargs="*", default=[RESOURCES], help="files or folders below the sdist")
    parser.add_argument("--version", help="the SDK's version (default: the newest one proven)")
    parser.add_argument("-k", dest="keyword", default="", help="pytest's -k")
    parser.add_argument("--jobs", type=int, default=2, help="how many tests run at a time (default: 2)")
    venvs = REPOSITORY / ".venvs" / "sdk-suites"
    parser.add_argument("--cache", type=Path, default=venvs, help="where sdists and environments are kept")
    parser.add_argument("--results", type=Path, default=venvs / "results", help="where outcomes and cassettes are left")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
