"""A program that is recorded with a provider, and replayed with faults when that is gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import agentreplay
from agentreplay import Fault, Session
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.vendors import Vendor

Program = Callable[[App], Awaitable[Any]]


WEATHER: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
TOOLS: dict[str, Any] = {
    "openai": [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
    "anthropic": [{"name": "weather", "input_schema": WEATHER}],
}

NOBODY = "http://127.0.0.1:9"
"""Where no provider answers."""


class Scene:
    """Runs of one vendor's programs."""

    def __init__(self, vendor: Vendor, directory: Path) -> None:
        self.vendor = vendor
        self._directory = directory

    def record(self, program: Program, prepare: Callable[[Provider], None] | None = None) -> Any:
        """What a live run gives, which is recorded."""
        with Provider() as provider:
            if prepare is not None:
                prepare(provider)
            with self.session(mode="record"):
                return self._run(program, self.vendor.client(provider))

    def live(self, program: Program, prepare: Callable[[Provider], None]) -> Any:
        """What a run gives with a provider that is made to fail, without us."""
        with Provider() as provider:
            prepare(provider)
            return self._run(program, self.vendor.client(provider))

    def replay(self, program: Program, faults: Sequence[Fault] | Fault = (), **more: Any) -> tuple[Any, Session]:
        """What the replayed run gives, with these faults, and its session."""
        session = self.session(mode="replay", faults=faults, **more)
        with session:
            return self._run(program, self.vendor.shared().copy(base_url=NOBODY)), session

    def session(self, **more: Any) -> Session:
        """A session of the one recording of this scene."""
        return agentreplay.cassette("scene", directory=self._directory, **more)

    def _run(self, program: Program, client: Any) -> Any:
        app = App(self.vendor, client, Provider())

        async def run() -> Any:
            return await program(app)

        return self.vendor.run(run())
