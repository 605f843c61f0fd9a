"""One program, run without agentreplay, while recording, and from the recording with the provider gone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import agentreplay
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.offline import offline
from tests.conformance.seen import first_difference, only_kept
from tests.conformance.vendors import Vendor

Program: TypeAlias = Callable[[App], Awaitable[None]]
MakeClient: TypeAlias = Callable[[Vendor, Provider], Any]


def shared_client(vendor: Vendor, provider: Provider) -> Any:
    """The vendor's plain client."""
    return vendor.client(provider)


@dataclass
class Outcome:
    """What is left after all runs: the recording, its text, and the requests that the provider had while recording."""

    cassette: agentreplay.Cassette
    text: str
    received: list[Any]

    @property
    def methods(self) -> list[str]:
        """The recorded calls by name, in order."""
        return [interaction.request.method for interaction in self.cassette.interactions]

    @property
    def responses(self) -> list[agentreplay.RecordedResponse]:
        """The recorded answers, in order."""
        return [interaction.response for interaction in self.cassette.interactions]


@dataclass
class EveryWay:
    """Runs a program in every way and holds the runs against each other. `surface` is the path of what is tested."""

    vendor: Vendor
    directory: Path
    surface: str | None = None
    faults: list[BaseException] = field(default_factory=list[BaseException])

    def __call__(
        self,
        program: Program,
        *,
        prepare: Callable[[Provider], None] = lambda _provider: None,
        client: MakeClient = shared_client,
        may_wait: bool = False,
    ) -> Outcome:
        """Run `program` in every way.

        `prepare` scripts the provider of each live run, `client` makes each run's client, `may_wait` says that the SDK
        itself waits between calls (as where it polls).
        """
        plain = self._live(program, prepare, client, recorded=False)
        recorded = self._live(program, prepare, client, recorded=True)
        _equal(plain.sights, recorded.sights, "without agentreplay / while recording")
        (path,) = self.directory.glob("case/*.json")
        with offline() as attempts:
            replayed, calls = self._replay(program, client, recorded.provider)
        _equal(only_kept(plain.sights), only_kept(replayed.sights), "without agentreplay / replayed")
        assert not attempts.addresses, "nothing is sent in replay"
        assert may_wait or not attempts.waits, "replay does not wait"
        outcome = Outcome(agentreplay.Cassette.load(path), path.read_text("utf-8"), recorded.provider.requests)
        assert calls == len(outcome.cassette.interactions), "every recorded call was asked for again"
        return outcome

    def _live(
        self, program: Program, prepare: Callable[[Provider], None], make_client: MakeClient, *, recorded: bool
    ) -> App:
        with Provider() as provider:
            prepare(provider)
            app = App(self.vendor, None, provider, self.surface)

            async def run() -> None:
                async with AsyncExitStack() as stack:
                    if recorded:
                        await stack.enter_async_context(
                            agentreplay.cassette("case", mode="record", directory=self.directory)
                        )
                    await self._use(make_client(self.vendor, provider), program, app)

            self.vendor.run(run())
        self.faults.extend(provider.faults)
        return app

    def _replay(self, program: Program, make_client: MakeClient, provider: Provider) -> tuple[App, int]:
        app = App(self.vendor, None, provider, self.surface)

        async def run() -> int:
            async with agentreplay.cassette("case", mode="replay", directory=self.directory) as session:
                await self._use(make_client(self.vendor, provider), program, app)
            return len(session.interactions)

        return app, self.vendor.run(run())

    async def _use(self, client: Any, program: Program, app: App) -> None:
        app.client = client
        await program(app)
        if client._client is not self.vendor.shared()._client:
            await app.wait(client.close())


def _equal(one: Any, other: Any, runs: str) -> None:
    difference = first_difference(one, other)
    assert difference is None, f"{runs} differ at {difference}"
