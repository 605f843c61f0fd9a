"""What the agent can do: look up the gravity of a place, and calculate."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_GRAVITY: Final = {"earth": 9.81, "moon": 1.62, "mars": 3.72, "jupiter": 24.79, "pluto": 0.62}


def gravity(place: str) -> str:
    """How hard a place pulls, in metres per second squared."""
    return json.dumps({"place": place, "gravity": _GRAVITY[place.lower()]})


def calculate(expression: str) -> str:
    """The value of an expression of numbers, `*` and `/`, with one decimal."""
    return f"{_value(ast.parse(expression, mode='eval').body):.1f}"


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=float() | int() as number):
            return number
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left) * _value(right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left) / _value(right)
        case _:
            raise ValueError(f"neither a number nor * nor /: {ast.unparse(node)}")


@dataclass(frozen=True)
class AgentTool:
    """A function with what a model is told about it."""

    run: Callable[..., str]
    argument: str

    @property
    def name(self) -> str:
        """The name that the model calls it by."""
        return self.run.__name__

    @property
    def description(self) -> str:
        """What the model is told of it."""
        return self.run.__doc__ or ""

    @property
    def schema(self) -> dict[str, Any]:
        """Its argument, a text, as a JSON schema."""
        return {"type": "object", "properties": {self.argument: {"type": "string"}}, "required": [self.argument]}


TOOLS: Final = {tool.name: tool for tool in (AgentTool(gravity, "place"), AgentTool(calculate, "expression"))}
