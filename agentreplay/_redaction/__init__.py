"""Redaction: secrets out, placeholders in. Pure: no files, no network, no SDK.

What is found: the values it was told and those of the environment's secret variables, plain, quoted for URLs, escaped
for JSON (once and twice) and in base64; values under secret names, in JSON, in JSON inside strings, in headers, query
strings and settings inside texts; keys of about sixty forms, JSON web tokens, private keys, credentials in URLs.

What nobody can promise: a secret of no known form in free prose ("the password is swordfish"), numbers, images, sounds
and files as base64, compressed or encrypted content, any other encoding of an unknown secret (base64, hexadecimal,
spelled out), a secret that ends before its form can be told, and what ids and signatures hold: they are never touched.
"""

from __future__ import annotations

from agentreplay._redaction._formats import without_formats
from agentreplay._redaction._names import secret_name
from agentreplay._redaction._placeholders import comparable
from agentreplay._redaction._redactor import Finding, Redactor
from agentreplay._redaction._spans import PLACEHOLDER_START
from agentreplay._redaction._user_rules import RedactionRule

__all__ = ["PLACEHOLDER_START", "Finding", "RedactionRule", "Redactor", "comparable", "secret_name", "without_formats"]
