"""Whatever of ours fails, the app gets what it would have got without us."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

import pytest

import agentreplay
from demo.provider import Behaviour, Provider
from tests.journal.faulty import Fault, Place, failing_at, noting
from tests.journal.recordings import Recordings, ask, wait_until


@pytest.fixture(autouse=True)
def quiet() -> Generator[None]:
    """Warnings are looked at where they are the subject; a thread of ours that dies is no failure here."""
    before = threading.excepthook
    threading.excepthook = lambda _args: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    threading.excepthook = before


def plain_calls(provider: Provider) -> list[Any]:
    """What an app sees of calls that go well, plain and streamed, and of one that does not."""
    import openai

    provider.forget()
    provider.script(Behaviour(status=400, message="no"), path="/models")
    with openai.OpenAI(base_url=provider.openai_url, api_key="sk-test", max_retries=0, timeout=10) as client:
        seen: list[Any] = [ask(client, "plain").to_dict()]
        seen += [chunk.to_dict() for chunk in ask(client, "stream", stream=True)]
        with ask(client, "left", stream=True) as stream:
            seen.append(next(iter(stream)).to_dict())
        try:
            client.models.list()
        except openai.APIStatusError as error:
            seen.append(_sight(error))
    return seen


async def async_calls(provider: Provider) -> list[Any]:
    """The same of an asynchronous client."""
    import openai

    provider.forget()
    provider.script(Behaviour(status=400, message="no"), path="/models")
    async with openai.AsyncOpenAI(base_url=provider.openai_url, api_key="sk-test", max_retries=0) as client:
        seen: list[Any] = [(await ask(client, "plain")).to_dict()]
        seen += [chunk.to_dict() async for chunk in await ask(client, "stream", stream=True)]
        async with await ask(client, "left", stream=True) as stream:
            seen.append((await stream.__anext__()).to_dict())
        try:
            await client.models.list()
        except openai.APIStatusError as error:
            seen.append(_sight(error))
    return seen


def _sight(error: Any) -> Any:
    """All that an app can see of an SDK's error."""
    return type(error), error.status_code, str(error), error.__cause__, type(error.__context__), error.body


def all_calls(provider: Provider) -> list[Any]:
    """Calls of both sorts."""
    return [*plain_calls(provider), *asyncio.run(async_calls(provider))]


def is_written(recordings: Recordings, calls: int) -> bool:
    """Whether so many calls are on the disk; told without the help of what is tested."""
    return sum(path.read_bytes().count(b"\n") - 1 for path in recordings.path.rglob("*.jsonl")) >= calls


def all_of(_session: str) -> bool:
    """A sample of everything."""
    return True


def places_passed(recordings: Recordings, provider: Provider, run: Callable[[Provider], list[Any]]) -> list[Place]:
    """The places of ours that such calls pass, with all that happens to them until they are on the disk."""
    places: dict[Place, None] = {}
    # Twice: what is passed at the first time only belongs to the start of the app.
    for turn in (1, 2):
        places.clear()
        recordings.install(sample=all_of)
        with noting(places):
            run(provider)
            assert wait_until(partial(is_written, recordings, 8 * turn), 60)
        agentreplay.uninstall()
    return list(places)


def test_every_function_of_ours_may_fail(
    recordings: Recordings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever it is, in the app's thread or in the writer's: the app sees what it sees without us, and it counts."""
    monkeypatch.setattr("agentreplay._journal.writer.GATHER_SECONDS", 0.01)
    monkeypatch.setattr("agentreplay._journal.writer.RETRY_SECONDS", 0.01)
    undisturbed = all_calls(provider)
    places = [place for place in places_passed(recordings, provider, all_calls) if place[1] == 0]
    assert len(places) > 100
    for place in places:
        happened: list[Place] = []
        recordings.install(sample=all_of)
        with failing_at(place, happened):
            seen = all_calls(provider)
            assert wait_until(partial(bool, happened)), f"{name_of(place)} was not passed"
        assert seen == undisturbed, f"with {name_of(place)} failing the app sees something else"
        assert wait_until(lambda: agentreplay.status().faults > 0), f"that {name_of(place)} failed was not counted"
        agentreplay.uninstall()


def name_of(place: Place) -> str:
    """A place as a person would name it."""
    return f"{place[0].co_name} ({place[0].co_filename}:{place[1] or place[0].co_firstlineno})"


@pytest.mark.parametrize("step", ["begin_recording", "_installation.install", "resolve_settings"])
def test_an_app_starts_although_recording_cannot_begin(
    recordings: Recordings, openai_client: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """`install(record=...)` gives a warning where something of ours fails in it, and calls go live."""

    def failing(*_arguments: Any, **_options: Any) -> Any:
        raise Fault

    monkeypatch.setattr(f"agentreplay._install.{step}", failing)
    with pytest.warns(agentreplay.RecordingFaultWarning, match="Fault"):
        recordings.install()
    assert agentreplay.status().faults
    assert ask(openai_client, "hello").choices


def test_there_is_one_warning_and_then_a_counter(recordings: Recordings, openai_client: Any) -> None:
    """However often it fails; the warning tells what failed and where, and nothing of what a call held."""

    def session_id() -> str:
        raise ValueError("a secret of the call")

    recordings.install(session_id=session_id)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(5):
            assert ask(openai_client, "hello").choices
    (warning,) = caught
    assert warning.category is agentreplay.RecordingFaultWarning
    assert "ValueError" in str(warning.message)
    assert "secret" not in str(warning.message)
    status = agentreplay.status()
    assert (status.calls, status.faults, status.written + status.unsaved) == (5, 5, 0)
    assert status.last_fault is not None
    assert "ValueError" in status.last_fault


def test_where_warnings_are_errors_the_app_goes_on(recordings: Recordings, openai_client: Any) -> None:
    """The warning is no fault that reaches the app either."""

    def session_id() -> str:
        raise ValueError

    recordings.install(session_id=session_id)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ask(openai_client, "hello").choices
    assert agentreplay.status().faults == 1


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit])
def test_what_is_no_exception_passes(recordings: Recordings, openai_client: Any, kind: type[BaseException]) -> None:
    """An interrupt in the middle of a call of ours, or of the SDK's, is the app's: the very same object arrives."""
    raised = kind()

    def interrupted(*_arguments: Any) -> Any:
        raise raised

    recordings.install(session_id=interrupted)
    with pytest.raises(kind) as caught:
        ask(openai_client, "in ours")
    assert caught.value is raised
    recordings.install()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openai_client, "_build_request", interrupted_with(raised))
        with pytest.raises(kind) as caught:
            ask(openai_client, "in the SDK's")
    assert caught.value is raised
    assert agentreplay.status().faults == 0


def interrupted_with(error: BaseException) -> Callable[..., Any]:
    """A function that raises `error`."""

    def function(*_arguments: Any, **_options: Any) -> Any:
        raise error

    return function


def test_the_sdks_own_error_passes_though_ours_fails_on_it(
    recordings: Recordings, openai_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same object, with the context that the SDK gave it, and not raised while handling something of ours."""
    raised = RuntimeError("of the SDK")

    monkeypatch.setattr(openai_client, "_build_request", interrupted_with(raised))
    monkeypatch.setattr(
        "agentreplay.integrations._stainless.app_calls.AppCall.__exit__", interrupted_with(Fault("ours"))
    )
    recordings.install()
    with pytest.raises(RuntimeError) as caught:
        ask(openai_client, "hello")
    assert caught.value is raised
    assert raised.__context__ is None
    assert agentreplay.status().faults == 1


def test_in_a_session_faults_stay_loud(recordings: Recordings, openai_client: Any, tmp_path: Any) -> None:
    """The guard is for the app: a test that records or replays in the same process hears of every fault."""
    recordings.install()
    with pytest.MonkeyPatch.context() as patch, agentreplay.cassette("loud", directory=tmp_path, mode="record"):
        patch.setattr("agentreplay.integrations._stainless.funnel.describe", interrupted_with(Fault()))
        with pytest.raises(Fault):
            ask(openai_client, "hello")
        patch.undo()
        ask(openai_client, "hello")
