"""A conversation of several turns, each of which sends all that was said before."""

from __future__ import annotations

from typing import Any

from tests.conformance.vendors import VENDORS, Vendor

SYNC_VENDORS = [vendor for vendor in VENDORS if not vendor.is_async]


def talk(vendor: Vendor, client: Any, *questions: str, stream: bool = False) -> list[str]:
    """Ask these questions, one after the other; gives the answers."""
    messages: list[dict[str, Any]] = []
    answers: list[str] = []
    for question in questions:
        messages.append({"role": "user", "content": question})
        arguments = {**dict(vendor.arguments), "messages": messages}
        resource = vendor.resource(client)
        answer = _joined(resource.create(**arguments, stream=True)) if stream else _text(resource.create(**arguments))
        answers.append(answer)
        messages = [*messages, {"role": "assistant", "content": answer}]
    return answers


def _text(answer: Any) -> str:
    if hasattr(answer, "choices"):
        return str(answer.choices[0].message.content)
    return "".join(block.text for block in answer.content if block.type == "text")


def _joined(events: Any) -> str:
    text = ""
    for event in events:
        if hasattr(event, "choices"):
            text += "".join(choice.delta.content or "" for choice in event.choices)
        elif event.type == "content_block_delta":
            text += event.delta.text
    return text
