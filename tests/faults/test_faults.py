"""Faults on purpose, met by the SDKs' own clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

import agentreplay
from agentreplay import ConfigurationError, Fault, UnusedFaultsError
from demo.provider import Behaviour, Provider
from tests.conformance.app import App
from tests.faults.scene import TOOLS, Scene


async def ask(app: App) -> Any:
    """One plain question."""
    return await app.ask("What is new?")


async def ask_raw(app: App) -> Any:
    """The same by a raw call, which tells of retries; gives their number and the answer."""
    response = await app.wait(app.resource.with_raw_response.create(**app.question("What is new?")))
    return response.retries_taken, await app.wait(response.parse())


async def ask_for_stream(app: App) -> Any:
    """The same, streamed and read to its end."""
    return await app.every(await app.ask("What is new?", stream=True))


async def ask_with_tools(app: App) -> Any:
    """A question that the model answers by calling a tool."""
    return await app.ask("What is the weather like?", tools=TOOLS[app.vendor.package])


async def stream_with_tools(app: App) -> Any:
    """The same, streamed."""
    return await app.every(await app.ask("What is the weather like?", tools=TOOLS[app.vendor.package], stream=True))


async def error_of(app: App, program: Callable[[App], Any]) -> Any:
    """The SDK's error that the program ends with."""
    try:
        await program(app)
    except app.vendor.sdk.APIError as error:
        return error
    raise AssertionError("no error of the SDK was raised")


def failing(program: Callable[[App], Any]) -> Callable[[App], Any]:
    """A program that gives the error which `program` ends with."""

    async def run(app: App) -> Any:
        return await error_of(app, program)

    return run


@pytest.mark.parametrize("program", [ask, ask_for_stream], ids=["plain", "stream"])
@pytest.mark.parametrize(
    "make",
    [Fault.rate_limit, Fault.server_error, Fault.overloaded, Fault.timeout, Fault.connection_error],
    ids=lambda make: make.__name__,
)
def test_the_sdk_retries_by_itself(scene: Scene, program: Any, make: Any) -> None:
    """Two failures are retried by a client that retries twice: the program sees the recorded answer only."""
    answer = scene.record(program)
    replayed, session = scene.replay(program, make(at=1, times=2))
    assert replayed == answer
    assert session.report().replayed == 1


@pytest.mark.parametrize("times", [1, 2])
def test_retries_are_told_as_live(scene: Scene, times: int) -> None:
    """A raw response says how often the SDK tried, as with a provider that really fails."""
    scene.record(ask_raw)
    replayed, _ = scene.replay(ask_raw, Fault.rate_limit(at=1, times=times))
    live = scene.live(ask_raw, lambda provider: provider.fail(429, times=times))
    assert replayed[0] == live[0] == times


@pytest.mark.parametrize("program", [ask, ask_for_stream, ask_raw], ids=["plain", "stream", "raw"])
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.rate_limit(times=3), 429),
        (Fault.server_error(times=3), 500),
        (Fault.server_error(times=3, status=503), 503),
    ],
    ids=["rate_limit", "server_error", "503"],
)
def test_more_failures_than_retries_are_the_error_of_a_provider_that_fails(
    scene: Scene, program: Any, fault: Fault, status: int
) -> None:
    """The error has the class, status and kind of body that it has live."""
    scene.record(program)
    error, session = scene.replay(failing(program), fault)
    live = scene.live(failing(program), lambda provider: provider.fail(status, times=3))
    assert type(error) is type(live)
    assert error.status_code == live.status_code == status
    assert error.body.keys() == live.body.keys()
    assert error.request_id.startswith("req_")
    assert error.response.request.url == f"http://127.0.0.1:9{'' if scene.vendor.package == 'openai' else '/v1'}" + (
        "/chat/completions" if scene.vendor.package == "openai" else "/messages"
    )
    report = session.report()
    assert (report.failed, report.replayed) == (1, 0)


def test_an_overloaded_provider_says_so_in_its_own_way(scene: Scene) -> None:
    """Anthropic has a status of its own for it, which newer SDKs have a class for."""
    status = {"openai": 503, "anthropic": 529}[scene.vendor.package]
    scene.record(ask)
    error, _ = scene.replay(failing(ask), Fault.overloaded(times=3))
    live = scene.live(failing(ask), lambda provider: provider.fail(status, times=3))
    assert type(error) is type(live)
    assert error.status_code == status


@pytest.mark.parametrize(
    ("fault", "error_class", "cause"),
    [
        (Fault.timeout(times=3), "APITimeoutError", "ReadTimeout"),
        (Fault.connection_error(times=3), "APIConnectionError", "ConnectError"),
    ],
    ids=["timeout", "connection"],
)
def test_no_answer_at_all_is_the_sdks_connection_error(
    scene: Scene, fault: Fault, error_class: str, cause: str
) -> None:
    """Its cause is the HTTP library's own error, as live."""
    scene.record(ask)
    error, session = scene.replay(failing(ask), fault)
    assert type(error) is getattr(scene.vendor.sdk, error_class)
    assert type(error.__cause__).__name__ == cause
    (step,) = session.interactions
    assert step.metadata["fault"] == fault.kind


def test_nothing_waits_between_attempts(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK asks how long to wait, and waits no time at all, whatever the provider says."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    scene.record(ask)
    scene.replay(ask, Fault.rate_limit(times=2, retry_after=55))
    assert sum(waited) == 0


def test_what_a_rate_limit_says_can_be_chosen(scene: Scene) -> None:
    """The header and the words are what the fault says."""
    scene.record(ask)
    error, _ = scene.replay(failing(ask), Fault.rate_limit(times=3, retry_after=1.5, message="Not so fast."))
    assert error.response.headers["retry-after"] == "1.5"
    assert "Not so fast." in str(error)


def test_an_app_that_asks_again_gets_the_recorded_answer(scene: Scene) -> None:
    """A call that failed has used nothing up."""
    answer = scene.record(ask)

    async def ask_until_it_works(app: App) -> Any:
        app.client = app.client.with_options(max_retries=0)
        await error_of(app, ask)
        await error_of(app, ask)
        return await ask(app)

    replayed, session = scene.replay(ask_until_it_works, Fault.server_error(times=2))
    assert replayed == answer
    assert [step.metadata.get("fault") for step in session.interactions] == ["server_error", "server_error", None]


def test_calls_are_counted_from_one(scene: Scene) -> None:
    """`at` is the number of the call in the session."""

    async def three(app: App) -> Any:
        app.client = app.client.with_options(max_retries=0)
        seen: list[str] = []
        for text in ("one", "two", "three"):
            with suppress(app.vendor.sdk.RateLimitError):
                await app.ask(text)
                seen.append(text)
        return seen

    scene.record(three)
    assert scene.replay(three, Fault.rate_limit(at=2, times=None))[0] == ["one", "three"]
    meant = Fault.rate_limit(at=lambda request: request.body["messages"][0]["content"] == "three")
    assert scene.replay(three, [meant])[0] == ["one", "two"]
    method = Fault.rate_limit(method=f"*{scene.vendor.method.rpartition('.')[2]}", times=2)
    assert scene.replay(three, [method])[0] == ["three"]


def test_faults_come_one_after_the_other(scene: Scene) -> None:
    """Each attempt meets the first fault that is still to happen."""
    scene.record(ask)
    error, _ = scene.replay(failing(ask), [Fault.server_error(at=1), Fault.timeout(at=1), Fault.rate_limit(at=1)])
    assert isinstance(error, scene.vendor.sdk.RateLimitError)


def test_a_stream_breaks_off_as_one_of_a_provider_that_breaks_off(scene: Scene) -> None:
    """So many events arrive, then comes the error that the SDK raises live."""
    scene.record(ask_for_stream)

    async def read(app: App) -> Any:
        seen: list[Any] = []
        stream = await app.ask("What is new?", stream=True)
        try:
            async for event in app.each(stream):
                seen.append(event)
        except Exception as error:  # noqa: BLE001 (each SDK and version has its own)
            return len(seen), type(error)
        raise AssertionError("the stream came to its end")

    def cut(provider: Provider) -> None:
        provider.script(Behaviour(cut_after=3))

    live = scene.live(read, cut)
    (count, error_class), session = scene.replay(read, Fault.cut_stream(after_events=2))
    assert count == 2
    assert error_class is live[1]
    assert session.interactions[0].metadata["fault"] == "cut_stream"


@pytest.mark.parametrize("events", [0, 1, 3])
def test_so_many_events_arrive_as_are_let_through(scene: Scene, events: int) -> None:
    """What only keeps a connection alive is not counted, since the program never sees it."""
    scene.record(ask_for_stream)

    async def read(app: App) -> None:
        arriving = app.each(await app.ask("What is new?", stream=True))
        for _ in range(events):
            await anext(arriving)
        with pytest.raises(Exception, match="Connection error|peer closed"):
            await anext(arriving)

    scene.replay(read, Fault.cut_stream(events))


def arguments_of(vendor: str, answer: Any) -> Any:
    """The arguments of the one call of a tool in an answer."""
    if vendor == "openai":
        return answer.choices[0].message.tool_calls[0].function.arguments
    (block,) = (block for block in answer.content if block.type == "tool_use")
    return block.input


def test_arguments_of_tools_break_off(scene: Scene) -> None:
    """What the model calls the tool with is no JSON any more, and a beginning of what it was."""
    vendor = scene.vendor.package
    good = arguments_of(vendor, scene.record(ask_with_tools))
    answer, _ = scene.replay(ask_with_tools, Fault.malformed_tool_arguments())
    broken = arguments_of(vendor, answer)
    whole = good if vendor == "openai" else json.dumps(good)
    assert isinstance(broken, str)
    assert broken
    assert broken != whole
    assert whole.startswith(broken)
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken)


def test_streamed_arguments_of_tools_break_off(scene: Scene) -> None:
    """The pieces of a stream, joined, are no JSON any more; all other events are as recorded."""

    def pieces(events: list[Any]) -> str:
        if scene.vendor.package == "openai":
            deltas: list[Any] = [choice.delta for event in events for choice in event.choices]
            calls: list[Any] = [call for delta in deltas for call in delta.tool_calls or ()]
            return "".join(call.function.arguments or "" for call in calls)
        deltas = [event.delta for event in events if event.type == "content_block_delta"]
        return "".join(getattr(delta, "partial_json", "") for delta in deltas)

    good = scene.record(stream_with_tools)
    events, _ = scene.replay(stream_with_tools, Fault.malformed_tool_arguments())
    assert len(events) == len(good)
    json.loads(pieces(good))
    assert pieces(good).startswith(pieces(events))
    with pytest.raises(json.JSONDecodeError):
        json.loads(pieces(events))


def test_a_slow_answer_is_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The milliseconds pass before each answer, without blocking other tasks of an async program."""
    blocked: list[float] = []
    awaited: list[float] = []

    async def async_sleep(seconds: float) -> None:
        awaited.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr("agentreplay.integrations._stainless.faulty.sleep", blocked.append)
    monkeypatch.setattr("agentreplay.integrations._stainless.faulty.async_sleep", async_sleep)
    answer = scene.record(ask)
    assert scene.replay(ask, Fault.slow(ms=250))[0] == answer
    assert (awaited, blocked) == (([0.25], []) if scene.vendor.is_async else ([], [0.25]))


def test_an_answer_slower_than_the_client_waits_is_a_timeout(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits as long as it was told to, and tries again; a program without patience gets its error."""
    waited: list[float] = []

    async def async_sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("agentreplay.integrations._stainless.faulty.sleep", waited.append)
    monkeypatch.setattr("agentreplay.integrations._stainless.faulty.async_sleep", async_sleep)

    async def impatient(app: App) -> Any:
        app.client = app.client.with_options(timeout=2, max_retries=1)
        return await ask(app)

    answer = scene.record(impatient)
    error, _ = scene.replay(failing(impatient), Fault.slow(ms=3000))
    assert type(error) is scene.vendor.sdk.APITimeoutError
    assert waited == [2, 2]
    assert scene.replay(impatient, Fault.slow(ms=3000, times=1))[0] == answer


def test_a_task_that_is_cancelled_meanwhile_has_used_nothing_up(scene: Scene) -> None:
    """An app's own timeout around a slow call, and its next try, get the recorded answer."""
    answer = scene.record(ask)

    async def with_timeout(app: App) -> Any:
        if app.vendor.is_async:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(ask(app), timeout=0.01)
        return await ask(app)

    faults = Fault.slow(ms=60_000, times=1) if scene.vendor.is_async else ()
    assert scene.replay(with_timeout, faults)[0] == answer


def test_a_fault_that_never_happened_fails_the_block(scene: Scene) -> None:
    """A test of error handling in which no error happened tests nothing."""
    scene.record(ask)
    faults = [Fault.rate_limit(at=2), Fault.cut_stream(1), Fault.malformed_tool_arguments(method="x"), Fault.slow(0)]
    with pytest.raises(UnusedFaultsError) as refusal:
        scene.replay(ask, faults)
    assert refusal.value.unused == faults[:3]
    assert "Fault.rate_limit(at=2)\n  Fault.cut_stream(after_events=1)\n" in str(refusal.value)


def test_a_failing_block_is_not_told_of_faults(scene: Scene) -> None:
    """The program's own error is what is seen."""
    scene.record(ask)

    async def break_down(app: App) -> Any:
        await ask(app)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scene.replay(break_down, Fault.rate_limit(at=9))


@pytest.mark.parametrize("mode", ["record", "auto", "live"])
def test_a_session_that_asks_the_provider_has_no_faults(scene: Scene, mode: str) -> None:
    """They would be mixed with what really happens, and be recorded as if it had."""
    with pytest.raises(ConfigurationError, match="faults happen to answers of a recording"):
        scene.session(mode=mode, faults=[Fault.rate_limit()]).start()


def test_the_client_is_as_it_was(scene: Scene) -> None:
    """Nothing of the client, of its class or of its HTTP client is changed by it, not even meanwhile."""
    scene.record(ask)
    client = scene.vendor.shared()
    looked_at: list[Any] = [client, type(client), client._client]

    def held() -> list[dict[str, Any]]:
        return [dict(each.__dict__) for each in looked_at]

    before = held()
    scene.replay(ask, Fault.rate_limit(times=2))
    assert held() == before


def test_what_comes_back_belongs_to_the_apps_own_client(scene: Scene) -> None:
    """A stream that was reached by a retry holds the client that was asked, not one of ours."""

    async def stream(app: App) -> Any:
        answer = await app.ask("What is new?", stream=True)
        assert answer._client is app.client
        return await app.every(answer)

    scene.record(stream)
    scene.replay(stream, Fault.server_error())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Fault.rate_limit(at=0), "at=0: calls are counted from 1"),
        (lambda: Fault.rate_limit(times=0), "times=0"),
        (lambda: Fault.server_error(status=200), "status=200: it is 500 to 599"),
        (lambda: Fault.cut_stream(-1), "after_events=-1"),
        (lambda: Fault.slow(-5), "ms=-5"),
        (lambda: agentreplay.cassette("x", faults=["rate_limit"]), "faults='rate_limit': a fault comes from"),  # type: ignore[list-item]
        (lambda: agentreplay.cassette("x", faults=7), "faults=7"),  # type: ignore[arg-type]
    ],
    ids=["at", "times", "status", "events", "ms", "word", "number"],
)
def test_a_fault_that_cannot_be_meant_is_refused(make: Callable[[], Any], words: str) -> None:
    """The error names the argument and what it may be, where it is written."""
    with pytest.raises(ConfigurationError) as refusal:
        make()
    assert str(refusal.value).startswith(words)
