"""The one text of all equal JSON values, from which keys are computed: the same however large they are."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentreplay._json import canonical
from agentreplay._json.canonical import canonical_json, canonical_plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(["1.0", "2e+16", '"', "\\n"])
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FRACTIONS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
)


@pytest.fixture
def _all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is held for a large one, and every text but the shortest for a long one."""
    monkeypatch.setattr(canonical, "_LARGE", 0)
    monkeypatch.setattr(canonical, "_LONG", 4)


def python_text(value: Any) -> bytes:
    """What Python's own encoder writes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.mark.usefixtures("_all_is_large")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_a_large_value_is_written_as_a_small_one(value: Any) -> None:
    """Long texts are written apart, and stand where they belong: as members, as items, and as names."""
    assert canonical_json(value) == python_text(value)
    assert canonical_plain(value, large=True) == canonical_plain(value) == python_text(value)


def test_every_character_of_a_long_text_is_written_as_in_a_short_one() -> None:
    """There is no character that one way escapes and the other does not, half characters included."""
    for characters in (range(0xD800), range(0xD800, 0xE000), range(0xE000, sys.maxunicode + 1)):
        text = "".join(map(chr, characters))
        whole = [text * (canonical._LARGE // len(text) + 1)]
        assert canonical_json(whole) == python_text(whole)


@pytest.mark.parametrize("filler", ["", "x" * (1 << 20)])
def test_a_float_without_a_fraction_is_the_integer_beside_a_long_text_too(filler: str) -> None:
    """What looks like a float inside a text stays as it is."""
    value = {"n": [1.0, -0.0, 2e16, 0.5], "text": "1.0 and 2e+16", "filler": filler}
    same = {"n": [1, 0, 20000000000000000, 0.5], "text": "1.0 and 2e+16", "filler": filler}
    assert canonical_json(value) == python_text(same)
    assert canonical_plain(value, large=bool(filler)) == python_text(same)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_what_is_no_json_number_is_refused_beside_a_long_text_too(wrong: float) -> None:
    """A large request with NaN in it has no key."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(["x" * (1 << 20), wrong])


def test_what_is_no_json_is_written_as_pydantic_does_beside_a_long_text_too() -> None:
    """Bytes count as the text that they are."""
    text = "x" * (1 << 20)
    assert canonical_json([text, b"bytes", ("a", 1)]) == python_text([text, "bytes", ["a", 1]])


def test_half_a_character_has_no_plain_text() -> None:
    """Neither in a long text nor beside one."""
    for value in (["\ud800" * (1 << 20)], ["x" * (1 << 20), "\ud800"]):
        with pytest.raises(ValueError, match="surrogates"):
            canonical_plain(value, large=True)
