"""Placeholders, which stand where a secret stood: `[REDACTED:openai-key:1]`."""

from __future__ import annotations

import re
import threading
from typing import Any, Final

from agentreplay._redaction._formats import format_of
from agentreplay._redaction._leaves import JsonLeaves
from agentreplay._redaction._spans import PLACEHOLDER, PLACEHOLDER_START

_NOT_IN_LABEL: Final = re.compile(r"[^a-z0-9]+")


def label_of(name: str) -> str:
    """`name` as the label of a placeholder: lower-case letters, digits and single dashes."""
    return _NOT_IN_LABEL.sub("-", name.lower()).strip("-") or "secret"


class Placeholders:
    """The placeholders of one session: equal secrets have equal ones, different secrets different ordinals."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[str, str] = {}
        self._taken: set[int] = set()
        self._last = 0

    def __len__(self) -> int:
        return len(self._given)

    def reserve(self, text: str) -> None:
        """Give no ordinal of a placeholder in `text` to another secret."""
        if PLACEHOLDER_START in text:
            with self._lock:
                self._taken.update(int(match[2]) for match in PLACEHOLDER.finditer(text))

    def given_to(self, secret: str, label: str) -> str:
        """The placeholder for `secret`, which names its format, else the `label` it was first found by."""
        with self._lock:
            placeholder = self._given.get(secret)
            if placeholder is None:
                self._last += 1
                while self._last in self._taken:
                    self._last += 1
                self._taken.add(self._last)
                placeholder = f"{PLACEHOLDER_START}{format_of(secret) or label}:{self._last}]"
                self._given[secret] = placeholder
            return placeholder


def comparable(value: Any) -> Any:
    """The JSON `value` with its placeholders made equal (`[REDACTED]`); the very same object if it holds none.

    Which secret got which ordinal depends on all that a session saw before; two requests are the same without it.
    """
    leaves = JsonLeaves([value])
    keys = {key: _anonymous(key) for key in leaves.keys if PLACEHOLDER_START in key}
    return leaves.rebuilt([_anonymous(text) for text in leaves.texts], keys)[0]


def _anonymous(text: str) -> str:
    return PLACEHOLDER.sub("[REDACTED]", text) if PLACEHOLDER_START in text else text
