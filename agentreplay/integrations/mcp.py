"""The `mcp` SDK, client side: which of its modules are wrapped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Final

from agentreplay._patching import Patches
from agentreplay.integrations._mcp.connections import enter_context
from agentreplay.integrations._mcp.conversation import Conversations
from agentreplay.integrations._mcp.dispatchers import Dispatchers
from agentreplay.integrations._mcp.sessions import Sessions

_LIBRARY: Final = "mcp.shared.jsonrpc_dispatcher"
"""Has the classes of messages in 2.x, and is not there in 1.x."""
_FIRST_LIBRARY: Final = "mcp.shared.session"
"""Has them in 1.x."""


class McpIntegration:
    """The integration of the official SDK, versions 1 and 2."""

    def __init__(self) -> None:
        # A connection may live longer than the patches.
        self._conversations = Conversations()
        self.targets: dict[str, Callable[[ModuleType, Patches], None]] = {
            "mcp.client.session": self._patch_session,
            "mcp.shared.direct_dispatcher": self._patch_direct_dispatcher,
            "mcp.server.lowlevel.server": self._patch_server,
        }

    def _patch_session(self, module: ModuleType, patches: Patches) -> None:
        """Wrap what clients send by and what opens connections.

        Raises:
            AttributeError: the SDK lacks a method that every supported version has.
        """
        patches.wrap(contextlib._AsyncGeneratorContextManager, "__aenter__", enter_context)
        if hasattr(module, "JSONRPCDispatcher"):
            dispatchers = Dispatchers(sys.modules[_LIBRARY], self._conversations)
            dispatchers.patch_session(module.ClientSession, patches)
            dispatchers.patch_dispatcher(module.JSONRPCDispatcher, patches)
        else:
            Sessions(sys.modules[_FIRST_LIBRARY], self._conversations).patch(module.ClientSession, patches)

    def _patch_server(self, module: ModuleType, patches: Patches) -> None:
        if _LIBRARY not in sys.modules:
            Sessions(sys.modules[_FIRST_LIBRARY], self._conversations).patch_server(module.Server, patches)

    def _patch_direct_dispatcher(self, module: ModuleType, patches: Patches) -> None:
        Dispatchers(sys.modules[_LIBRARY], self._conversations).patch_direct_dispatcher(
            module.DirectDispatcher, patches
        )


INTEGRATION: Final = McpIntegration()
