"""Values and differences of texts in a few words, each on one line."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentreplay._misses.excerpts import excerpt, media_in_words
from agentreplay._misses.word_diff import word_diff

from .payloads import WEATHER_TOOL, assistant, document, picture, tool_turn, user


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (user("Hi"), 'user: "Hi"'),
        (assistant("line\nline"), 'assistant: "line\\nline"'),
        (tool_turn()["messages"][1], 'assistant: calls get_weather({"city":"Lyon"})'),
        (tool_turn()["messages"][2], 'tool: "{"celsius": 21, "sky": "clear"}"'),
        ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}, 'user: "a"'),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, "call of f({})"),
        ({"type": "function_call_output", "output": "ok"}, 'tool result: "ok"'),
        ({"type": "tool_result", "content": "ok"}, 'tool result: "ok"'),
        (WEATHER_TOOL, "tool get_weather"),
        ({"name": "find", "input_schema": {}}, "tool find"),
        ({"a": 1}, '{"a": 1}'),
        ([1, None], "[1, null]"),
        (None, "null"),
        (True, "true"),
        (picture("x"), "<PNG image, 5,992 bytes, sha256 "),
    ],
)
def test_a_value_is_shown_as_what_it_is(value: Any, text: str) -> None:
    """Messages and tools are recognised in every format; all else is JSON."""
    assert excerpt(value, 100).startswith(text)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_value_fits_on_one_line(value: Any) -> None:
    """However long or strange a value is, what is shown of it is short and printable."""
    text = excerpt(value, 60)
    assert len(text) <= 200
    assert text.isprintable()


@pytest.mark.parametrize(
    ("content", "prefix", "words"),
    [
        (b"\xff\xd8\xff" + bytes(200), "", "<JPEG image, 203 bytes"),
        (b"RIFF0000WEBP" + bytes(200), "data:image/webp;base64,", "<WebP image, 212 bytes"),
        (b"RIFF0000WAVE" + bytes(200), "", "<WAV audio, 212 bytes"),
        (b"%PDF-1.7" + bytes(200), "data:application/pdf;base64,", "<PDF document, 208 bytes"),
        (bytes(200), "data:image/x-odd;charset=utf-8;base64,", "<image/x-odd, 200 bytes"),
        (bytes(201), "", "<base64, 201 bytes"),
    ],
)
def test_long_base64_is_named_not_shown(content: bytes, prefix: str, words: str) -> None:
    """Sort, size and hash stand for it, whatever alphabet it is written in and whether it is padded."""
    text = prefix + base64.b64encode(content).decode()
    assert (media_in_words(text) or "").startswith(words)
    assert (media_in_words(text.rstrip("=")) or "").startswith(words)
    url_safe = prefix + base64.urlsafe_b64encode(content).decode()
    assert (media_in_words(url_safe) or "").startswith(words)


@pytest.mark.parametrize("text", ["", "aGVsbG8=", "word " * 60, "data:image/png;base64,short", "ä" * 200])
def test_other_text_is_not_taken_for_base64(text: str) -> None:
    """Short data and ordinary text are shown as they are."""
    assert media_in_words(text) is None


def _line(recorded: str, actual: str) -> list[str]:
    passages = word_diff(recorded, actual).passages
    return [
        "".join(p.both if p.recorded is None and p.actual is None else f"[{p.recorded}|{p.actual}]" for p in passage)
        for passage in passages
    ]


@pytest.mark.parametrize(
    ("recorded", "actual", "lines"),
    [
        ("the old town", "the new town", ["the [old|new] town"]),
        ("a b", "a b c", ["a [b|b c]"]),
        ("one two", "two", ["[one |]two"]),
        ('{"city":"Paris","day":1}', '{"city":"Lyon","day":1}', ['{"city":"[Paris|Lyon]","day":1}']),
        ("今日は天気です", "明日は天気です", ["[今|明]日は天気です"]),
        ("a  b", "a b", ["a [␣|]b"]),
        ("a\tb", "a b", ["a[\\t|␣]b"]),
        ("tail\n", "tail", ["tail[\\n|]"]),
    ],
)
def test_only_the_words_that_differ_are_marked(recorded: str, actual: str, lines: list[str]) -> None:
    """What stands around a change is shown as it is; white space is made visible where it is the change."""
    assert _line(recorded, actual) == lines


def test_far_apart_changes_are_shown_apart() -> None:
    """Each has a little of what stands around it, and dots where the text goes on."""
    middle = " ".join(f"w{number}" for number in range(200))
    first, second = _line(f"a x {middle} y b", f"a X {middle} Y b")
    assert first.startswith("a [x|X] w0 w1")
    assert first.endswith("…")
    assert second.startswith("…")
    assert second.endswith("w199 [y|Y] b")


def test_changes_at_both_ends_of_a_long_document_are_found_one_by_one() -> None:
    """A document of many pages is compared sentence by sentence first, so that its changes do not run together."""
    text = document(sentences=480)
    changed = text.replace("year 1701", "spring of 1701", 1)
    changed = changed[:20_000] + changed[20_000:].replace("town", "village", 1)
    changed = changed[:40_000] + changed[40_000:].replace("cost", "bring", 1)
    assert [line[line.index("[") : line.index("]") + 1] for line in _line(text, changed)] == [
        "[year|spring of]",
        "[town|village]",
        "[cost|bring]",
    ]


def test_texts_of_few_different_words_are_compared_quickly() -> None:
    """Where nearly all words are alike, the comparison stays short, at the price of being coarse."""
    assert word_diff("a b " * 20_000, "b a c " * 20_000).changes >= 1


def test_long_words_are_shown_where_they_part() -> None:
    """Of two long words that begin alike, the place is shown from which on they differ."""
    (line,) = _line("x" * 300 + "A" + "y" * 300, "x" * 300 + "B" + "y" * 300)
    assert "[…xxxxxxxxxxxxAyyy" in line
    assert "|…xxxxxxxxxxxxByyy" in line


def test_what_looks_alike_is_escaped() -> None:
    """Two words that a person cannot tell apart are written so that they can."""
    assert _line("caf\u00e9 x", "cafe\u0301 x") == ["[caf\\xe9|cafe\\u0301] x"]


@given(st.text("ab \n.é", max_size=60), st.text("ab \n.é", max_size=60))
def test_every_change_of_a_text_is_found(recorded: str, actual: str) -> None:
    """There is a change exactly where two texts differ, and what is shown of it is printable."""
    found = word_diff(recorded, actual)
    assert (found.changes == 0) is (recorded == actual)
    assert found.only_space is (recorded.split() == actual.split())
    assert all(line.isprintable() for line in _line(recorded, actual))


def test_two_long_texts_with_nothing_in_common_are_compared_quickly() -> None:
    """Megabytes of text give one change, without comparing each word with each."""
    old, new = (" ".join(f"{letter}{number}" for number in range(60_000)) for letter in "ab")
    assert word_diff(old, new).changes == 1
