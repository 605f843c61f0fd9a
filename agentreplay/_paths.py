"""Paths into a request's body, like JSONPath: `messages[*].name`, `metadata.*`, `..cache_control`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from agentreplay._errors import ConfigurationError

Root: TypeAlias = Literal["body", "query"]

_ROOT: Final = re.compile(r"\$query(?=[.\[]|$)|\$")
_STEP: Final = re.compile(
    r"""(?P<dots>\.{0,2})
        (?: (?P<name>[^\s.\[\]'"*$?()=,:]+)
          | (?P<star>\*)
          | \[\s*(?: (?P<index>-?\d+) | (?P<every>\*) | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
                   | \?\s*\(?\s*@\.(?P<field>[\w-]+)\s*==\s*(?:'(?P<text>[^']*)'|"(?P<quoted>[^"]*)")\s*\)?
                 )\s*\]
        )""",
    re.VERBOSE,
)
_NEVER_IN_A_BODY: Final = {
    "body": "a path begins inside the body, so leave out the first step",
    "request": "a path begins inside the body, so leave out the first step",
    "headers": "headers are neither recorded nor compared",
    "response": "only requests are compared",
    "kind": "the kind of a call always counts; use a function to change it",
    "method": "the method of a call always counts; use a function to change it",
}
_LISTS: Final = frozenset({"messages", "tools"})
_SCALARS: Final = frozenset({"model", "stream", "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed"})


@dataclass(frozen=True)
class Name:
    """The member of an object that has this name."""

    name: str


@dataclass(frozen=True)
class Index:
    """The item of a list at this place, counted from 0, or from the end where it is negative."""

    index: int


@dataclass(frozen=True)
class Every:
    """All members of an object, all items of a list."""


@dataclass(frozen=True)
class Where:
    """All items and members which are objects with this text under this name."""

    field: str
    text: str


Selector: TypeAlias = Name | Index | Every | Where


@dataclass(frozen=True)
class Step:
    """One step down; `anywhere` where it may be any number of levels below."""

    selector: Selector
    anywhere: bool = False


@dataclass(frozen=True)
class BodyPath:
    """A path that was checked. `text` is what the user wrote, `root` what it leads into."""

    text: str
    root: Root
    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str, argument: str) -> BodyPath:
        """The path that `text` spells.

        Raises:
            ConfigurationError: it is no path, or one that no request can have; the message names `argument`.
        """
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] # it comes from the user
            raise ConfigurationError.not_usable(argument, text, "a path is a text such as 'messages[*].name'")
        if text != text.strip() or not text:
            raise ConfigurationError.not_usable(argument, text, "a path is not empty and has no white space around it")
        begin = _ROOT.match(text)
        root: Root = "query" if begin and begin[0] == "$query" else "body"
        steps = tuple(_steps(text, begin.end() if begin else 0, argument))
        path = cls(text, root, steps)
        why = _why_never(path)
        if why:
            raise ConfigurationError.not_usable(argument, text, f"it can never match anything: {why}")
        return path

    def overlaps(self, other: BodyPath) -> bool:
        """Whether one of the two may lead to a place that the other leads to, into or through."""
        if self.root != other.root:
            return False
        for mine, theirs in zip(self.steps, other.steps, strict=False):
            if mine.anywhere or theirs.anywhere:
                return True
            if not _may_agree(mine.selector, theirs.selector):
                return False
        return True

    def covers(self, other: BodyPath) -> bool:
        """Whether every place that `other` leads to is a place of this path or below one."""
        return (
            self.root == other.root
            and len(self.steps) <= len(other.steps)
            and all(
                mine == theirs or (isinstance(mine.selector, Every) and not theirs.anywhere)
                for mine, theirs in zip(self.steps, other.steps, strict=False)
            )
        )


def _steps(text: str, position: int, argument: str) -> Iterator[Step]:
    begin = position
    while position < len(text):
        match = _STEP.match(text, position)
        # Only the first step may stand without a dot, and a bracket takes one only to say "anywhere".
        plain = match is not None and (match["name"] is not None or match["star"] is not None)
        if match is None or (plain and not match["dots"] and (position != begin or begin > 0)):
            raise ConfigurationError.not_usable(argument, text, f"not a path from {text[position:]!r} on")
        if not plain and match["dots"] == ".":
            raise ConfigurationError.not_usable(argument, text, f"a name is missing before {text[position + 1 :]!r}")
        if plain and match["dots"] == "." and position == 0:
            raise ConfigurationError.not_usable(argument, text, "a path begins with a name, '$' or '..'")
        yield Step(_selector(match), match["dots"] == "..")
        position = match.end()


def _selector(match: re.Match[str]) -> Selector:
    if match["index"] is not None:
        return Index(int(match["index"]))
    if match["every"] is not None or match["star"] is not None:
        return Every()
    if match["field"] is not None:
        return Where(match["field"], match["text"] if match["text"] is not None else match["quoted"])
    names = (match["name"], match["single"], match["double"])
    return Name(next(name for name in names if name is not None))


def _why_never(path: BodyPath) -> str | None:
    """Why no request can have this path; None where some may."""
    if not path.steps:
        return f"{path.text!r} names no part of the {path.root}"
    first = path.steps[0]
    if first.anywhere:
        return None
    if not isinstance(first.selector, (Name, Every, Where)):
        return f"a {path.root} is an object, so the first step is a name"
    if path.root == "query" or not isinstance(first.selector, Name):
        return None
    name = first.selector.name
    if name in _NEVER_IN_A_BODY:
        return _NEVER_IN_A_BODY[name]
    if len(path.steps) == 1 or path.steps[1].anywhere:
        return None
    if name in _SCALARS:
        return f"{name!r} is a single value, nothing stands below it"
    second = path.steps[1].selector
    if name in _LISTS and isinstance(second, Name):
        return f"{name!r} is a list; write {name}[*].{second.name}"
    if name == "metadata" and isinstance(second, Index):
        return "'metadata' is an object; write metadata.*"
    return None


def _may_agree(one: Selector, other: Selector) -> bool:
    """Whether two selectors may choose the same child."""
    if isinstance(one, Name) and isinstance(other, Name):
        return one == other
    if isinstance(one, Index) and isinstance(other, Index):
        return one == other or (one.index < 0) is not (other.index < 0)
    return {type(one), type(other)} != {Name, Index}
