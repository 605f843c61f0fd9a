"""The SDKs, by the names under which programs import them. Kept apart, so that to know them costs no import."""

from __future__ import annotations

from typing import Final

SDK_PACKAGES: Final = frozenset({"openai", "anthropic", "mcp"})
"""A test holds this against the integrations."""
