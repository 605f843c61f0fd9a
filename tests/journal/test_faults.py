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


SECRET = "password='hunter2hunter2'"


class App:
    """An app with a client of each sort, which it goes on using; `calls` is what it sees of calls."""

    def __init__(self, provider: Provider) -> None:
        import openai

        self._provider = provider
        self._loop = asyncio.new_event_loop()
        options: dict[str, Any] = {"base_url": provider.openai_url, "api_key": "sk-test", "max_retries": 0}
        self._client = openai.OpenAI(**options, timeout=10)
        self._async_client = openai.AsyncOpenAI(**options)

    def close(self) -> None:
        self._client.close()
        self._loop.run_until_complete(self._async_client.close())
        self._loop.close()

    def plain_calls(self) -> list[Any]:
        """Calls that go well, plain and streamed, without a secret and with one, and a call that does not."""
        self._begin()
        return self._plain_calls()

    def calls(self) -> list[Any]:
        """The same of both clients."""
        seen = self.plain_calls()
        self._begin()
        return [*seen, *self._loop.run_until_complete(self._async_calls())]

    def _begin(self) -> None:
        self._provider.forget()
        self._provider.script(Behaviour(status=400, message="no"), path="/models")

    def _plain_calls(self) -> list[Any]:
        import openai

        client = self._client
        seen: list[Any] = [ask(client, "plain").to_dict()]
        seen += [chunk.to_dict() for chunk in ask(client, "stream", stream=True)]
        with ask(client, SECRET, stream=True) as stream:
            seen.append(next(iter(stream)).to_dict())
        try:
            client.models.list()
        except openai.APIStatusError as error:
            seen.append(_sight(error))
        return seen

    async def _async_calls(self) -> list[Any]:
        import openai

        client = self._async_client
        seen: list[Any] = [(await ask(client, "plain")).to_dict()]
        seen += [chunk.to_dict() async for chunk in await ask(client, "stream", stream=True)]
        async with await ask(client, SECRET, stream=True) as stream:
            seen.append((await stream.__anext__()).to_dict())
        try:
            await client.models.list()
        except openai.APIStatusError as error:
            seen.append(_sight(error))
        return seen


@pytest.fixture
def app(provider: Provider) -> Generator[App]:
    """The app, whose provider is there."""
    running = App(provider)
    yield running
    running.close()


def _sight(error: Any) -> Any:
    """All that an app can see of an SDK's error."""
    return type(error), error.status_code, str(error), error.__cause__, type(error.__context__), error.body


def is_written(recordings: Recordings, calls: int) -> bool:
    """Whether so many calls are on the disk; told without the help of what is tested."""
    return sum(path.read_bytes().count(b"\n") - 1 for path in recordings.path.rglob("*.jsonl")) >= calls


def all_of(_session: str) -> bool:
    """A sample of everything."""
    return True


def places_passed(recordings: Recordings, app: App) -> dict[Place, set[str]]:
    """The places of ours that such calls pass until they are on the disk, and in which threads they do."""
    places: dict[Place, set[str]] = {}
    # Twice: what is passed at the first time only belongs to the start of the app.
    for turn in (1, 2):
        places.clear()
        recordings.install(sample=all_of)
        with noting(places):
            app.calls()
            assert wait_until(partial(is_written, recordings, 8 * turn), 60)
        agentreplay.uninstall()
    return places


def test_every_function_of_ours_may_fail(recordings: Recordings, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever it is, in the app's thread or in the writer's: the app sees what it sees without us, and it counts."""
    monkeypatch.setattr("agentreplay._journal.writer.GATHER_SECONDS", 0.01)
    monkeypatch.setattr("agentreplay._journal.writer.RETRY_SECONDS", 0.01)
    undisturbed, undisturbed_plain = app.calls(), app.plain_calls()
    passed = {place: threads for place, threads in places_passed(recordings, app).items() if place[1] == 0}
    assert len(passed) > 130
    for place, threads in passed.items():
        # To the writer's thread all calls are the same.
        is_writers = threads == {"agentreplay-journal"}
        happened: list[Place] = []
        recordings.install(sample=all_of)
        with failing_at(place, happened, new_threads_only=is_writers):
            seen = app.plain_calls() if is_writers else app.calls()
            assert wait_until(partial(bool, happened)), f"{name_of(place)} was not passed"
        expected = undisturbed_plain if is_writers else undisturbed
        assert seen == expected, f"with {name_of(place)} failing the app sees something else"
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
        patch.setattr("agentreplay.integrations._stainless.live.note_bytes", interrupted_with(Fault()))
        with pytest.raises(Fault):
            ask(openai_client, "hello")
        patch.undo()
        ask(openai_client, "hello")
