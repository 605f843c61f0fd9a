"""A text in which nothing was found is not searched again, until more is known."""

from __future__ import annotations

from typing import Any

import pytest

from agentreplay._redaction import Redactor
from agentreplay._redaction import _taking_out as taking_out

LONG = "The quick brown fox jumps over the lazy dog. " * 20
KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3"


def test_a_conversations_history_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each turn repeats what was said before; only what is new is looked through."""
    redactor = Redactor(environment={})
    searched: list[int] = []
    find = redactor._taking_out.find

    def watched(text: str) -> Any:
        searched.append(len(text))
        return find(text)

    object.__setattr__(redactor._taking_out, "find", watched)
    messages = [{"role": "user", "content": LONG + str(number)} for number in range(30)]
    sizes: list[int] = []
    for turn in range(1, 31):
        searched.clear()
        redactor.redact({"messages": messages[:turn]})
        sizes.append(sum(searched))
    assert max(sizes[1:]) < 2 * len(LONG)


def test_what_is_learned_later_is_found_in_texts_that_were_clean() -> None:
    """The same text, searched before and after its secret was told."""
    redactor = Redactor(environment={})
    text = f"{LONG} swordfish-and-more {LONG}"
    assert redactor.redact([text]) == [text]
    redactor.learn("swordfish-and-more", "told")
    assert redactor.redact([text]) == [f"{LONG} [REDACTED:told:1] {LONG}"]


def test_a_text_with_a_secret_is_never_taken_for_clean() -> None:
    """However often it comes, alone or beside texts that are clean, whole or where it needs a second look."""
    redactor = Redactor(environment={})
    text = f"{LONG}{KEY} {LONG}"
    for _ in range(3):
        clean, dirty = redactor.redact([LONG, text])
        assert clean == LONG
        assert KEY not in dirty
        assert "[REDACTED:" in dirty


def test_a_clean_text_under_a_secrets_name_is_taken_out() -> None:
    """It is its name that tells, not what it says."""
    redactor = Redactor(environment={})
    assert redactor.redact({"content": LONG}) == {"content": LONG}
    assert redactor.redact({"password": LONG}) == {"password": "[REDACTED:password:1]"}


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that runs for months meets no end of texts."""
    monkeypatch.setattr(taking_out, "_REMEMBERED", 100)
    redactor = Redactor(environment={})
    for number in range(500):
        redactor.redact([LONG + str(number)])
        assert len(redactor._taking_out.clean.digests) <= 100
