"""What is recorded of a running app, and what is not."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import agentreplay
from demo.provider import Behaviour, Provider
from tests.journal.recordings import Recordings, ask, question_of

if TYPE_CHECKING:
    from anthropic import Anthropic
    from openai import AsyncOpenAI, OpenAI

SECRET = "sk-proj-" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3"


def test_calls_outside_of_every_session_are_recorded(recordings: Recordings, openai_client: OpenAI) -> None:
    """Each call with its answer, in order, under the name of the program."""
    recordings.install()
    answers = [ask(openai_client, f"question {number}").choices[0].message.content for number in range(3)]
    agentreplay.uninstall()
    assert recordings.questions == ["question 0", "question 1", "question 2"]
    (journal,) = recordings.journals
    assert [each.response.body["choices"][0]["message"]["content"] for each in journal.interactions] == answers
    assert journal.heading.session.endswith(journal.heading.process)
    assert journal.sdks.keys() == {"openai"}


def test_without_record_nothing_is_recorded(recordings: Recordings, openai_client: OpenAI) -> None:
    """`install()` alone is what it was: the SDKs are wrapped, and calls go live."""
    agentreplay.install()
    ask(openai_client, "plain")
    agentreplay.uninstall()
    assert not recordings.path.exists()
    assert not agentreplay.status().recording


def test_a_session_wins_over_the_recording(recordings: Recordings, openai_client: OpenAI, tmp_path: Path) -> None:
    """A call inside a block belongs to the block, whatever its mode; calls before and after belong to the app."""
    recordings.install()
    ask(openai_client, "before")
    with agentreplay.cassette("block", directory=tmp_path) as session:
        ask(openai_client, "inside")
    with agentreplay.cassette("live", directory=tmp_path, mode="live"):
        ask(openai_client, "live")
    ask(openai_client, "after")
    agentreplay.uninstall()
    assert recordings.questions == ["before", "after"]
    assert [question_of(each) for each in session.interactions] == ["inside"]


def test_other_threads_are_recorded_beside_a_block_that_records(
    recordings: Recordings, openai_client: OpenAI, tmp_path: Path
) -> None:
    """The app goes on while one of its threads records a session; what belongs to no block is the app's."""
    go, done = threading.Event(), threading.Event()

    def beside() -> None:
        go.wait(10)
        ask(openai_client, "beside")
        done.set()

    recordings.install()
    thread = threading.Thread(target=beside)
    thread.start()
    with agentreplay.cassette("block", directory=tmp_path, mode="record") as session:
        go.set()
        assert done.wait(10)
        ask(openai_client, "inside")
    thread.join()
    agentreplay.uninstall()
    assert recordings.questions == ["beside"]
    assert [question_of(each) for each in session.interactions] == ["inside"]


def test_a_stream_is_recorded_as_it_was_read(recordings: Recordings, openai_client: OpenAI) -> None:
    """Its events and their times; one that the app leaves is kept as far as it went."""
    recordings.install()
    chunks = [chunk.to_dict() for chunk in ask(openai_client, "all of it", stream=True)]
    with ask(openai_client, "the beginning", stream=True) as stream:
        next(iter(stream))
    agentreplay.uninstall()
    whole, left = (interaction.response for interaction in recordings.interactions)
    assert [event.data for event in whole.events or [] if event.data] == chunks
    assert len(whole.event_times_ms or []) == len(whole.events or [])
    assert not whole.incomplete
    assert left.incomplete


def test_a_stream_that_is_dropped_unread_is_recorded(recordings: Recordings, openai_client: OpenAI) -> None:
    """The app may forget a response altogether; its call was made all the same."""
    import gc

    recordings.install()
    ask(openai_client, "forgotten", stream=True)
    gc.collect()
    agentreplay.uninstall()
    assert recordings.questions == ["forgotten"]


def test_failures_are_recorded(recordings: Recordings, openai_client: OpenAI, provider: Provider) -> None:
    """What the provider refuses, and a provider that is not there; the app gets the SDK's own errors."""
    import openai

    client = openai_client.with_options(max_retries=1)
    recordings.install()
    provider.fail(400)
    with pytest.raises(openai.BadRequestError):
        ask(client, "refused")
    provider.script(Behaviour(status=503, headers={"retry-after-ms": "1"}))
    ask(client, "tried again")
    with provider.stopped(), pytest.raises(openai.APIConnectionError):
        ask(openai_client.with_options(max_retries=0), "nobody there")
    agentreplay.uninstall()
    refused, again, away = (interaction.response for interaction in recordings.interactions)
    assert (refused.status, refused.http_status) == ("error", 400)
    assert again.retries_taken == 1
    assert away.error is not None
    assert away.error.type == "APIConnectionError"


def test_an_app_that_changes_its_messages_meanwhile_is_recorded_as_it_asked(
    recordings: Recordings, openai_client: OpenAI
) -> None:
    """The record is of what was sent, not of what the caller's objects hold when it is written."""
    messages: list[Any] = [{"role": "user", "content": "as asked"}]
    recordings.install()
    openai_client.chat.completions.create(model="m", messages=messages)
    messages[0]["content"] = "changed"
    messages.append({"role": "user", "content": "more"})
    agentreplay.uninstall()
    assert recordings.questions == ["as asked"]


def test_an_argument_that_can_be_read_once_reaches_the_sdk(recordings: Recordings, provider: Provider) -> None:
    """What the caller gives is not touched before the SDK had it: an iterator gives the SDK all its items."""
    from anthropic import Anthropic

    once: Any = iter([{"role": "user", "content": "read once"}])
    recordings.install()
    with Anthropic(base_url=provider.url, api_key="k", max_retries=0) as client:
        client.messages.create(model="m", max_tokens=9, messages=once)
    agentreplay.uninstall()
    assert json.loads(provider.requests[0].body)["messages"] == [{"role": "user", "content": "read once"}]
    assert recordings.questions == ["read once"]


def test_secrets_are_taken_out_before_the_disk(
    recordings: Recordings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's key, its headers, the environment, known forms, the app's own rules; also in pieces of a stream."""
    from openai import OpenAI

    monkeypatch.setenv("INTERNAL_API_TOKEN", "env-held-value-5551212")
    recordings.install(redact=[r"ACME-\d+"])
    key, header = "acme-live-9f8e7d6c5b4a39281706", "tenant/secret+token==771"
    headers = {"X-Tenant-Token": header}
    words = f"{key} {header} env-held-value-5551212 {SECRET} ACME-4711"
    with OpenAI(base_url=provider.openai_url, api_key=key, default_headers=headers, max_retries=0) as client:
        ask(client, words)
        for _ in ask(client, words, stream=True):
            pass
    agentreplay.uninstall()
    recordings.collect(keep_journals=True)
    files = [path for path in recordings.path.rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        text = path.read_text("utf-8")
        assert not [secret for secret in words.split() if secret in text]
    assert len(set(words.split()) & set(json.loads(provider.requests[0].body)["messages"][0]["content"].split())) == 5


def test_uploads_are_recorded_by_name_and_digest(recordings: Recordings, openai_client: OpenAI, tmp_path: Path) -> None:
    """From memory, from an open file (which stays where it was) and from a path; the cassette replays each."""
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b'{"line": 1}\n' * 3000)

    def upload() -> list[str]:
        with path.open("rb") as file:
            created = [
                openai_client.files.create(file=("a.jsonl", b"in memory"), purpose="batch"),
                openai_client.files.create(file=file, purpose="batch"),
                openai_client.files.create(file=path, purpose="batch"),
            ]
        return [each.id for each in created]

    recordings.install(session_id=lambda: "uploads")
    live = upload()
    agentreplay.uninstall()
    assert [each.request.body["file"]["size"] for each in recordings.interactions] == [9, 36000, 36000]
    recordings.collect()
    with agentreplay.cassette("uploads", directory=recordings.path, mode="replay"):
        assert upload() == live


def test_what_was_recorded_replays(
    recordings: Recordings, openai_client: OpenAI, anthropic_client: Anthropic, provider: Provider
) -> None:
    """A conversation with both SDKs, plain and streamed, is an ordinary cassette once it is collected."""

    def converse() -> list[str]:
        first = ask(openai_client, "one").choices[0].message.content
        pieces = [chunk.choices[0].delta.content for chunk in ask(openai_client, "two", stream=True) if chunk.choices]
        message = anthropic_client.messages.create(
            model="claude", max_tokens=9, messages=[{"role": "user", "content": "three"}], extra_headers={"x-a": "b"}
        )
        with anthropic_client.messages.stream(
            model="claude", max_tokens=9, messages=[{"role": "user", "content": "four"}]
        ) as stream:
            last = stream.get_final_text()
        models = [model.id for model in openai_client.models.list()]
        return [str(first), *[str(piece) for piece in pieces], str(message.content), last, *models]

    recordings.install(session_id=lambda: "talk")
    live = converse()
    agentreplay.uninstall()
    (collected,) = recordings.collect()
    assert (collected.session, collected.calls) == ("talk", 5)
    with provider.stopped(), agentreplay.cassette("talk", directory=recordings.path, mode="replay"):
        assert converse() == live


@pytest.mark.asyncio
async def test_tasks_are_recorded_each_in_its_session(recordings: Recordings, async_openai_client: AsyncOpenAI) -> None:
    """`session_id` is asked where the call is made, so it may look at what belongs to the task."""
    from contextvars import ContextVar

    user: ContextVar[str] = ContextVar("user")

    async def converse(name: str) -> None:
        user.set(name)
        for number in range(3):
            stream = await async_openai_client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": f"{name} {number}"}], stream=True
            )
            async for _ in stream:
                pass

    recordings.install(session_id=user.get)
    await asyncio.gather(*[converse(name) for name in ("ann", "bob", "cid")])
    agentreplay.uninstall()
    found = {
        journal.heading.session: [question_of(each) for each in journal.interactions] for journal in recordings.journals
    }
    assert found == {name: [f"{name} {number}" for number in range(3)] for name in ("ann", "bob", "cid")}


def test_a_session_without_a_name_is_that_of_the_process(recordings: Recordings, openai_client: OpenAI) -> None:
    """Where `session_id` gives None or nothing, the call is not lost."""
    names = iter([None, "", "named"])
    recordings.install(session_id=lambda: next(names))
    for number in range(3):
        ask(openai_client, str(number))
    agentreplay.uninstall()
    sessions = {journal.heading.session: len(journal.interactions) for journal in recordings.journals}
    assert sorted(sessions.values()) == [1, 2]
    assert sessions["named"] == 1


def test_a_sampled_session_is_recorded_whole(recordings: Recordings, openai_client: OpenAI) -> None:
    """About the share asked for, and of each session all calls or none; in another process the same sessions."""
    current = ""
    recordings.install(sample=0.5, session_id=lambda: current)
    names = [f"conversation-{number}" for number in range(40)]
    for turn in range(2):
        for current in names:
            ask(openai_client, f"{current} {turn}")
    agentreplay.uninstall()
    kept = {journal.heading.session: len(journal.interactions) for journal in recordings.journals}
    assert set(kept.values()) == {2}
    assert 8 <= len(kept) <= 32
    assert agentreplay.status().sampled_out == 80 - 2 * len(kept)
    again = Recordings(recordings.path.with_name("again"))
    again.install(sample=0.5, session_id=lambda: current)
    for current in names:
        ask(openai_client, current)
    agentreplay.uninstall()
    assert {journal.heading.session for journal in again.journals} == kept.keys()


def test_sample_may_be_a_function_which_decides_once(recordings: Recordings, openai_client: OpenAI) -> None:
    """It is asked of a session once, so that a decision by chance holds for the whole of it."""
    asked: list[str] = []
    current = ""

    def sample(session: str) -> bool:
        asked.append(session)
        return session == "yes"

    recordings.install(sample=sample, session_id=lambda: current)
    for current in ["yes", "no", "yes", "no"]:
        ask(openai_client, current)
    agentreplay.uninstall()
    assert asked == ["yes", "no"]
    assert recordings.questions == ["yes", "yes"]


def test_without_session_ids_each_call_is_sampled_alone(recordings: Recordings, openai_client: OpenAI) -> None:
    """A share of the calls of one long-lived process, not all of them or none; the app's own chance is not drawn on."""
    import random

    random.seed(7)
    before = random.getstate()
    recordings.install(sample=0.5)
    for number in range(60):
        ask(openai_client, str(number))
    agentreplay.uninstall()
    assert 10 <= len(recordings.questions) <= 50
    assert random.getstate() == before


@pytest.mark.parametrize("sample", [0, 1])
def test_sample_zero_is_nothing_and_one_is_all(recordings: Recordings, openai_client: OpenAI, sample: int) -> None:
    """Also where sessions are named."""
    recordings.install(sample=sample, session_id=lambda: "named")
    ask(openai_client, "hello")
    agentreplay.uninstall()
    assert len(recordings.questions) == sample


def test_status_counts(recordings: Recordings, openai_client: OpenAI) -> None:
    """While recording and after it; before, everything is nought."""
    recordings.install()
    assert agentreplay.status() == agentreplay.RecordingStatus(recording=True, directory=recordings.path)
    ask(openai_client, "one")
    during = agentreplay.status()
    assert (during.calls, during.written + during.unsaved) == (1, 1)
    agentreplay.uninstall()
    after = agentreplay.status()
    assert after == agentreplay.RecordingStatus(directory=recordings.path, calls=1, written=1)


def test_uninstall_leaves_every_class_as_it_was(recordings: Recordings, openai_client: OpenAI) -> None:
    """And nothing is recorded after it."""
    from openai._base_client import AsyncAPIClient, SyncAPIClient

    def attributes() -> list[dict[str, int]]:
        # By identity: a wrapper says that it is equal to what it wraps.
        return [
            {name: id(value) for name, value in vars(cls).items()}
            for cls in (SyncAPIClient, AsyncAPIClient, threading.Thread)
        ]

    before = attributes()
    recordings.install()
    assert attributes() != before
    ask(openai_client, "one")
    agentreplay.uninstall()
    assert attributes() == before
    ask(openai_client, "two")
    assert recordings.questions == ["one"]
    assert not [thread for thread in threading.enumerate() if thread.name == "agentreplay-journal"]


def test_installing_again_with_other_options_replaces_the_first(
    recordings: Recordings, openai_client: OpenAI, tmp_path: Path
) -> None:
    """What was recorded before is on the disk then; installing with the same options changes nothing."""
    recordings.install()
    ask(openai_client, "one")
    recordings.install()
    assert agentreplay.status().calls == 1
    other = Recordings(tmp_path / "other")
    other.install()
    assert recordings.questions == ["one"]
    ask(openai_client, "two")
    agentreplay.uninstall()
    assert other.questions == ["two"]


@pytest.mark.parametrize(
    "options",
    [
        {"sample": 1.5},
        {"sample": -1},
        {"sample": "half"},
        {"sample": float("nan")},
        {"sample": True},
        {"max_bytes": 0},
        {"max_bytes": "64MB"},
        {"max_bytes": 1.5},
        {"session_id": "user"},
        {"redact": ["("]},
    ],
)
def test_options_that_cannot_be_meant_are_told_at_once(recordings: Recordings, options: dict[str, Any]) -> None:
    """Before anything is wrapped; the message names the option."""
    with pytest.raises(agentreplay.ConfigurationError, match=next(iter(options))):
        recordings.install(**options)
    assert not agentreplay.status().recording


def test_options_of_recording_need_a_folder() -> None:
    """`sample` without `record` is a mistake, not a wish for nothing."""
    with pytest.raises(agentreplay.ConfigurationError, match="record"):
        agentreplay.install(sample=0.5)
    with pytest.raises(agentreplay.ConfigurationError, match="folder"):
        agentreplay.install(record="")
