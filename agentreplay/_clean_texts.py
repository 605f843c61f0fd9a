"""Texts and names in which a redactor found nothing, so that what repeats in requests is searched once.

What one session found serves the others of the process whose redactors have the same rules: the tests of one agent have
its instructions and its tools in common.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Hashable
from typing import Final

from agentreplay._redaction import Redactor

_REMEMBERED: Final = 1 << 22
"""How many characters are remembered."""

_EACH: Final = 64
"""What a text takes beside its characters."""

_RANDOM: Final = "x7Qm2Vb9Kt4Wz8Rd1Lp6"
"""What is a secret under a name that says so, and nothing elsewhere."""


_RULES: Final = 4
"""For how many sets of rules it is remembered what was found clean by them."""


class _Found:
    """What was found clean by one set of rules."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.texts: set[str] = set()
        self.size = 0

    def add(self, texts: Collection[str], names: Collection[str]) -> None:
        more = sum(map(len, texts)) + sum(map(len, names)) + _EACH * (len(texts) + len(names))
        self.size += more
        if self.size > _REMEMBERED:
            self.texts.clear()
            self.names.clear()
            self.size = more
        self.texts.update(texts)
        self.names.update(names)


_lock: Final = threading.Lock()
_found: Final[OrderedDict[Hashable, _Found]] = OrderedDict()


def forget_texts() -> None:
    """Take no text for clean any more that was found so by a session that has ended."""
    with _lock:
        _found.clear()


def _found_by(rules: Hashable) -> _Found:
    with _lock:
        found = _found.setdefault(rules, _Found())
        _found.move_to_end(rules)
        while len(_found) > _RULES:
            _found.popitem(last=False)
        return found


class CleanTexts:
    """What `redactor` found nothing in. Safe for several threads."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._known: tuple[int | None, _Found] = None, _Found()

    def are_all(self, texts: Collection[str], names: Collection[str]) -> bool:
        """Whether it is certain that redaction leaves plain JSON as it is that is made of these `texts` and `names`.

        False says nothing.
        """
        knowledge = self._redactor.knowledge
        if knowledge is None:
            return False
        judged, found = self._known
        if judged != knowledge:
            # A search that has begun before adds to what it has begun with.
            found = _found_by(self._redactor.rules)
            self._known = knowledge, found
        known = found.texts
        new = [text for text in texts if text not in known]
        new_names = [name for name in names if name not in found.names]
        if not new and not new_names:
            return True
        if any(map(self._may_name_a_secret, new_names)) or not self._redactor.texts_are_clean(new):
            return False
        with _lock:
            found.add(new, new_names)
        return True

    def _may_name_a_secret(self, name: str) -> bool:
        # The redactor itself is asked; a `value` is named by what stands beside it.
        return not self._redactor.finds_nothing({"name": "password", name: _RANDOM})
