"""The model that the demo's provider runs: it knows how to find out how high a cat jumps elsewhere."""

from __future__ import annotations

import json
import re

from demo.provider import Question, ToolCall, Turn

_JUMP = "1.5 * 9.81"
_PLACES = ("Moon", "Mars")


def scripted_model(question: Question) -> Turn:
    """Looks gravity up, calculates, sums up; asked to tell it, tells it."""
    if question.prompt.startswith("Tell"):
        return Turn(text=_story(question.prompt))
    if not question.results:
        return Turn(calls=tuple(ToolCall("gravity", {"place": place}) for place in _PLACES))
    pulls = [json.loads(result)["gravity"] for result in question.results[:2]]
    if len(question.results) == len(pulls):
        return Turn(
            text="Half the pull, twice the height.",
            calls=tuple(ToolCall("calculate", {"expression": f"{_JUMP} / {pull}"}) for pull in pulls),
        )
    heights = question.results[2:]
    return Turn(text="; ".join(f"{place}: {height} m" for place, height in zip(_PLACES, heights, strict=True)))


def _story(findings: str) -> str:
    moon, mars = re.findall(r"([\d.]+) m", findings)
    return (
        f"On Mars your cat sails {mars} m up, looks at the fence, and lands with dignity on the near side. "
        f"On the Moon she rises {moon} m, right over it, and has time to wash a paw on the way down. "
        "Build it higher on the Moon. 🐈"
    )
