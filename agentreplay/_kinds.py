"""The kinds of calls that mean something to agentreplay itself."""

from __future__ import annotations

from typing import Final

PROVIDER_KINDS: Final = frozenset({"llm", "embedding", "http"})
"""Kinds of calls that a provider's SDK makes; those of all others are the program's own, arguments and all."""

MCP: Final = "mcp"
"""The kind of the calls to MCP servers."""


def is_tool(kind: str) -> bool:
    """Whether calls of this kind are calls of a function of the program, by its arguments."""
    return kind not in PROVIDER_KINDS and kind != MCP
