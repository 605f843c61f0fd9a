"""The model that the demo's provider runs: it knows a little about gravity, and how high a cat jumps elsewhere."""

from __future__ import annotations

import json
import re
from typing import Final

from demo.provider import Question, ToolCall, Turn

_PLACES: Final = ("Earth", "Moon", "Mars", "Jupiter", "Pluto")
_JUMP: Final = "1.5 * 9.81"


def scripted_model(question: Question) -> Turn:
    """Looks up the gravity of the places in question, calculates if it can, sums up; asked to tell it, tells it."""
    if question.prompt.startswith("Tell"):
        return Turn(text=_story(question.prompt))
    places = [place for place in _PLACES if place in question.prompt]
    if not question.results:
        return Turn(calls=tuple(ToolCall("gravity", {"place": place}) for place in places))
    pulls = [json.loads(result)["gravity"] for result in question.results[: len(places)]]
    if "calculate" not in {tool.name for tool in question.tools}:
        ratio = max(pulls) / min(pulls)
        named = " and ".join(f"{pull} m/s² on {place}" for place, pull in zip(places, pulls, strict=True))
        return Turn(text=f"Things fall with {named}: the stronger pulls {ratio:.0f} times as hard. Pack light.")
    if len(question.results) == len(pulls):
        calls = tuple(ToolCall("calculate", {"expression": f"{_JUMP} / {pull}"}) for pull in pulls)
        return Turn(text="Half the pull, twice the height.", calls=calls)
    heights = question.results[len(pulls) :]
    return Turn(text="; ".join(f"{place}: {height} m" for place, height in zip(places, heights, strict=True)))


def _story(findings: str) -> str:
    moon, mars = re.findall(r"([\d.]+) m", findings)
    return (
        f"On Mars your cat sails {mars} m up, looks at the fence, and lands with dignity on the near side. "
        f"On the Moon she rises {moon} m, right over it, and has time to wash a paw on the way down. "
        "Build it higher on the Moon. 🐈"
    )
