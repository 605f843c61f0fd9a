"""The integration of one SDK of this family: which of its modules are wrapped, and how."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from agentreplay._active import current
from agentreplay._activity import ANYTHING_ACTIVE
from agentreplay._cassette import Interaction
from agentreplay._freezing.chance import without_drawing
from agentreplay._modes import Mode
from agentreplay._patching import Patches
from agentreplay.integrations._stainless.attempts import async_attempt, attempt
from agentreplay.integrations._stainless.connections import refuse_connection
from agentreplay.integrations._stainless.credentials import build_without_key
from agentreplay.integrations._stainless.express import ExpressLane, InReplay
from agentreplay.integrations._stainless.funnel import Funnel
from agentreplay.integrations._stainless.noted_calls import observe_response
from agentreplay.integrations._stainless.noted_texts import interaction_of
from agentreplay.integrations._stainless.vendor import Vendor


class StainlessIntegration:
    """The integration of one SDK of this family."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.targets: dict[str, Callable[[ModuleType, Patches], None]] = {
            vendor.package: self._patch_clients,
            f"{vendor.package}._resource": self._patch_resources,
        }
        self.targets.update(dict.fromkeys(vendor.websocket_modules, self._patch_connections))
        if vendor.express is not None and not vendor.express.once:
            self.targets.update({hot.module: self._patch_hot_methods for hot in vendor.express.methods})

    def interaction(self, said: Mapping[str, Any], sent: bytes, received: bytes) -> Interaction:
        """The call that a journal keeps as texts, with what is said beside them.

        Raises:
            ValueError, KeyError, TypeError: that says no call.
        """
        return interaction_of(self.vendor, said, sent, received)

    def _patch_clients(self, sdk: ModuleType, patches: Patches) -> None:
        """Wrap the funnel and the constructors.

        Raises:
            AttributeError: the SDK lacks a method that every supported version has.
        """
        base = sys.modules[f"{sdk.__name__}._base_client"]
        funnel = Funnel(self.vendor)
        for owner, request, attempted in (
            (base.SyncAPIClient, funnel.request, attempt),
            (base.AsyncAPIClient, funnel.async_request, async_attempt),
        ):
            patches.wrap(owner, "request", request, in_apps=True, when=ANYTHING_ACTIVE)
            patches.wrap(owner, "_process_response", observe_response, in_apps=True, when=ANYTHING_ACTIVE)
            if hasattr(owner, "_attempt_request"):
                patches.wrap(owner, "_attempt_request", attempted, when=ANYTHING_ACTIVE)
        patches.wrap(base.BaseClient, "_calculate_retry_timeout", without_drawing)
        for key_class in self.vendor.key_classes:
            constructor = build_without_key(key_class.key_argument, getattr(sdk, self.vendor.root_error))
            patches.wrap(getattr(sdk, key_class.name), "__init__", constructor, in_apps=True)

        if self.vendor.express is not None and self.vendor.express.once:
            for name in dict.fromkeys(hot.module for hot in self.vendor.express.methods):
                self._patch_hot_methods(sys.modules[name], patches)

    def _patch_hot_methods(self, module: ModuleType, patches: Patches) -> None:
        """Wrap the methods that may be answered before the SDK prepares a request."""
        assert self.vendor.express is not None
        base = sys.modules[f"{self.vendor.package}._base_client"]
        patched: dict[Any, Any] = {
            (owner, name): vars(owner)[name]
            for owner in (base.SyncAPIClient, base.AsyncAPIClient)
            for name in ("request", "_process_response")
        }
        for hot in self.vendor.express.methods:
            if hot.module != module.__name__:
                continue
            (owner, async_owner), (client, async_client) = hot.owners, self.vendor.express.clients
            lane = ExpressLane(self.vendor, hot, getattr(module, owner), client, patched)
            patches.wrap(getattr(module, owner), "create", lane.create, wrapper_class=InReplay)
            lane = ExpressLane(self.vendor, hot, getattr(module, async_owner), async_client, patched)
            patches.wrap(getattr(module, async_owner), "create", lane.async_create, wrapper_class=InReplay)

    def _patch_resources(self, module: ModuleType, patches: Patches) -> None:
        patches.wrap(module.SyncAPIResource, "_sleep", _sleep_unless_replayed)
        patches.wrap(module.AsyncAPIResource, "_sleep", _async_sleep_unless_replayed)

    def _patch_connections(self, module: ModuleType, patches: Patches) -> None:
        """Wrap what opens a WebSocket: it does not pass the funnel, and nothing said there can be recorded."""
        refuse = refuse_connection(self.vendor)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__ and "connect" in vars(value):
                patches.wrap(value, "connect", refuse, in_apps=True)


def _sleep_unless_replayed(wrapped: Any, _resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wraps the pause of the polling helpers: the answers of a recording do not get ripe by waiting."""
    scope = current()
    if scope is None or scope.mode is not Mode.REPLAY:
        wrapped(*args, **kwargs)


async def _async_sleep_unless_replayed(
    wrapped: Any, _resource: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    scope = current()
    if scope is None or scope.mode is not Mode.REPLAY:
        await wrapped(*args, **kwargs)
