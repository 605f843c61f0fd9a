"""The results as a table, as JSON and as a chart."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import agentreplay
from benchmarks.measuring import Measured
from benchmarks.workloads import Workload

Results = Mapping[str, Mapping[str, Measured]]
"""By workload, then by contender."""

FIRST: Final = "SDK alone (F)"
_PACKAGES: Final = (
    "openai",
    "anthropic",
    "httpx2",
    "pydantic",
    "vcrpy",
    "pytest-recording",
    "cassetter",
    "checkagent",
)


def versions() -> dict[str, str]:
    """The versions of all that was measured."""
    ours = {"python": platform.python_version(), "agentreplay": agentreplay.__version__}
    return {**ours, **{name: _version(name) for name in _PACKAGES}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def as_json(workloads: Sequence[Workload], results: Results, *, smoke: bool) -> dict[str, Any]:
    """All that was measured, and with what."""
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "smoke": smoke,
        "machine": platform.machine(),
        "versions": versions(),
        "workloads": [
            {
                "name": workload.name,
                "target": workload.target,
                "results": {name: _numbers(each) for name, each in results[workload.name].items()},
            }
            for workload in workloads
            if workload.name in results
        ],
    }


def _numbers(measured: Measured) -> dict[str, Any]:
    if measured.why_not is not None:
        return {"why_not": measured.why_not}
    low, high = measured.spread_us
    numbers = (("median_us", measured.median_us), ("quartile_1_us", low), ("quartile_3_us", high))
    return {"rounds": len(measured.times_us), **{name: round(value, 2) for name, value in numbers}}


def table(data: Mapping[str, Any]) -> str:
    """The results as text: medians in microseconds of CPU for one call, and in costs of the SDK alone."""
    lines: list[str] = []
    for workload in data["workloads"]:
        results = workload["results"]
        whole = results[FIRST].get("median_us")
        lines.append(f"{workload['name']}  (wanted: {workload['target']:g} F)")
        for name, numbers in results.items():
            if "why_not" in numbers:
                lines.append(f"  {name:<34} {numbers['why_not']}")
                continue
            low, high = numbers["quartile_1_us"], numbers["quartile_3_us"]
            share = numbers["median_us"] / whole if whole else 0.0
            lines.append(f"  {name:<34}{numbers['median_us']:>12,.1f} µs {share:>9.4f} F   ({low:,.1f} to {high:,.1f})")
    return "\n".join(lines)


_WIDTH: Final = 860
_LEFT: Final = 250
_BAR: Final = 14
_COLOURS: Final = {"agentreplay": "#2f6fde", "agentreplay, asked again": "#2f6fde", FIRST: "#8a8f98"}


def chart(data: Mapping[str, Any]) -> str:
    """The results as SVG: bars of the cost of one call, as a share of the SDK alone, each workload by itself."""
    shapes: list[str] = []
    y = 46
    for workload in data["workloads"]:
        shapes.append(f'<text x="12" y="{y}" class="head">{escape(workload["name"])}</text>')
        y += 8
        for name, share in _shares(workload["results"]):
            length = max(1.0, min(share, 1.6) / 1.6 * (_WIDTH - _LEFT - 90))
            colour = _COLOURS.get(name, "#c9ccd3")
            shapes.append(f'<text x="{_LEFT - 8}" y="{y + 11}" class="name">{escape(name)}</text>')
            shapes.append(f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 3}" fill="{colour}"/>')
            shapes.append(f'<text x="{_LEFT + length + 6:.1f}" y="{y + 10}">{share:.3g} F</text>')
            y += _BAR
        y += 24
    used = ", ".join(f"{name} {number}" for name, number in data["versions"].items())
    title = f"CPU time of one replayed call; 1 F is the SDK itself over an in-memory transport ({data['date']})"
    style = (
        "text{font:11px sans-serif;fill:#444}.head{font:bold 12px sans-serif}.name{text-anchor:end}"
        "@media(prefers-color-scheme:dark){text{fill:#ccc}}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 10}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{style}</style>",
            f'<text x="12" y="20" class="head">{escape(title)}</text>',
            *shapes,
            f'<text x="12" y="{y}">{escape(used)}</text>',
            "</svg>\n",
        ]
    )


def _shares(results: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    whole = results[FIRST]["median_us"]
    for name, numbers in results.items():
        if "median_us" in numbers:
            yield name, numbers["median_us"] / whole


def pyperf_suite(results: Results) -> Any:
    """The results for pyperf; None where it is not installed."""
    try:
        pyperf: Any = import_module("pyperf")
    except ImportError:
        return None
    benchmarks = [
        pyperf.Benchmark([pyperf.Run([time / 1e6 for time in each.times_us], metadata={"name": f"{workload}: {name}"})])
        for workload, contenders in results.items()
        for name, each in contenders.items()
        if each.times_us
    ]
    return pyperf.BenchmarkSuite(benchmarks)


def write(folder: Path, data: Mapping[str, Any], results: Results) -> list[Path]:
    """Write `speed.json`, `speed.svg` and, for pyperf, `speed.pyperf.json` to `folder`, and say which."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "speed.json", folder / "speed.svg"]
    written[0].write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", "utf-8")
    written[1].write_text(chart(data), "utf-8")
    suite = pyperf_suite(results)
    if suite is not None:
        written.append(folder / "speed.pyperf.json")
        suite.dump(str(written[-1]), replace=True)
    return written
