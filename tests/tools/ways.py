"""A tool's call, made while recording and again in replay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import agentreplay


class Twice:
    """Runs a program in a recording session and in a replaying one. `cassette` is what was recorded."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def record(self, program: Callable[[], Any], **options: Any) -> Any:
        return self.run("record", program, **options)

    def replay(self, program: Callable[[], Any], **options: Any) -> Any:
        return self.run("replay", program, **options)

    def run(self, mode: str, program: Callable[[], Any], **options: Any) -> Any:
        with agentreplay.cassette("case", mode=mode, directory=self.directory, **options) as self.session:
            result = program()
            return asyncio.run(result) if asyncio.iscoroutine(result) else result

    def both(self, program: Callable[[], Any], **options: Any) -> tuple[Any, Any]:
        return self.record(program, **options), self.replay(program, **options)

    @property
    def path(self) -> Path:
        (path,) = self.directory.glob("case/*.json")
        return path

    @property
    def cassette(self) -> agentreplay.Cassette:
        return agentreplay.Cassette.load(self.path)

    def edit(self, change: Callable[[Any], None]) -> None:
        """Change the recording by hand, as JSON; its content hash is left out."""
        data = json.loads(self.cassette.to_json())
        change(data)
        data["meta"]["content_hash"] = ""
        self.path.write_text(json.dumps(data), encoding="utf-8")


def as_tool(function: Callable[..., Any], name: str, **options: Any) -> Callable[..., Any]:
    """A function without annotations as a tool of this name."""
    made: Callable[..., Any] = agentreplay.tool(function, name=name, **options)
    return made


def echo(value: Any) -> Any:
    """What it is given."""
    return value


def raised(call: Callable[[], Any]) -> Exception:
    """What `call` raises."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 (whatever it is)
        return error
    raise AssertionError("it raised nothing")
