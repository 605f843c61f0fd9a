"""Exceptions of tools come back: builtin and registered ones as themselves, others by name and text."""

from __future__ import annotations

import asyncio
import errno
import json
import pickle
import traceback
from typing import Any

import pytest

import agentreplay
from agentreplay import RecordedToolError, ToolValueError, tool
from tests.tools.ways import Twice, as_tool, raised


class ShopError(Exception):
    """With a constructor and attributes of its own."""

    def __init__(self, code: int, *, hint: str) -> None:
        super().__init__(f"shop says {code}")
        self.code = code
        self.hint = hint
        self.connection = object()


class ClosedError(ShopError):
    """A subclass of a registered class is registered as well."""


class NoDiskError(OSError):
    """A subclass of a builtin class that keeps more than its arguments."""


class StrangerError(Exception):
    """Registered nowhere."""


def opaque() -> object:
    """Of which no JSON can be made."""
    return object()


def fail(error: BaseException) -> Any:
    raise error


ERRORS: dict[str, Exception] = {
    "value": ValueError("bad", 3),
    "no arguments": RuntimeError(),
    "key": KeyError(("a", 1)),
    "file": FileNotFoundError(errno.ENOENT, "No such file", "/tmp/x"),
    "file, two names": PermissionError(errno.EPERM, "no", "/a", None, "/b"),
    "unicode": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "import": ImportError("no module", name="x", path="/x.py"),
    "attribute": AttributeError("no attribute"),
    "timeout": TimeoutError("late"),
    "index": IndexError(5),
    "stop": StopIteration("over"),
    "json": ValueError({"a": [1, (2,)]}),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_builtin_exception_comes_back_as_itself(twice: Twice, name: str) -> None:
    """Class, arguments, text and attributes are as they were."""
    error = ERRORS[name]
    again = as_tool(lambda: fail(error), "again")
    live, replayed = twice.both(lambda: raised(again))
    assert live is error
    assert (type(replayed), replayed.args, str(replayed)) == (type(error), error.args, str(error))
    names = ("errno", "strerror", "filename", "filename2", "name", "path", "reason", "object", "value")
    assert [getattr(replayed, each, None) for each in names] == [getattr(error, each, None) for each in names]


@pytest.mark.parametrize("kind", [ShopError, ClosedError])
def test_a_registered_exception_comes_back_as_itself(twice: Twice, kind: type[ShopError]) -> None:
    """Without running its constructor; of its attributes those that JSON can hold."""
    again = tool(lambda: fail(kind(7, hint="later")), name="again", raises=ShopError)
    live, replayed = twice.both(lambda: raised(again))
    assert isinstance(replayed, ShopError)
    assert type(replayed) is kind
    assert (replayed.code, replayed.hint, str(replayed), replayed.args) == (7, "later", str(live), live.args)


def test_a_registered_exception_under_a_builtin_one(twice: Twice) -> None:
    """What the builtin class keeps for itself is there too."""
    again = tool(lambda: fail(NoDiskError(28, "full", "/dev/x")), name="again", raises=(NoDiskError,))
    _, replayed = twice.both(lambda: raised(again))
    assert isinstance(replayed, NoDiskError)
    assert (replayed.errno, replayed.filename, str(replayed)) == (28, "/dev/x", "[Errno 28] full: '/dev/x'")


def test_any_other_exception_comes_back_by_name_and_text(twice: Twice) -> None:
    """A program that hands its text on to a model says the same as when it was recorded."""
    again = as_tool(lambda: fail(StrangerError("no entry", 5)), "again")
    live, replayed = twice.both(lambda: raised(again))
    assert isinstance(live, StrangerError)
    assert isinstance(replayed, RecordedToolError)
    assert (replayed.tool, replayed.name, replayed.text, str(replayed)) == (
        "again",
        "StrangerError",
        str(live),
        str(live),
    )
    assert "raises=(StrangerError,)" in "".join(traceback.format_exception(replayed)) or not hasattr(live, "add_note")
    copied = pickle.loads(pickle.dumps(replayed))
    assert (str(copied), copied.name, repr(copied)) == (str(live), "StrangerError", repr(replayed))


def test_a_registered_exception_made_of_what_json_cannot_hold(twice: Twice) -> None:
    """It comes back by name and text rather than broken."""
    again = as_tool(lambda: fail(ValueError(object())), "again")
    live, replayed = twice.both(lambda: raised(again))
    assert isinstance(replayed, RecordedToolError)
    assert (replayed.name, str(replayed)) == ("ValueError", str(live))


def test_no_class_is_imported_or_called_for_a_name_in_the_file(twice: Twice) -> None:
    """What a file names counts only if the program has registered it."""
    again = as_tool(lambda: fail(ValueError("x")), "again")
    twice.record(lambda: raised(again))

    def forge(data: Any) -> None:
        data["interactions"][0]["response"]["error"] = {"type": "os.system", "message": "m", "args": ["echo"]}

    twice.edit(forge)
    replayed = twice.replay(lambda: raised(again))
    assert isinstance(replayed, RecordedToolError)
    assert replayed.name == "os.system"


def test_a_failed_call_reads_as_failed(twice: Twice) -> None:
    """In the file and in the trajectory, with class and text."""
    again = as_tool(lambda: fail(KeyError("k")), "again")
    twice.record(lambda: raised(again))
    response = twice.cassette.interactions[0].response
    assert response.error is not None
    assert (response.status, response.error.type, response.error.args) == ("error", "KeyError", ["k"])
    assert "failed: KeyError: 'k'" in str(twice.session.trajectory)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_ends_the_program_is_not_recorded(twice: Twice, stop: type[BaseException]) -> None:
    """It passes through, and the call leaves no trace."""
    again = as_tool(lambda: fail(stop()), "again")

    def program() -> int:
        with pytest.raises(stop):
            again()
        return tool(abs, name="abs")(-1)

    assert twice.record(program) == 1
    assert [item.request.method for item in twice.cassette.interactions] == ["abs"]


def test_a_cancelled_coroutine_is_not_recorded(twice: Twice) -> None:
    """The task is cancelled as without us, and no call is left unfinished."""

    @tool
    async def wait() -> None:
        await asyncio.sleep(60)

    @tool
    async def quick() -> int:
        return 1

    async def program() -> int:
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await quick()

    twice.record(program)
    assert [item.request.method for item in twice.cassette.interactions] == ["quick"]


def test_an_error_of_agentreplay_inside_a_tool_is_not_its_outcome(twice: Twice) -> None:
    """It is told to whoever runs the program, and not recorded as what the tool does."""

    @tool
    def outer() -> None:
        tool(opaque, name="inner")()

    with pytest.raises(ToolValueError, match="'inner'"):
        twice.record(outer)
    assert not list(twice.directory.glob("case/*.json"))


def test_a_result_that_cannot_be_recorded_is_an_error_with_a_remedy(twice: Twice) -> None:
    """It names the tool, the place in the result, and what to do."""

    class Handle:
        pass

    @tool
    def handles() -> dict[str, list[Any]]:
        return {"open": [1, Handle()]}

    with pytest.raises(ToolValueError) as caught:
        twice.record(handles)
    text = str(caught.value)
    assert "the tool 'handles' cannot be recorded: its result, at result['open'][1], is a" in text
    assert "Handle" in text
    assert "return annotation" in text
    assert "decode=" in text
    assert (caught.value.tool, caught.value.found) == ("handles", Handle)


def test_a_program_that_swallows_such_an_error_is_still_told_by_the_session(twice: Twice) -> None:
    """The session keeps the first of them, for the verdict of a test run."""

    @tool
    def handle() -> Any:
        return object()

    def program() -> int:
        with pytest.raises(ToolValueError) as caught:
            handle()
        assert twice.session._engine is not None
        assert twice.session._engine.first_miss is caught.value
        return tool(abs, name="abs")(-1)

    twice.record(program)


def test_errors_of_tools_pickle() -> None:
    """They come whole out of another process."""
    error = ToolValueError.in_argument("take", "rows", "rows[0]", int, "which is odd")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    forbidden = agentreplay.ToolForbiddenError("take", "case")
    assert pickle.loads(pickle.dumps(forbidden)).tool == "take"
    misfit = agentreplay.ToolResultError("take", "result", "why")
    assert json.dumps(str(pickle.loads(pickle.dumps(misfit)))) == json.dumps(str(misfit))
