"""An agent whose tools are recorded too: `python integrations/tools/example.py` runs offline, database and all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from openai import OpenAI
from pydantic import BaseModel

import agentreplay

HERE = Path(__file__).parent
DATABASE = HERE / "places.sqlite"
"""Made by `make_database()`, and not committed: a replay does without it."""

SCHEMA: Any = {
    "type": "function",
    "function": {
        "name": "gravity",
        "description": "How hard a place pulls, in metres per second squared.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
    },
}


class Place(BaseModel):
    """A row of the database."""

    name: str
    gravity: float
    moons: frozenset[str] = frozenset()


class UnknownPlaceError(LookupError):
    """The database does not have it."""


@agentreplay.tool(ignore="database", raises=UnknownPlaceError)
def gravity(place: str, database: Path) -> Place:
    """The place of this name, from the database.

    Raises:
        UnknownPlaceError: there is none.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        row = connection.execute("SELECT name, gravity, moons FROM places WHERE name = ?", (place,)).fetchone()
    if row is None:
        raise UnknownPlaceError(place)
    return Place(name=row[0], gravity=row[1], moons=frozenset(json.loads(row[2])))


@agentreplay.tool(ignore="client")
def words(client: OpenAI, conversation: list[Any]) -> Iterator[str]:
    """The answer, word by word; a tool that asks a model itself."""
    for chunk in client.chat.completions.create(
        model="gpt-4o-mini", messages=conversation, tools=[SCHEMA], stream=True
    ):
        yield chunk.choices[0].delta.content or ""


def ask(question: str) -> str:
    """The model's answer to `question`, which may look up gravity; printed as it comes."""
    client = OpenAI()
    messages: list[Any] = [{"role": "user", "content": question}]
    wish = client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[SCHEMA]).choices[0].message
    messages.append(wish.model_dump(exclude_none=True))
    for call in wish.tool_calls or []:
        name = json.loads(call.function.arguments)["place"]  # type: ignore[union-attr]
        try:
            found = gravity(name, DATABASE)
            result = json.dumps({"place": found.name, "gravity": found.gravity})
        except UnknownPlaceError as error:
            result = f"unknown: {error}"
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    answer = ""
    for word in words(client, messages):
        print(word, end="", flush=True)
        answer += word
    print()
    return answer


def make_database() -> None:
    """Write the database, for a live run."""
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.execute("CREATE TABLE places (name TEXT, gravity REAL, moons TEXT)")
        rows: list[tuple[str, float, list[str]]] = [
            ("Moon", 1.62, []),
            ("Jupiter", 24.79, ["Io", "Europa", "Ganymede", "Callisto"]),
        ]
        values = [(name, gravity, json.dumps(moons)) for name, gravity, moons in rows]
        connection.executemany("INSERT INTO places VALUES (?, ?, ?)", values)


def main(question: str = "How does it feel to fall on the Moon and on Jupiter?") -> agentreplay.Session:
    """Ask inside a cassette: the first run was live and recorded, every later one is a replay."""
    with agentreplay.cassette("gravity", directory=HERE / "cassettes") as session:
        if session.mode is agentreplay.Mode.RECORD:
            make_database()
        ask(question)
    return session


if __name__ == "__main__":
    print(main().trajectory)
