"""What a person wants to know of an old recording when a call misses it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from agentreplay._cassette import Cassette

OLD: Final = timedelta(days=90)
"""From which age on a recording counts as old where no `max_age` says so."""
_LISTED: Final = 4
"""So many models are named one by one."""


def installed_versions(packages: set[str]) -> dict[str, str]:
    """The version of each of these packages that is installed, sorted by name."""
    found: dict[str, str] = {}
    for package in sorted(packages):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def age_notes(cassette: Cassette, limit: timedelta | None) -> list[str]:
    """Sentences about age, SDKs and models of `cassette`, if it is older than `limit` or the SDKs are others now."""
    age = cassette.meta.age()
    recorded = cassette.meta.sdks or {}
    installed = installed_versions(set(recorded))
    changed = {package for package in recorded if installed.get(package) != recorded[package]}
    if (age is None or age <= (limit or OLD)) and not changed:
        return []
    when = f"recorded {age.days} days ago" if age is not None else "recorded"
    by = f" with {', '.join(f'{package} {recorded[package]}' for package in sorted(recorded))}" if recorded else ""
    now = [f"{package} {installed[package]} is installed" for package in sorted(changed & installed.keys())]
    models = sorted({item.request.model for item in cassette.interactions if item.request.model})
    named = ", ".join(models[:_LISTED]) + (", …" if len(models) > _LISTED else "")
    return ["; ".join([f"{when}{by}", *now]) + ".", *([f"models recorded: {named}."] if models else [])]
