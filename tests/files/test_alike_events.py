"""Events of a stream that are held as one: what comes of them is what comes of each by itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentreplay import _sse
from agentreplay._alike import Alike
from agentreplay._cassette import StreamEvent
from agentreplay._errors import CassetteError
from agentreplay._json.plain import plain_json
from agentreplay._json.text import json_text
from agentreplay._json.values import is_array, is_object
from agentreplay._likeness import alike_from
from agentreplay._linear.bodies import folded_events
from agentreplay._putting_together import Told, told
from agentreplay._sealed_events import SealedEvents, parsed

_LAYOUTS: Final = [None, "spaced", "compact ascii", "compact ascii newline", "indent-2 crlf"]
_WORDS: Final = st.sampled_from(
    ["", "a", " word", 'say "é"', "a,", '",', "\\", "\n", "\x7f\u2028", "}", "$as", "[DONE]"]
)
_SINGLE: Final = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _WORDS
_NAMES: Final = st.sampled_from(["id", "content", 'a": b', "$as", "type", "n", "\\", ""])
_SAME: Final = "one and the same in all of them"
_SHAPES: Final = st.recursive(
    st.just(...) | _SINGLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4)
)


@st.composite
def streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The fields of the events of a stream, of which several have one shape."""
    found: list[dict[str, Any]] = []
    for shape in draw(st.lists(_SHAPES, min_size=1, max_size=3)):
        names = draw(st.sampled_from([{}, {"event": "delta"}]))
        for _ in range(draw(st.integers(1, 9))):
            found.append({**names, "data": _filled(shape, draw)})
        if draw(st.booleans()):
            found.append(draw(st.sampled_from([{"text": "[DONE]"}, {"raw": ": é\n\n"}, {"event": "ping", "data": {}}])))
    return found


def _filled(shape: Any, draw: st.DrawFn) -> Any:
    if shape is ...:
        return draw(_SINGLE)
    if is_object(shape):
        return {name: _filled(value, draw) for name, value in shape.items()}
    return [_filled(value, draw) for value in shape] if is_array(shape) else shape


def sealed(events: list[dict[str, Any]]) -> SealedEvents:
    """The events as a large file has them."""
    told = folded_events([event.get("data") for event in events])
    written = [{**event, "data": what} if "data" in event else event for event, what in zip(events, told, strict=True)]
    text = json_text({"interactions": [{"response": {"events": written}}]}, 1).encode()
    return SealedEvents(text[text.index(b"\n     {") + 7 : text.rindex(b"\n     }")], 1 << 30, None, 0)


def each_by_itself(held: list[Alike]) -> list[dict[str, Any]]:
    """The fields of each event; what is not set is left out."""
    found = [{**alike.fields, "data": json.loads(json.dumps(data))} for alike in held for data in alike.data()]
    return [{name: value for name, value in each.items() if value is not None} for each in found]


@pytest.mark.parametrize("layout", _LAYOUTS)
@settings(deadline=None)
@given(events=streams())
@example(events=[{"data": {"choices": [{"delta": {"content": f" word{n}"}}]}} for n in range(9)])
@example(events=[{"data": {"same": "é" * 40, "n": n, "text": ["a", "a", "b"][n % 3], "x": 1.5}} for n in range(9)])
@example(events=[{"data": {"same": "é" * 40, "n": n / 8}} for n in range(9)] + [{"data": {"same": "é" * 40, "n": 0.5}}])
@example(events=[{"data": {"same": "é" * 40, "list": ["a", str(n)]}} for n in range(5)])
@example(events=[{"data": {"a": n, "b": {"$as": "x", "c": n}}} for n in range(5)])
@example(events=[{"data": {"text": "agentreplay stands in 0", "n": n}} for n in range(5)])
@example(events=[{"data": {"agentreplay stands in 0": 1, "n": n}} for n in range(5)])
@example(events=[{"data": {"text": "\ud83d", "n": n}} for n in range(5)])
@example(events=[{"data": {"small": 1.5e-7 * n}} for n in range(5)])
@example(events=[{"data": {["a", "b"][n % 2]: "é" * 60, "more": "x" * 60, "n": n}} for n in range(12)])
@example(events=[{"data": {"same": "é" * 40, "list": [{"a": n}] if n == 5 else n}} for n in range(9)])
@example(events=[{"data": {"list": [[], {}, n][n % 3]}} for n in range(9)])
def test_events_that_are_held_as_one_say_what_each_says(events: list[dict[str, Any]], layout: str | None) -> None:
    """Their fields, their data and their bytes are those of the records of the same file."""
    file = sealed(events)
    records = file()

    assert [event.data for event in records] == [event.get("data") for event in events]
    alone = [Alike(vars(event)) for event in records]
    held = file.held()
    is_plain = plain_json(*(event.get("data") for event in events)) is not None
    assert sum(map(len, held)) == len(events)
    assert _written(held, layout, plain=is_plain) == _written(alone, layout, plain=False)
    fields = [{name: value for name, value in vars(event).items() if value is not None} for event in records]
    assert repr(_sorted(each_by_itself(held))) == repr(_sorted(fields))


def _written(events: list[Alike], layout: str | None, *, plain: bool) -> list[bytes] | type[Exception]:
    try:
        return _sse.write(events, layout, plain=plain)
    except ValueError:
        return ValueError


def _sorted(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(sorted(event.items())) for event in events]


@pytest.mark.parametrize(
    "events",
    [
        [{"data": {"id": _SAME, "choices": [{"delta": {"content": f"{n}"}}]}} for n in range(50)],
        [{"event": "delta", "data": {"type": "delta", "delta": {"text": f"{n}"}}} for n in range(50)],
        [{"data": {"id": _SAME, "n": n, "delta": "ab"[n % 2], "pad": "x" * n}} for n in range(50)],
        [{"data": {"id": _SAME, "logprob": -n / 7}} for n in range(50)],
        [{"data": {"n": n, "text": "aab"[n % 3]}} for n in range(50)],
    ],
    ids=["of texts", "with a name", "in several places", "of fractions", "equal by chance"],
)
def test_a_stream_that_says_a_text_piece_by_piece_is_held_as_one(events: list[dict[str, Any]]) -> None:
    """But for its first events, which may be written in another way than those behind."""
    held = sealed(events).held()

    assert len(held) <= 3
    assert max(map(len, held)) >= len(events) - 2


@pytest.mark.parametrize("where", ["in the name", "in what is told by another"])
def test_what_differs_elsewhere_parts_events_that_are_alike(where: str) -> None:
    """Those before, and those behind, are held as one all the same."""
    if where == "in the name":
        events: list[dict[str, Any]] = [{"event": "ab"[n // 9], "data": {"n": n}} for n in range(18)]
    else:
        events = [{"data": {"id": _SAME, "of": [_SAME, 1], "n": n}} for n in range(18)]
        events.insert(9, {"data": {"another": [_SAME, 1], "n": 0}})

    file = sealed(events)
    assert (b'"event -2"' in file._text) is (where != "in the name")
    held = file.held()

    assert sorted(map(len, held))[-2:] >= [7, 7]
    assert each_by_itself(held) == events


def test_events_that_are_held_as_one_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for what is told by the last of them."""
    read: list[bytes] = []

    def noted(text: bytes, path: Path | None) -> dict[str, Any]:
        read.append(text)
        return parsed(text, path)

    events: list[dict[str, Any]] = [{"data": {"id": _SAME, "of": [_SAME, 1], "n": n}} for n in range(90)]
    events.append({"data": {"id": _SAME, "of": [_SAME, 1], "n": 89, "end": True}})
    file = sealed(events)
    assert file._text.count(b"event -1") == 90
    monkeypatch.setattr("agentreplay._sealed_events.parsed", noted)

    held = file.held()

    assert each_by_itself(held) == events
    assert len(read) <= 3


@pytest.mark.parametrize("layout", ['"n": \n', '"n"\n: ', '"n": ', '\n        "n"  : '])
def test_a_text_that_is_laid_out_otherwise_is_read_as_well(layout: str) -> None:
    """Nothing depends on the lines but the time that it takes."""
    events = [{"data": {"m": n % 2, "n": n, "o": {"n": "n"}}} for n in range(9)]
    text = sealed(events)._text.replace(b'"n": ', layout.encode())
    file = SealedEvents(text, 1 << 30, None, 0)

    assert each_by_itself(file.held()) == events
    assert [event.data for event in file()] == [event["data"] for event in events]


def test_items_in_one_line_are_read_as_well() -> None:
    """A line then holds more than one value."""
    events = [{"data": {"n": n, "list": [n, n + 1, n]}} for n in range(9)]
    text = re.sub(rb",\n +([0-9])", rb", \1", sealed(events)._text)
    assert b" 3, 4, 3\n" in text

    assert each_by_itself(SealedEvents(text, 1 << 30, None, 0).held()) == events


def test_a_text_whose_value_is_not_where_that_of_others_is_has_nothing_in_common_with_them() -> None:
    """Such as one in the next line; no file that we wrote has it."""
    texts = [b'       "a": \n       1', *[b'       "a": 5\n       1'] * 5]

    assert alike_from(texts, 0, b" ") is None
    assert alike_from(texts, 1, b" ") is None
    assert alike_from([*texts, b'       "a": 6\n       1'], 5, b" ") is not None


def test_events_may_be_asked_for_in_any_order() -> None:
    """Each is the same, whichever was asked for before."""
    written = [
        {"same": [1, 2], "n": 0},
        *({"$as": "event -1", "n": n} for n in range(1, 5)),
        {"$as": "event -4", "m": 0},
    ]
    whole = told(written, 1 << 30, None, 0)

    for order in ([5, 4, 3, 2, 1, 0], [2, 5, 0, 1, 4, 3], [4, 4, 0, 1, 5]):
        asked = Told(written, 1 << 30, None, 0)
        assert [asked.data(place) for place in order] == [whole[place] for place in order]
    assert whole[5] == {"same": [1, 2], "n": 1, "m": 0}


def test_what_comes_behind_events_that_are_held_as_one_is_told_by_the_last_of_them() -> None:
    """Also where these are used up before or after it is looked at."""
    same: dict[str, Any] = {"id": _SAME, "list": [{"more": "of the same, and long enough to be told once"}]}
    events: list[dict[str, Any]] = [{"data": {**same, "delta": {"text": f"{n}"}}} for n in range(9)]
    events.append({"data": {**same, "delta": {"text": "8"}, "end": True}})

    held = sealed(events).held()
    last = held[-1]

    assert b"$as" in sealed(events)._text.rpartition(b"\n     {")[2]
    assert len(held) < len(events)
    assert [*last.data()] == [events[-1]["data"]]
    assert each_by_itself(held) == events
    assert [*last.data()] == [events[-1]["data"]]


def test_events_that_are_told_by_nothing_are_refused() -> None:
    """With the place in the file, as everywhere; also where many of them are alike."""
    events = [{"data": {"$as": "event -1", "n": n}} for n in range(9)]
    text = json_text({"interactions": [{"response": {"events": events}}]}, 1).encode()
    file = SealedEvents(text[text.index(b"\n     {") + 7 : text.rindex(b"\n     }")], 1 << 30, None, 3)

    for ask in (file, file.held):
        with pytest.raises(CassetteError, match=r"interactions\[3\]\.response\.events\[0\]"):
            ask()


def test_data_is_looked_at_one_by_one() -> None:
    """Events by hand, which no file has, are the records that they are."""
    event = StreamEvent(event="a", data={"b": [1]})

    assert [*Alike(vars(event)).data()] == [{"b": [1]}]
    assert len(Alike(vars(event))) == 1
