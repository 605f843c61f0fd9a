"""What is said where a tool cannot be recorded or replayed, and the error that stands for one of its own."""

from __future__ import annotations

from typing import Any

from agentreplay._errors import AgentReplayError, RecordingError, SessionError
from agentreplay._printable import printable

_SHOWN = 300


class RecordedToolError(AgentReplayError):
    """A tool failed when it was recorded, with an exception whose class is not known here.

    Its text is that of the original, so that a program that hands it on says the same as then.

    Attributes:
        tool: the tool's name.
        name: the name of the original's class.
        text: what the original said.
    """

    def __init__(self, tool: str, name: str, text: str) -> None:
        self.tool = tool
        self.name = name
        self.text = text
        super().__init__(text)
        # Since Python 3.11.
        add_note: Any = getattr(self, "add_note", None)
        if add_note is not None:
            add_note(
                f"The tool {tool!r} raised a {name} when it was recorded. To get that class back, register it: "
                f"@agentreplay.tool(raises=({name},))."
            )

    def __repr__(self) -> str:
        return f"{self.name}({self.text!r})"


class ToolValueError(RecordingError, TypeError):
    """A tool was given, or gave, a value that cannot be recorded.

    Attributes:
        tool: the tool's name.
        where: the argument, or the result, and the place in it (`argument 'rows', at rows[3].owner`).
        found: the class of the value there.
    """

    def __init__(self, tool: str, where: str, found: type, why: str, remedy: str) -> None:
        self.tool = tool
        self.where = where
        self.found = found
        super().__init__(
            printable(
                f"the tool {tool!r} cannot be recorded: {where} is a {found.__module__}.{found.__qualname__}, {why}. "
                f"{remedy}"
            )
        )

    @classmethod
    def in_argument(cls, tool: str, argument: str, place: str, found: type, why: str) -> ToolValueError:
        """The error for a value in an argument; `place` is where it stands, as in `rows[3].owner`."""
        where = f"argument {argument!r}" + (f", at {place}," if place != argument else "")
        return cls(
            tool,
            where,
            found,
            why,
            f"If it does not matter for the result, leave it out: ignore=({argument!r},). Else say how to write it: "
            "encode=, a function that gives JSON for such a value.",
        )

    @classmethod
    def in_result(cls, tool: str, place: str, found: type, why: str) -> ToolValueError:
        """The error for a value in the result; `place` is where it stands, as in `result.owner`."""
        where = "its result" + (f", at {place}," if place != "result" else "")
        return cls(
            tool,
            where,
            found,
            why,
            "Say in the return annotation what the tool gives (pydantic models, dataclasses, attrs classes, enums and "
            "named tuples are rebuilt by it), or give encode=, a function that gives JSON for such a value, and "
            "decode=, one that makes the value of the JSON.",
        )


class ToolResultError(AgentReplayError):
    """What was recorded of a tool cannot be made the tool's result again.

    Attributes:
        tool: the tool's name.
        where: the place in the result, or `result`.
        why: what is wrong with it.
    """

    def __init__(self, tool: str, where: str, why: str) -> None:
        self.tool = tool
        self.where = where
        self.why = why
        super().__init__(
            printable(
                f"the recorded result of the tool {tool!r} does not fit what the tool gives now: at {where}, "
                f"{printable(why, _SHOWN)}. If the tool has changed, record again (AGENTREPLAY_MODE=record, or "
                "mode='record'); else mend its return annotation, or its decode=."
            )
        )


class ToolForbiddenError(SessionError):
    """A tool that must not be called in a session (`policy="forbid"`) was called in one.

    Attributes:
        tool: the tool's name.
        session: the session's name.
    """

    def __init__(self, tool: str, session: str) -> None:
        self.tool = tool
        self.session = session
        super().__init__(
            f"the tool {tool!r} was called in cassette({session!r}), and its policy='forbid' lets it be called in no "
            "session. Keep the agent from calling it here, or give it policy='replay' or 'live'."
        )
