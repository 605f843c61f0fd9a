"""A user may add patterns and functions to the rules."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from agentreplay import ConfigurationError
from agentreplay._redaction import RedactionRule, Redactor

from .samples import OPENAI


def _redactor(*rules: RedactionRule) -> Redactor:
    return Redactor(environment=None, extra=rules)


@pytest.mark.parametrize("rule", [r"EMP-\d+", re.compile(r"emp-\d+", re.IGNORECASE)])
def test_what_a_pattern_matches_is_taken_out(rule: RedactionRule) -> None:
    """In every string, with an ordinal like any other secret."""
    redactor = _redactor(rule)
    assert redactor.redact({"a": "EMP-12 and EMP-3", "b": ["EMP-12"]}) == {
        "a": "[REDACTED:custom:1] and [REDACTED:custom:2]",
        "b": ["[REDACTED:custom:1]"],
    }
    assert redactor.redact_pieces(["x EM", "P-1", "2."]) == ["x [REDACTED:custom:1]", "", "."]


def test_a_single_rule_needs_no_list() -> None:
    """Text is one pattern, not a pattern for each of its letters."""
    assert Redactor(environment=None, extra="abc").redact("a abc") == "a [REDACTED:custom:1]"


def test_a_function_says_what_to_keep_of_each_string() -> None:
    """It sees strings as they were, before any other rule."""
    seen: list[str] = []

    def rule(text: str) -> str:
        seen.append(text)
        return text.replace("Bob", "<name>")

    redacted = _redactor(rule).redact({"a": ["Hi Bob", "you"], "b": OPENAI})
    assert redacted == {"a": ["Hi <name>", "you"], "b": "[REDACTED:openai-key:1]"}
    assert seen == ["Hi Bob", "you", OPENAI]


def test_a_function_sees_the_joined_text_of_a_stream_once() -> None:
    """And the pieces stay as many."""
    seen: list[str] = []

    def rule(text: str) -> str:
        seen.append(text)
        return text.replace("Robert", "<name>")

    events = [{"type": "x.delta", "delta": piece} for piece in ("I am Rob", "er", "t, hello")]
    redacted = _redactor(rule).redact_events(events)
    assert [event["delta"] for event in redacted] == ["I am <name>", "", ", hello"]
    assert [text for text in seen if text != "x.delta"] == ["I am Robert, hello"]
    assert _redactor(rule).redact_pieces(["Ro", "bert"]) == ["<name>", ""]


def test_a_pattern_that_matches_everything_ends() -> None:
    """Placeholders are no text to match, and nothing is no match."""
    assert _redactor("x*").redact("abc") == "abc"
    assert _redactor(".+", "x*").redact("abc") == "[REDACTED:custom:1]"


def test_the_keys_of_objects_are_none_of_a_users_rule() -> None:
    """They belong to the protocol; the built-in rules see them."""
    value = {"abc": 1}
    assert _redactor("abc", str.upper).redact(value) is value


@pytest.mark.parametrize("rule", ["hunter2(", b"hunter2", re.compile(b"hunter2"), 7, None])
def test_a_rule_that_cannot_be_one_is_refused_at_once_and_not_quoted(rule: Any) -> None:
    """The error counts the rules from 0, and shows nothing of what may be a secret."""
    with pytest.raises(ConfigurationError, match=r"redact\[1\]") as caught:
        _redactor("fine", cast("RedactionRule", rule))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_function_that_gives_back_no_text_is_told_so() -> None:
    """Without the text it was given."""
    with pytest.raises(ConfigurationError, match="int") as caught:
        _redactor(cast("RedactionRule", len)).redact("hunter2")
    assert "hunter2" not in str(caught.value)
