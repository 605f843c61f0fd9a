"""The lane's keys are those of the requests that the funnel describes."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import agentreplay
from agentreplay import _foresight
from agentreplay._foresight import Foresight
from agentreplay._json.canonical import canonical_plain
from agentreplay._memos import Memo
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse
from agentreplay._redaction import Redactor
from tests.lane import answers
from tests.lane.vendors import CHAT, MESSAGES, TAKES_CHAT, Server, difference

_TEXTS = st.text(max_size=8) | st.text(string.printable, max_size=30)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4), max_leaves=12
)
_MESSAGES = st.lists(
    st.dictionaries(st.sampled_from(["role", "content", "name", "x"]), _VALUES, max_size=4), max_size=40
)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is written as canonical JSON meanwhile."""
    found: list[Any] = []

    def noting(value: Any, **more: Any) -> bytes:
        found.append(value)
        return canonical_plain(value, **more)

    monkeypatch.setattr(_foresight, "canonical_plain", noting)
    return found


def foresight() -> Foresight:
    """What a session knows at its beginning."""
    return Foresight(Redactor(environment={}))


def recorded(body: dict[str, Any]) -> Interaction:
    """An interaction that asks this."""
    model = body.get("model")
    return Interaction(
        request=RecordedRequest(kind="llm", method="m", model=model if isinstance(model, str) else None, body=body),
        response=RecordedResponse(body={}),
    )


@given(messages=_MESSAGES, others=st.dictionaries(_TEXTS, _VALUES, max_size=4))
def test_the_key_of_arguments_is_that_of_the_request(messages: list[Any], others: dict[str, Any]) -> None:
    """Whatever JSON is asked; where the lane is not sure, it gives none."""
    body = {**others, "messages": messages}

    asked = foresight().asked("llm", "m", body)

    assert asked is None or asked.key == recorded(body).request.key()


@given(messages=_MESSAGES, data=st.data())
def test_the_key_of_the_next_request_of_a_conversation_is_its_own(messages: list[Any], data: st.DataObject) -> None:
    """Also where something that was said before has changed meanwhile."""
    known = foresight()
    said: list[Any] = [{"role": "user", "content": f"{number}"} for number in range(20)]
    for _ in range(3):
        body = {"model": "m", "messages": said}
        asked = known.asked("llm", "m", body)
        assert asked is not None
        interaction = recorded(body)
        assert asked.key == interaction.request.key()
        assert known.holds_no_secret(asked, interaction)
        known.answered(asked, interaction)
        said = [*said, *({"role": "user", "content": " ".join(each)} for each in messages[:5])]
        if data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(said) - 1))
            said[place] = {**said[place], "content": data.draw(st.sampled_from(["changed", True, 1, 1.0, None]))}


@pytest.mark.parametrize("other", [1, 1.0, "1", False])
def test_true_is_not_one(other: Any) -> None:
    """Values that are equal to Python make two requests of a long conversation, if JSON tells them apart."""
    known = foresight()
    said: list[Any] = [{"role": "user", "content": True}, *({"role": "user", "content": "x"} for _ in range(20))]
    first = recorded({"messages": said})
    asked = known.asked("llm", "m", first.request.body)
    assert asked is not None
    known.answered(asked, first)

    again = known.asked("llm", "m", {"messages": [{"role": "user", "content": other}, *said[1:]]})

    assert again is not None
    assert again.key == recorded({"messages": [{"role": "user", "content": other}, *said[1:]]}).request.key()
    assert again.key != asked.key


def test_a_conversation_that_goes_on_is_not_searched_for_secrets_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is new is; and all of it once another secret is known."""
    redactor = Redactor(environment={})
    known = Foresight(redactor)
    searched: list[int] = []
    find = Redactor.texts_are_clean

    def noting(self: Redactor, texts: Collection[str]) -> bool:
        searched.append(sum(text.startswith("<") for text in texts))
        return find(self, texts)

    monkeypatch.setattr(Redactor, "texts_are_clean", noting)
    said = [{"role": "user", "content": f"<{number}>"} for number in range(20)]
    for turn in range(3):
        if turn == 2:
            redactor.learn("a-secret-of-the-app")
        interaction = recorded({"messages": said})
        asked = known.asked("llm", "m", interaction.request.body)
        assert asked is not None
        assert known.holds_no_secret(asked, interaction)
        known.answered(asked, interaction)
        said = [*said, {"role": "user", "content": f"<more {turn}>"}]

    assert searched == [20, 1, 22]


def test_only_so_many_fingerprints_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages are asked, and however long they are."""
    digests: Memo[bytes] = Memo(1000)
    requests: Memo[Any] = Memo(1000)
    monkeypatch.setattr("agentreplay._foresight._digests", digests)
    monkeypatch.setattr("agentreplay._foresight._requests", requests)
    monkeypatch.setattr("agentreplay._foresight._LONGEST", 500)
    known = foresight()
    for number in range(200):
        body: dict[str, Any] = {"messages": [{"content": f"text {number:03}"}, {"content": "x" * 501}]}
        asked = known.asked("llm", "m", body)
        assert asked is not None
        assert asked.key == recorded(body).request.key()

    assert 0 < sum(map(len, digests._found)) <= 1000
    assert not requests._found


@given(messages=_MESSAGES, others=st.dictionaries(_TEXTS, _VALUES, max_size=4))
def test_a_request_that_is_asked_again_is_the_same_in_another_session(
    messages: list[Any], others: dict[str, Any]
) -> None:
    """Its key, and what it is made of, do not depend on what was asked before."""
    body = {**others, "messages": messages}

    first, again = foresight().asked("llm", "m", body), foresight().asked("llm", "m", {**body})

    assert (first is None) is (again is None)
    if first is not None and again is not None:
        assert (first.key, first.names, first.texts) == (again.key, again.names, again.texts)


@pytest.mark.parametrize("other", [1, 1.0, "1", False])
def test_true_is_not_one_in_a_short_request(other: Any) -> None:
    """Nor where the same was asked before with what is equal to Python."""
    assert foresight().asked("llm", "m", {"stop": True}) is not None

    again = foresight().asked("llm", "m", {"stop": other})

    assert again is not None
    assert again.key == recorded({"stop": other}).request.key()


def test_the_same_words_to_another_method_are_another_request() -> None:
    """And so are those of another kind."""
    keys = {
        asked.key
        for kind, method in [("llm", "m"), ("llm", "n"), ("embedding", "m")]
        if (asked := foresight().asked(kind, method, {"input": "x"})) is not None
    }

    assert len(keys) == 3


def test_what_is_asked_again_in_a_process_is_not_written_as_json_again(written: list[Any]) -> None:
    """Neither a whole request nor the tools that others have in common with it."""
    tools = [{"type": "function", "function": {"name": "remembered", "parameters": {"type": "object"}}}]
    assert foresight().asked("llm", "m", {"tools": tools, "messages": [{"content": "one"}]}) is not None
    written.clear()
    assert foresight().asked("llm", "m", {"tools": tools, "messages": [{"content": "one"}]}) is not None
    assert written == []
    assert foresight().asked("llm", "m", {"tools": tools, "messages": [{"content": "two"}]}) is not None
    assert written[:-1] == [{"content": "two"}]


def test_what_was_asked_can_be_forgotten(written: list[Any]) -> None:
    """Then it is found out once more, as in a new process."""
    body = {"messages": [{"content": "forgotten"}], "tools": [{"name": "forgotten"}]}
    assert foresight().asked("llm", "m", body) is not None
    _foresight.forget_requests()
    written.clear()
    assert foresight().asked("llm", "m", body) is not None

    assert len(written) == 3


@pytest.mark.parametrize("length", [5_000_000, 5000])
def test_an_image_that_is_sent_again_is_not_written_nor_hashed_again(
    length: int, written: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a conversation was told once it is told with each turn; another text in its place has another key."""
    monkeypatch.setattr(_foresight, "_LONGEST", 4096)

    def asked(image: str, *more: Any) -> tuple[str, bool]:
        messages = [{"role": "user", "content": [{"text": "What is it?"}, {"image_url": {"url": image}}]}, *more]
        written.clear()
        found = foresight().asked("llm", "m", {"messages": messages})
        assert found is not None
        assert found.key == recorded({"messages": messages}).request.key()
        return found.key, messages[0] in written

    image = "data:image/png;base64," + "A" * length
    first, looked_at = asked(image)
    assert looked_at
    assert asked(image) == (first, False)
    assert asked(image, {"role": "assistant", "content": "A cat."}, {"role": "user", "content": "Sure?"})[1] is False
    # Equal, and another object.
    assert asked(image[:50] + image[50:]) == (first, True)
    assert asked(image[:-1] + "B")[0] != first


def test_only_so_many_images_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are sent, and however large they are."""
    kept: Memo[tuple[bytes, list[str]]] = Memo(100_000)
    monkeypatch.setattr(_foresight, "_large_digests", kept)
    known = foresight()
    for number in range(20):
        assert known.asked("llm", "m", {"messages": [{"content": f"{number}" + "x" * 70_000}]}) is not None
    texts = [text for _, texts in kept._found.values() for text in texts]
    assert 0 < sum(map(len, texts)) <= 100_000


def _servers() -> Iterator[Server]:
    server = Server()
    server.answer = answers.MESSAGES["plain"]
    yield server


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25, deadline=None
)
@given(content=st.lists(st.dictionaries(st.sampled_from(["type", "text", "input", "data"]), _VALUES), max_size=3))
def test_whatever_is_asked_the_lane_finds_what_was_recorded(
    content: list[Any], tmp_path_factory: pytest.TempPathFactory, served: list[str]
) -> None:
    """A call that was recorded is answered, by the lane or else by the funnel, with the very same answer."""
    (server,) = _servers()
    folder = tmp_path_factory.mktemp("lane")
    more = {"messages": [{"role": "user", "content": content}], "metadata": {"user_id": "u"}}
    with agentreplay.cassette("c", directory=folder, mode="record"):
        live = MESSAGES.call(server, is_async=False, **more)
    with agentreplay.cassette("c", directory=folder, mode="replay"):
        replayed = MESSAGES.call(None, is_async=False, **more)

    assert difference(live, replayed) is None


def test_a_long_conversation_is_answered_turn_by_turn(server: Server, served: list[str], folder: Path) -> None:
    """Each turn by its own answer, in the lane."""

    def talk(session_server: Any) -> list[str]:
        said: list[dict[str, str]] = []
        heard: list[str] = []
        for turn in range(30):
            server.answer = {**answers.COMPLETIONS["plain"], "id": f"chatcmpl-{turn}"}
            said.append({"role": "user", "content": f"question {turn}"})
            answer = CHAT.call(session_server, is_async=False, messages=said)
            heard.append(answer.id)
            said.append({"role": "assistant", "content": f"answer {turn}"})
        return heard

    with agentreplay.cassette("c", directory=folder, mode="record"):
        live = talk(server)
    with agentreplay.cassette("c", directory=folder, mode="replay"):
        assert talk(None) == live

    if TAKES_CHAT:
        assert served == [CHAT.name] * 30
