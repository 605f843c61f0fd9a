"""The bytes of recorded events, however they are written."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentreplay import _sse
from agentreplay._alike import Alike
from agentreplay._cassette import StreamEvent
from agentreplay._json import layout

_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_SCALARS = st.none() | st.booleans() | _NUMBERS | st.text()
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def compact(value: Any) -> bytes:
    """The text of a value as Python's own encoder writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@given(values=st.lists(_VALUES))
@example(values=[1e16, {"a": [1e-7, -0.0]}])
@example(values=[[1.5], ",e", {"a": -1e22}, 2**80, "\x7f\u2028\x1f/"])
def test_plain_values_are_written_as_ever(values: list[Any]) -> None:
    """Byte for byte, whoever writes them: numbers, escapes and all."""
    assert layout.rendered(values, None, plain=True) == [compact(value) for value in values]


def test_what_no_json_can_hold_is_refused() -> None:
    """Also where somebody says that it is plain."""
    for value in (math.nan, [math.inf], {"a": -math.inf}, "\ud800"):
        with pytest.raises(ValueError):  # noqa: PT011 (the words are Python's)
            layout.rendered([value], None, plain=True)


def test_the_quick_writer_takes_what_events_are_made_of() -> None:
    """Texts with points, brackets and numbers in them, and whole numbers."""
    events = [{"model": "gpt-4.1-mini", "created": 1_760_000_000, "content": f"{n}.5, (e) 1e5"} for n in range(9)]

    assert layout._compact(events) == [compact(event) for event in events]
    assert layout._compact([{"temperature": 0.5}]) is None


@pytest.mark.parametrize("how", ["compact", "spaced", "compact ascii", "compact crlf", "spaced tight", "indent-2"])
def test_events_are_written_as_they_were_read(how: str) -> None:
    """Each with its name, its data or text, or whatever it came as."""
    events = [
        StreamEvent(event="a", data={"text": "é", "n": 1.5}),
        StreamEvent(data={"text": "x", "n": [1, True]}),
        StreamEvent(event="a", text="[DONE]"),
        StreamEvent(raw=": a comment\n\n"),
        StreamEvent(event="b", data=None),
    ]

    for plain in (False, True):
        texts = [piece.decode() for piece in _sse.write([Alike(vars(event)) for event in events], how, plain=plain)]
        if not how.startswith("indent"):
            again, found = _sse.read(texts)
            assert again == events
            assert (found or "compact").split() == how.split()
        assert texts[3] == ": a comment\n\n"
