"""Calls for tests of sessions, where it does not matter which vendor is asked."""

from __future__ import annotations

from typing import Any

from agentreplay import Session
from demo.provider import Provider
from tests.conformance.vendors import VENDORS

PLAIN, ASYNC = VENDORS[0], VENDORS[1]


def ask(provider: Provider, text: str = "Hello") -> str:
    """The words with which the model answers `text`."""
    client = PLAIN.client(provider)
    return _words(client.chat.completions.create(**PLAIN.question(text)))


async def async_ask(provider: Provider, text: str = "Hello") -> str:
    """The same, asynchronously; to be run by `ASYNC.run`."""
    client = ASYNC.client(provider)
    return _words(await client.chat.completions.create(**ASYNC.question(text)))


def _words(answer: Any) -> str:
    return str(answer.choices[0].message.content)


def said(session: Session) -> list[str]:
    """What was asked in a session, in order."""
    return [item.request.body["messages"][0]["content"] for item in session.interactions]
