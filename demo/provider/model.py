"""The model behind the provider: what is asked of it, and what it says, in no vendor's format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from demo.provider.exchange import Json


@dataclass(frozen=True)
class Tool:
    """A tool that the model may call; `parameters` is a JSON schema."""

    name: str
    parameters: Json


@dataclass(frozen=True)
class ToolCall:
    """A call that the model wants made."""

    name: str
    arguments: Json


@dataclass(frozen=True)
class Question:
    """What one request asks: the last thing the user said, and what the tools have answered since."""

    number: int
    model: str
    prompt: str
    tools: tuple[Tool, ...] = ()
    results: tuple[str, ...] = ()
    schema: Json | None = None
    thinking: bool = False


@dataclass(frozen=True)
class Turn:
    """What the model says, and which tools it calls."""

    text: str = ""
    calls: tuple[ToolCall, ...] = field(default=())
    thinking: str = ""


Model: TypeAlias = Callable[[Question], Turn]


def plain_model(question: Question) -> Turn:
    """A model without wit: it calls the tools that the prompt names, or the first, then answers with its number.

    A prompt that says "no tools" is answered at once; a wanted schema is filled with samples.
    """
    thinking = f"Let me see. This is question {question.number}." if question.thinking else ""
    if question.tools and not question.results and "no tools" not in question.prompt:
        named = [tool for tool in question.tools if tool.name in question.prompt] or [question.tools[0]]
        calls = tuple(ToolCall(tool.name, sample(tool.parameters, question.number)) for tool in named)
        return Turn(calls=calls, thinking=thinking)
    if question.schema is not None:
        return Turn(text=json.dumps(sample(question.schema, question.number)), thinking=thinking)
    told = f" The tools say {', '.join(question.results)}." if question.results else ""
    return Turn(text=f"Answer {question.number} to «{question.prompt}»: naïve, 東京, 🦜.{told}", thinking=thinking)


def sample(schema: Json, number: int) -> Any:
    """A value that fits a simple JSON schema; numbers in it are `number`."""
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return sample(options[0], number)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object")
    if kind == "object":
        properties: Json = schema.get("properties", {})
        return {name: sample(inner, number) for name, inner in properties.items()}
    if kind == "array":
        return [sample(schema.get("items", {"type": "string"}), number)]
    plain: Json = {"string": f"sample {number}", "integer": number, "number": number + 0.5, "boolean": True}
    return plain.get(str(kind))


def pieces(text: str) -> list[str]:
    """`text` in the pieces in which it is streamed: words with the space after them."""
    return re.findall(r"\S+\s*|\s+", text)


def slices(text: str, length: int = 7) -> list[str]:
    """`text` in slices of a few characters, as the arguments of a call are streamed: at no boundary of meaning."""
    return [text[start : start + length] for start in range(0, len(text), length)]


def tokens(text: str) -> int:
    """How many tokens `text` counts as: its pieces, at least one."""
    return max(1, len(pieces(text)))
