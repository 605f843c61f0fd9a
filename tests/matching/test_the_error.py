"""The error of a miss: its fields, and how it travels and is shown."""

from __future__ import annotations

import io
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from agentreplay import CassetteMismatchError, RecordedRequest
from agentreplay._explaining.explanation import mismatch
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.matcher import Matcher
from agentreplay._matching.strategy import Matchable
from agentreplay._misses.miss import Change, Difference, MissReason

from .misses import MISSES
from .payloads import EMBEDDINGS, RESPONSES, chat, recorded, request, tool_turn, trip, user, whole_trip


def _miss(name: str) -> CassetteMismatchError:
    return MISSES[name]().error()


def _error(asked: Any, recordings: Any, match: Matchable = "exact") -> CassetteMismatchError:
    index = InteractionIndex(recordings, match)
    assert index.take(asked) is None
    return mismatch(asked, index, cassette_path=None, mode="replay")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty_cassette", MissReason.CASSETTE_EMPTY),
        ("other_method", MissReason.NO_SUCH_METHOD),
        ("changed_prompt_in_turn_4_of_8", MissReason.NEAREST_DIFFERS),
        ("one_call_too_many", MissReason.ALL_USED),
        ("out_of_sequence", MissReason.OUT_OF_SEQUENCE),
        ("past_the_end_of_the_sequence", MissReason.OUT_OF_SEQUENCE),
    ],
)
def test_the_reason_is_one_of_five(name: str, reason: MissReason) -> None:
    """Each sort of miss is told by its reason."""
    assert _miss(name).reason is reason


def test_the_fields_say_what_the_text_says() -> None:
    """Nothing has to be read out of the text."""
    error = _miss("temperature_dropped")
    assert error.request == MISSES["temperature_dropped"]().asked
    assert error.nearest is not None
    interaction, similarity = error.nearest
    assert interaction.response.body == "answer 1"
    assert 0.9 < similarity < 1
    assert error.position == 0
    assert error.differences == [Difference("temperature", 0, None, Change.REMOVED)]
    assert error.cassette_path == Path("cassettes/test_plans_a_trip/4be1c7d09a52.json")
    assert (error.mode, error.used, error.remaining) == ("replay", [], 8)
    assert error.recorded_methods == {"chat.completions.create": 8}
    assert error.last_user_message == trip(1)["messages"][1]["content"]


def test_a_call_too_many_names_the_calls_that_used_it_up() -> None:
    """Where all equal ones have answered, their positions are known."""
    error = _miss("equal_calls_used_up")
    assert error.equal_positions == [0, 2]
    assert error.used == [0, 2]


@pytest.mark.parametrize("name", sorted(MISSES))
def test_the_error_survives_pickling(name: str) -> None:
    """pytest-xdist sends errors from process to process: all fields and the text arrive, notes or not."""
    error = _miss(name)
    error.__dict__["__notes__"] = ["seen in worker gw0"]
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    fields = {key: value for key, value in vars(error).items() if key != "__notes__"}
    assert {key: vars(copy)[key] for key in fields} == fields


def test_the_text_of_the_error_is_plain() -> None:
    """`str()` holds no colour, whatever the terminal."""
    assert "\x1b" not in str(_miss("temperature_dropped"))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def _is_coloured(text: str) -> bool:
    return "\x1b[" in text


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colour; a file, a `dumb` terminal and anybody with `NO_COLOR` does not."""
    error = _miss("temperature_dropped")
    assert _is_coloured(error.render(_Terminal()))
    assert error.render(io.StringIO()) == str(error)
    monkeypatch.setenv("TERM", "dumb")
    assert error.render(_Terminal()) == str(error)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert _is_coloured(error.render(io.StringIO()))
    monkeypatch.setenv("NO_COLOR", "1")
    assert error.render(_Terminal()) == str(error)


def test_rich_shows_the_error_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """`rich` is handed the coloured text in its own form, if it is there."""

    class Text:
        @staticmethod
        def from_ansi(text: str) -> tuple[str, str]:
            return "rich text", text

    module = types.ModuleType("rich.text")
    module.__dict__["Text"] = Text
    monkeypatch.setitem(sys.modules, "rich", types.ModuleType("rich"))
    monkeypatch.setitem(sys.modules, "rich.text", module)
    kind, text = _miss("temperature_dropped").__rich__()
    assert kind == "rich text"
    assert _is_coloured(text)


def test_a_differing_value_is_shown_without_terminal_codes() -> None:
    """Whatever stands in a prompt, in a method, a path, a model or a file's name, a terminal obeys none of it."""
    bad = "\x1b]0;title\x07\r\n"
    asked = request(chat(bad, **{f"k{bad}": bad}), f"m{bad}", path=bad).model_copy(update={"model": bad})
    other = request(chat("x"), f"m{bad}", path="y")
    index = InteractionIndex([recorded({}).model_copy(update={"request": other})])
    error = mismatch(asked, index, cassette_path=Path(f"a{bad}"), mode=bad, notes=[bad], command=bad)
    assert all(line.isprintable() for line in str(error).split("\n"))


def _unchanged(asked: RecordedRequest) -> RecordedRequest:
    return asked


@pytest.mark.parametrize(
    ("asked", "answered", "match", "remedy"),
    [
        (tool_turn("a"), tool_turn("b"), "exact", "Matcher(volatile=['tool_call_ids'])"),
        (chat("at 10:00:01", user="a"), chat("at 11:00:02", user="b"), "exact",
         "Matcher(ignore=['user'], volatile=['timestamps'])"),
        (chat("a  b", user="x"), chat("a b", user="y"), Matcher(ignore="user"),
         "Matcher(ignore=['user'], ignore_whitespace=True)"),
        (chat("a  b"), chat("a b"), _unchanged, "<the present one> | Matcher(ignore_whitespace=True)"),
        (chat("a  b"), chat("a c"), "exact", None),
        (chat("a  b"), chat("a b"), "subset", None),
    ],
)  # fmt: skip
def test_the_remedy_was_tried(asked: Any, answered: Any, match: Matchable, remedy: str | None) -> None:
    """The rules that are named are the fewest that make the call match, added to those in force."""
    assert _error(request(asked), [recorded(answered)], match).remedy == remedy


def test_a_remedy_is_for_an_interaction_that_can_still_answer() -> None:
    """What has answered already would not answer again, with whatever rule."""
    index = InteractionIndex([recorded(chat("at 10:00:01"))])
    assert index.take(request(chat("at 10:00:01"))) is not None
    error = mismatch(request(chat("at 10:00:02")), index, cassette_path=None, mode="replay")
    assert error.remedy is None
    assert "has answered already (replayed call 1)" in str(error)


def test_an_unused_interaction_is_named_before_a_used_one() -> None:
    """Of two that are about equally near, the one that was waiting for its call tells more."""
    first, second = chat("Tell me about the town of Lyon."), chat("Tell me about the city of Lyon!")
    index = InteractionIndex([recorded(first), recorded(second)])
    assert index.take(request(first)) is not None
    error = mismatch(request(chat("Tell me about the towns of Lyon.")), index, cassette_path=None, mode="replay")
    assert error.position == 1


def test_ignored_places_are_no_difference() -> None:
    """What the matcher leaves out is not shown; the other paths are those of the request as it was made."""
    matcher = Matcher(ignore=["messages[0]", "user", "metadata.*"], volatile="uuids", ignore_tool_order=True)
    tools = [{"name": "a"}, {"name": "b"}]
    old = chat("x 7c9e6679-7425-40de-944b-e07fc1f90ae7", "old words", user="a", tools=tools)
    new = chat("y 0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10", "new words", metadata={"r": 1}, tools=tools[::-1])
    error = _error(request(new), [recorded(old)], matcher)
    assert [item.path for item in error.differences] == ["messages[1].content"]


def test_a_difference_that_only_a_function_sees_is_shown_as_it_sees_it() -> None:
    """Where the requests look alike to the eye, what the matcher made of them is compared."""

    def counted(asked: Any) -> Any:
        asked.body["messages"] = len(asked.body["messages"])
        return asked

    error = _error(request(chat("a", "b")), [recorded(chat("a"))], counted)
    assert error.differences == [Difference("messages", 1, 2)]


def test_in_a_subset_only_what_is_missing_differs() -> None:
    """Members that the request has beyond the recorded ones are no difference there."""
    error = _error(request(chat("a", n=1, user="u")), [recorded(chat("a", n=2))], "subset")
    assert [item.path for item in error.differences] == ["n"]


def test_the_command_is_that_of_the_running_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under pytest the text says how to record the present test again; elsewhere it names the variable alone."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    assert "run it with AGENTREPLAY_MODE=record or mode='record'" in str(_error(request(chat("a")), []))
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/test_a.py::test_b[x y] (call)")
    error = _error(request(chat("a")), [])
    assert error.command == "pytest 'tests/test_a.py::test_b[x y]'"
    assert "AGENTREPLAY_MODE=record pytest 'tests/test_a.py::test_b[x y]'" in str(error)


@pytest.mark.parametrize(
    ("body", "method", "text"),
    [
        (chat("first", "last"), "chat.completions.create", "last"),
        ({"input": "plain"}, RESPONSES, "plain"),
        ({"input": [user("one"), {"type": "function_call_output", "output": "x"}]}, RESPONSES, "one"),
        ({"input": ["a", "b"]}, EMBEDDINGS, "b"),
        ({"prompt": "once upon"}, "completions.create", "once upon"),
        ({}, "models.list", None),
    ],
)
def test_the_last_user_message_is_found_in_every_format(body: Any, method: str, text: str | None) -> None:
    """It is what a person knows the call by."""
    assert _error(request(body, method), []).last_user_message == text


def test_a_miss_of_hundreds_of_differences_stays_short() -> None:
    """All differences are kept on the error, and few are shown."""
    old, new = ({f"k{number}": [value] * 3 for number in range(300)} for value in ("a", "b"))
    error = _error(request(new), [recorded(old)])
    assert len(error.differences) == 900
    assert len(str(error).split("\n")) <= 40


def test_the_nearest_of_a_growing_conversation_is_its_own_turn() -> None:
    """A prompt that changed in the fourth turn of eight is compared with the fourth turn."""
    error = _miss("changed_prompt_in_turn_4_of_8")
    assert error.position == 3
    assert error.nearest is not None
    assert error.nearest.interaction.request == whole_trip()[3].request
