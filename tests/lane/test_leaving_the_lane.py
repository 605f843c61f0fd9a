"""What the lane leaves to the funnel, and that it leaves no trace."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import agentreplay
from agentreplay import CassetteMismatchError
from tests.lane import answers
from tests.lane.vendors import BETA, MESSAGES, Server, client


@pytest.fixture
def recorded(server: Server, folder: Path) -> Path:
    """A folder with one recorded call."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False)
    return folder


def ask(owner: Any, **more: Any) -> Any:
    """The recorded call, of this client."""
    return owner.messages.create(**{**MESSAGES.arguments, **more})


def test_a_client_of_a_class_of_the_apps_own_goes_its_own_way(recorded: Path, served: list[str]) -> None:
    """A subclass may do anything on the way."""

    class Own(anthropic.Anthropic):
        posted = 0

        def post(self, *args: Any, **kwargs: Any) -> Any:
            type(self).posted += 1
            above: Any = super()
            return above.post(*args, **kwargs)

    with Own(api_key="k") as own, agentreplay.cassette("c", directory=recorded, mode="replay"):
        ask(own)

    assert Own.posted == 1
    assert served == []


@pytest.mark.parametrize("name", ["post", "request", "_process_response"])
def test_a_step_that_somebody_changed_is_taken(
    name: str, recorded: Path, served: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tracing tools wrap the SDK's inner methods, also in the middle of a session, and see each call from then on."""
    seen: list[str] = []
    with agentreplay.cassette("c", directory=recorded, mode="replay", allow_repeats=True):
        MESSAGES.call(None, is_async=False)
        before = getattr(anthropic.Anthropic, name)

        def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(name)
            return before(self, *args, **kwargs)

        monkeypatch.setattr(anthropic.Anthropic, name, traced)
        MESSAGES.call(None, is_async=False)

    assert seen == [name]
    assert served == [MESSAGES.name]


def test_a_method_that_was_wrapped_before_is_called(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracing tool that was there before the session sees each call."""
    owner_class: Any = type(anthropic.Anthropic(api_key="k").messages)
    before = owner_class.create
    seen: list[str] = []

    def traced(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append("call")
        return before(self, *args, **kwargs)

    monkeypatch.setattr(owner_class, "create", traced)
    with anthropic.Anthropic(api_key="k") as owner, agentreplay.cassette("c", directory=recorded, mode="replay"):
        ask(owner)

    assert seen == ["call"]


def test_nobody_iterates_an_argument_before_the_sdk_does(recorded: Path, served: list[str]) -> None:
    """A generator of messages is left whole."""

    def said() -> Iterator[Any]:
        yield from MESSAGES.arguments["messages"]

    with anthropic.Anthropic(api_key="k") as owner, agentreplay.cassette("c", directory=recorded, mode="replay"):
        assert ask(owner, messages=said()).content[0].text == "Rain."

    assert served == []


@pytest.mark.parametrize(
    "more",
    [
        {"extra_headers": {"x-app": "1"}},
        {"extra_headers": {"x-stainless-raw-response": "true"}},
        {"extra_query": {"a": "1"}},
        {"stop_sequences": ("a",)},
        {"system": [anthropic.types.TextBlock(type="text", text="x")]},
        {"temperature_": 1},
        {"max_tokens": 200_000},
        {"stream": "yes"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_is_not_plain_is_the_funnels(more: dict[str, Any], recorded: Path, served: list[str]) -> None:
    """The lane answers none of these, whatever comes of them."""
    with (
        anthropic.Anthropic(api_key="k", max_retries=0) as owner,
        agentreplay.cassette("c", directory=recorded, mode="replay", allow_unused=True),
        suppress(TypeError, ValueError, CassetteMismatchError),
    ):
        ask(owner, **more)

    assert served == []


def test_arguments_that_are_not_given_and_those_for_headers_do_not_count(recorded: Path, served: list[str]) -> None:
    """They are no part of the body, for the SDK as for the lane."""
    again = agentreplay.cassette("c", directory=recorded, mode="replay", allow_repeats=True)
    with anthropic.Anthropic(api_key="k") as owner, again:
        ask(owner, system=anthropic.NOT_GIVEN, extra_headers=None, timeout=5)
        ask(owner, extra_body={})

    assert served == [MESSAGES.name, MESSAGES.name]


def test_what_is_added_beside_the_arguments_counts(server: Server, folder: Path, served: list[str]) -> None:
    """A member of `extra_body` is a member of the body."""
    server.answer = answers.MESSAGES["plain"]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False, extra_body={"mood": "good"})
    with agentreplay.cassette("c", directory=folder, mode="replay", allow_unused=True):
        MESSAGES.call(None, is_async=False, extra_body={"mood": "good"})
        with pytest.raises(CassetteMismatchError, match="mood"):
            MESSAGES.call(None, is_async=False, extra_body={"mood": "bad"})

    assert served == [MESSAGES.name]


def test_a_secret_in_a_request_is_for_the_funnel_to_take_out(server: Server, folder: Path, served: list[str]) -> None:
    """A request that was recorded without its secret is found, and one that stands in a file with it is not."""
    server.answer = answers.MESSAGES["plain"]
    said = [{"role": "user", "content": "My key is sk-proj-0123456789abcdefghijklmnop, keep it."}]
    with agentreplay.cassette("c", directory=folder, mode="record"):
        MESSAGES.call(server, is_async=False, messages=said)
    with agentreplay.cassette("c", directory=folder, mode="replay"):
        MESSAGES.call(None, is_async=False, messages=said)

    assert served == []


def test_another_way_of_matching_is_not_the_lanes(recorded: Path, served: list[str]) -> None:
    """What a matcher leaves out, the lane would count."""
    with agentreplay.cassette("c", directory=recorded, mode="replay", match={"ignore": ["max_tokens"]}):
        MESSAGES.call(None, is_async=False, max_tokens=51)

    assert served == []


def test_the_sdk_warns_of_an_old_model_as_it_does_live(server: Server, folder: Path) -> None:
    """Same words, same category, same line of the program."""
    messages: Any = sys.modules[type(anthropic.Anthropic(api_key="k").messages).__module__]
    old = next(iter(messages.DEPRECATED_MODELS))
    server.answer = answers.MESSAGES["plain"]
    heard: list[list[tuple[str, type[Warning], str, int]]] = []
    with client("anthropic", server) as owner:

        def call() -> None:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                ask(owner, model=old)
            heard.append([(str(each.message), each.category, each.filename, each.lineno) for each in caught])

        call()
        with agentreplay.cassette("c", directory=folder, mode="record"):
            call()
        with agentreplay.cassette("c", directory=folder, mode="replay"):
            call()

    assert len(heard[0]) == 1
    assert heard == [heard[0]] * 3


def test_where_nothing_replays_the_method_is_the_sdks_own(recorded: Path, server: Server) -> None:
    """Looked up, it has nothing around it; and after the session nothing of ours is left in its class."""
    owner_class: Any = type(openai.OpenAI(api_key="k").chat.completions)
    before: Any = owner_class.__dict__["create"]
    with agentreplay.cassette("other", directory=recorded, mode="live"):
        assert owner_class.create is before
        bound: Any = openai.OpenAI(api_key="k").chat.completions.create
        assert bound.__func__ is before

    assert vars(owner_class)["create"] is before


def test_a_call_that_was_not_recorded_misses_as_ever(recorded: Path, server: Server) -> None:
    """The funnel explains it, and counts it once."""
    with agentreplay.cassette("c", directory=recorded, mode="replay", allow_unused=True) as session:
        with pytest.raises(CassetteMismatchError, match="max_tokens"):
            MESSAGES.call(None, is_async=False, max_tokens=51)
        with pytest.raises(CassetteMismatchError):
            BETA.call(None, is_async=True)

    assert session.interactions == []
