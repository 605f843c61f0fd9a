"""Text from outside, made fit for a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentreplay._printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 日本 😀", "plain é 日本 😀"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("one\ntwo\t", "one\\ntwo\\t"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud83d", "\\ud83d"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_escaped(text: str, shown: str) -> None:
    """Letters of all scripts stay; control characters and marks of direction are written out."""
    assert printable(text) == shown


def test_line_ends_stay_where_they_are_wanted() -> None:
    """A text of several lines keeps them, and nothing else of the sort."""
    assert printable("a\nb\r", lines=True) == "a\nb\\r"


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=300), st.integers(3, 90))
def test_a_limit_holds_after_escaping(text: str, limit: int) -> None:
    """However much escaping adds, no more than `limit` characters come back, and all can be printed."""
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()


def test_a_long_text_is_cut_in_its_middle() -> None:
    """Beginning and end stay, and the cut can be seen."""
    assert printable("a" * 50 + "b" * 50, 9) == "aaaa…bbbb"
    assert printable("a" * 10_000_000 + "b", 9) == "aaaa…aaab"
    assert printable("exactly9!", 9) == "exactly9!"
