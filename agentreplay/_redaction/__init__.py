"""Redaction: secrets out, placeholders in. Pure: no files, no network, no SDK."""

from __future__ import annotations

from agentreplay._redaction._placeholders import comparable
from agentreplay._redaction._redactor import Finding, Redactor
from agentreplay._redaction._user_rules import RedactionRule

__all__ = ["Finding", "RedactionRule", "Redactor", "comparable"]
