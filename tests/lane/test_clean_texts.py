"""Texts that were searched for secrets before are not searched again, and nothing is missed by that."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentreplay import _clean_texts
from agentreplay._clean_texts import CleanTexts
from agentreplay._json.canonical import canonical_json, canonical_plain
from agentreplay._json.plain import plain_json
from agentreplay._json.values import children, is_object
from agentreplay._redaction import Redactor

_KEY = "sk-proj-0123456789abcdefghijklmnop"
_KNOWN = "the-password-of-the-house"
_TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        _KEY,
        f"is {_KEY}",
        _KNOWN,
        "data:image/png;base64," + _KEY,
        "Bearer",
        "api_key=",
        f"{_KEY}\0",
        "a1b2c3d4e5f6g7h8i9",
    ]
)
_NAMES = st.sampled_from(
    ["role", "content", "api_key", "name", "key", "value", "token", "logprob", "bytes", "data", "id", _KEY, "type", ""]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | _TEXTS, inner, max_size=4),
    max_leaves=20,
)
_REDACTOR = Redactor(environment={})
_REDACTOR.learn(_KNOWN)
_CLEAN = CleanTexts(_REDACTOR)


def is_clean(clean: CleanTexts, value: Any) -> bool:
    """Whether a value is known to hold no secret."""
    made_of = plain_json(value, with_texts=True)
    assert made_of is not None
    return clean.are_all(made_of.texts, made_of.names)


@given(value=_VALUES)
def test_what_is_clean_is_left_as_it_is(value: Any) -> None:
    """By a redactor that looks at all of it, whatever was searched before."""
    if is_clean(_CLEAN, value):
        assert json.dumps(_REDACTOR.redact([value])) == json.dumps([value])


@given(value=st.lists(_VALUES, max_size=60))
def test_a_plain_value_is_made_of_its_texts_and_names(value: Any) -> None:
    """All of them, in however large a value, and with the canonical text of any other value."""
    names: set[str] = set()
    texts: list[str] = []

    def note(each: Any) -> None:
        if isinstance(each, str):
            texts.append(each)
        if is_object(each):
            names.update(each)
        for _, item in children(each):
            note(item)

    note(value)
    made_of = plain_json(value, with_texts=True)

    assert made_of is not None
    assert made_of.names == names
    assert sorted(made_of.texts) == sorted(texts)
    assert canonical_plain(value) == canonical_json(value)


def test_half_a_character_has_no_canonical_text_that_could_be_sent() -> None:
    """And neither has what is no number."""
    for value in ("\ud800", float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"JSON compliant|surrogates"):
            canonical_plain([value])


def test_what_is_searched_once_is_remembered_until_more_is_known() -> None:
    """Another secret may be one of the texts that were clean before."""
    redactor = Redactor(environment={})
    clean = CleanTexts(redactor)
    assert is_clean(clean, {"content": _KNOWN})
    assert is_clean(clean, {"content": _KNOWN})

    redactor.learn(_KNOWN)

    assert not is_clean(clean, {"content": _KNOWN})


def test_what_one_session_searched_is_not_searched_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """If that has the same rules and knows the same secrets; for all others it is new."""
    value = {"content": "what one session searched"}
    assert is_clean(CleanTexts(Redactor(environment={})), value)
    searched: list[str] = []
    find = Redactor.texts_are_clean

    def noting(self: Redactor, texts: Collection[str]) -> bool:
        searched.extend(texts)
        return find(self, texts)

    monkeypatch.setattr(Redactor, "texts_are_clean", noting)
    assert is_clean(CleanTexts(Redactor(environment={})), value)
    assert searched == []

    others = [
        Redactor(environment={"API_KEY": "what one session searched"}),
        Redactor(environment={"API_KEY": "an0ther-s3cret-that-is-known"}),
        Redactor(environment={}, personal=["phone"]),
    ]
    assert [is_clean(CleanTexts(redactor), value) for redactor in others] == [False, True, True]
    assert searched == [value["content"]] * 3


def test_of_few_sets_of_rules_it_is_remembered_what_was_clean() -> None:
    """A process may have any number of sessions with secrets of their own."""
    for number in range(20):
        redactor = Redactor(environment={"API_KEY": f"an0ther-s3cret-number-{number}"})
        assert is_clean(CleanTexts(redactor), {"content": "clean"})

    assert len(_clean_texts._found) <= 4


@pytest.mark.parametrize("beside", ["data:image/png;base64,AAAA", "word", "", "Bearer"])
def test_a_secret_is_found_whatever_stands_before_it(beside: str) -> None:
    """Neither an image nor a word that it might continue hides it."""
    clean = CleanTexts(Redactor(environment={}))
    assert not is_clean(clean, [beside, _KEY])
    assert is_clean(clean, [beside])


def test_a_name_is_judged_for_itself() -> None:
    """The same text is clean under one name and a secret under another."""
    clean = CleanTexts(Redactor(environment={}))
    assert is_clean(clean, {"content": "hunter2hunter2"})
    assert not is_clean(clean, {"password": "hunter2hunter2"})
    assert not is_clean(clean, {"name": "password", "value": "hunter2hunter2"})


def test_where_an_app_has_rules_of_its_own_nothing_is_certain() -> None:
    """They may know texts that no rule of ours does."""
    for rule in (re.compile("x"), str.upper):
        assert not is_clean(CleanTexts(Redactor(environment={}, extra=[rule])), "abx")


def test_only_so_much_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many requests are made."""
    monkeypatch.setattr(_clean_texts, "_REMEMBERED", 1000)
    clean = CleanTexts(Redactor(environment={}))
    for number in range(200):
        assert is_clean(clean, {"content": f"text {number:03}", f"name {number}": 1})

    _, found = clean._known
    assert 0 < len(found.texts) + len(found.names) <= 20


def test_a_very_long_text_is_not_searched_here() -> None:
    """An image is known by what stands beside it."""
    assert not is_clean(CleanTexts(Redactor(environment={})), "x" * 1_000_000)
