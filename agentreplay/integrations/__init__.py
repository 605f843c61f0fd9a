"""One module for each vendor: what is wrapped, and how a call becomes a recorded request and back.

A package can add an integration of its own under the entry-point group `agentreplay.integrations`: the entry point
names an object that fits `Integration`. Its module must not import the SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import Final, Protocol

from agentreplay._patching import Patches

ENTRY_POINT_GROUP: Final = "agentreplay.integrations"
_OURS: Final = (
    "agentreplay.integrations.openai",
    "agentreplay.integrations.anthropic",
    "agentreplay.integrations.mcp",
)


Patch = Callable[[ModuleType, Patches], None]
"""Wraps methods of an imported module, with `Patches.wrap` only, so that all is undone."""


class Integration(Protocol):
    """What agentreplay knows of one vendor."""

    @property
    def targets(self) -> Mapping[str, Patch]:
        """For each module of the SDK by import name: what wraps its methods, once it is imported."""
        ...


def integrations() -> Iterator[Integration]:
    """All integrations, our own first."""
    for module in _OURS:
        yield import_module(module).INTEGRATION
    for entry_point in entry_points(group=ENTRY_POINT_GROUP):
        yield entry_point.load()
