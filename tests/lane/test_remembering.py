"""What the lane remembers from call to call, and when it asks again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from agentreplay import Cassette, CassetteMismatchError
from agentreplay._decisions import Replay
from agentreplay._engine import CallEngine
from agentreplay._modes import Mode
from agentreplay._redaction import Redactor
from tests.lane import answers
from tests.lane.vendors import MESSAGES, Server, client

WORD = "the-password-of-the-house-42"
SAID = [{"role": "user", "content": f"Say {WORD}."}]


def _gets_another_key(owner: Any) -> None:
    owner.api_key = WORD


def _gets_another_header(owner: Any) -> None:
    owner._custom_headers["x-house-token"] = WORD


def _gets_first_headers(owner: Any) -> None:
    owner._custom_headers = {"x-house-token": WORD}


@pytest.mark.parametrize("headers", [None, {"x-app": "1"}], ids=["no headers", "headers"])
@pytest.mark.parametrize("change", [_gets_another_key, _gets_another_header, _gets_first_headers])
def test_a_secret_that_a_client_gets_meanwhile_is_taken_out_from_then_on(
    change: Callable[[Any], None], headers: dict[str, str] | None, server: Server, folder: Path, served: list[str]
) -> None:
    """A file that holds it does not answer any more, as it would not without the lane."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False, messages=SAID)

    with agentreplay.cassette("c", directory=folder, mode="replay", allow_repeats=True):
        owner = client("anthropic", None, default_headers=headers and {**headers})
        for _ in range(2):
            owner.messages.create(**{**MESSAGES.arguments, "messages": SAID})
        change(owner)
        with pytest.raises(CassetteMismatchError):
            owner.messages.create(**{**MESSAGES.arguments, "messages": SAID})

    assert served == [MESSAGES.name] * 2


def test_each_session_is_told_the_secrets_of_a_client(server: Server, folder: Path, served: list[str]) -> None:
    """Also the one inside another that was told before."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False, messages=SAID)
    owner = client("anthropic", None)
    owner.api_key = WORD

    def replay() -> agentreplay.Session:
        return agentreplay.cassette("c", directory=folder, mode="replay", allow_unused=True)

    with replay():
        for _ in range(2):
            with replay(), pytest.raises(CassetteMismatchError):
                owner.messages.create(**{**MESSAGES.arguments, "messages": SAID})

    assert served == []


def test_of_two_calls_that_foresee_the_same_answer_one_gets_it(server: Server, folder: Path) -> None:
    """The other gets the next one that was recorded, or misses."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        for _ in range(2):
            MESSAGES.call(server, is_async=False)
    (path,) = (folder / "c").glob("*.json")
    known = Cassette.load(path)
    engine = CallEngine(Mode.REPLAY, Redactor(environment={}), known)
    key = known.interactions[0].request.key()
    foreseen = known.interactions[0]
    assert engine.foreseen(key) is foreseen

    found = [engine.replay(foreseen, key), engine.replay(foreseen, key)]

    assert [each.interaction for each in found if isinstance(each, Replay)] == known.interactions
    assert [each.position for each in found] == [0, 1]
    assert engine.counts.replayed == 2
    with pytest.raises(CassetteMismatchError):
        engine.replay(foreseen, key)
    assert engine.counts.missed == 1
