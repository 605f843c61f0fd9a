"""Who makes the calls: the SDK itself, this library, and other tools that replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import agentreplay
from agentreplay import Cassette, _clean_texts, _foresight
from benchmarks.workloads import Workload

Call = Callable[[int], None]
Session = Callable[[], AbstractContextManager[Call]]
Contender = Callable[[Workload, int, Path], Session]
"""Called with a workload, how many calls will be made of it and a folder, it records them, where it has to. It gives
what opens a replay; that gives what makes call number n."""


def sdk_alone(workload: Workload, _count: int, _folder: Path) -> Session:
    """F: the real SDK over an in-memory transport."""
    return lambda: nullcontext(workload.calls())


def by_agentreplay(workload: Workload, count: int, folder: Path) -> Session:
    """This library, replaying what its process was not asked before, as most tests do."""
    again = by_agentreplay_again(workload, count, folder)

    def session() -> AbstractContextManager[Call]:
        _foresight.forget_requests()
        _clean_texts.forget_texts()
        return again()

    return session


def by_agentreplay_again(workload: Workload, count: int, folder: Path) -> Session:
    """This library, replaying what another session of the process was asked before."""
    with agentreplay.cassette("benchmark", directory=folder, mode="record"):
        _make_all(workload.calls(), count)
    return _replaying(
        workload, lambda: agentreplay.cassette("benchmark", directory=folder, mode="replay", allow_unused=True)
    )


def by_vcrpy(workload: Workload, count: int, folder: Path) -> Session:
    """vcrpy, replaying, told to compare bodies (which it does not do by itself)."""
    vcr: Any = import_module("vcr")
    path = str(folder / "vcr.yaml")
    match = ["method", "uri", "body"]
    with vcr.use_cassette(path, record_mode="all", match_on=match):
        _make_all(workload.calls(), count)
    return _replaying(workload, lambda: vcr.use_cassette(path, record_mode="none", match_on=match))


def by_pytest_recording(workload: Workload, count: int, folder: Path) -> Session:
    """pytest-recording, replaying: a plugin that opens vcrpy's cassette for a test, here without the test."""
    use: Any = import_module("pytest_recording._vcr").use_cassette
    rules = {"match_on": ["method", "uri", "body"]}
    with use("recorded.yaml", str(folder), "all", [], rules, _NoConfig()):
        _make_all(workload.calls(), count)
    return _replaying(workload, lambda: use("recorded.yaml", str(folder), "none", [], rules, _NoConfig()))


class _NoConfig:
    """Stands for pytest's configuration, which is asked for plugins that want to change a cassette."""

    class hook:  # noqa: N801 (pytest's own name)
        @staticmethod
        def pytest_recording_configure(**_: Any) -> None:
            """Nothing is changed."""


def by_cassetter(workload: Workload, count: int, folder: Path) -> Session:
    """cassetter, replaying, told to compare bodies."""
    cassetter: Any = import_module("cassetter")
    path = str(folder / "cassetter.yaml")
    match = ["method", "uri", "body"]
    with cassetter.use_cassette(path, record_mode="all", match_on=match):
        _make_all(workload.calls(), count)
    return _replaying(workload, lambda: cassetter.use_cassette(path, record_mode="none", match_on=match))


def by_checkagent(workload: Workload, count: int, _folder: Path) -> Session:
    """Checkagent's engine alone: it finds the recorded answer, and makes nothing of it that an SDK would give."""
    replay: Any = import_module("checkagent.replay.engine")
    data: Any = import_module("checkagent.replay.cassette")
    answer = _json_of(workload)
    recorded = [
        data.Interaction(
            request=data.RecordedRequest(kind="llm", method="create", body=workload.body(number)),
            response=data.RecordedResponse(body=answer),
        )
        for number in range(count * workload.units)
    ]

    def session() -> AbstractContextManager[Call]:
        engine = replay.ReplayEngine(data.Cassette(interactions=recorded))

        def call(number: int) -> None:
            for one in range(number * workload.units, (number + 1) * workload.units):
                engine.match(data.RecordedRequest(kind="llm", method="create", body=workload.body(one)))

        return nullcontext(call)

    return session


def parse_only(workload: Workload, _count: int, _folder: Path) -> Session:
    """A limit: nothing but the JSON of the answer is parsed."""
    answer = workload.answer()
    texts = [answer] if isinstance(answer, bytes) else [json.dumps(answer).encode()]
    if isinstance(answer, bytes):
        lines = (line.removeprefix(b"data: ") for line in answer.split(b"\n"))
        texts = [line for line in lines if line.startswith(b"{")]

    def call(number: int) -> None:
        for one in range(workload.units):
            workload.body(number * workload.units + one)
            for text in texts:
                json.loads(text)

    return lambda: nullcontext(call)


def key_and_answer(workload: Workload, count: int, folder: Path) -> Session:
    """A limit: the key of the request, its look-up, and pydantic's own validation of the answer. No session, no SDK."""
    with agentreplay.cassette("limit", directory=folder, mode="record"):
        _make_all(workload.calls(), count)
    (path,) = (folder / "limit").glob("*.json")
    known = Cassette.load(path)
    by_key = {item.request.key(): item.response for item in known.interactions}
    request = known.interactions[0].request
    adapter = _adapter(workload)

    def call(number: int) -> None:
        for one in range(number * workload.units, (number + 1) * workload.units):
            asked = request.model_copy(update={"body": workload.body(one)})
            response = by_key[asked.key()]
            for data in [response.body] if response.events is None else [event.data for event in response.events]:
                if data is not None:
                    adapter.validate_python(data)

    return lambda: nullcontext(call)


def _adapter(workload: Workload) -> Any:
    from pydantic import TypeAdapter

    if workload.vendor == "anthropic":
        from anthropic.types import Message, RawMessageStreamEvent

        return TypeAdapter[Any](RawMessageStreamEvent if workload.streamed else Message)
    from openai.types.chat import ChatCompletion, ChatCompletionChunk

    return TypeAdapter[Any](ChatCompletionChunk if workload.streamed else ChatCompletion)


def _json_of(workload: Workload) -> Any:
    answer = workload.answer()
    return answer.decode() if isinstance(answer, bytes) else answer


def _replaying(workload: Workload, opened: Callable[[], AbstractContextManager[Any]]) -> Session:
    """Calls that no server answers, in what is `opened`."""

    @contextmanager
    def session() -> Iterator[Call]:
        with opened():
            yield workload.calls(live=False)

    return session


def _make_all(call: Call, count: int) -> None:
    for number in range(count):
        call(number)


CONTENDERS: Final[dict[str, Contender]] = {
    "SDK alone (F)": sdk_alone,
    "agentreplay": by_agentreplay,
    "agentreplay, asked again": by_agentreplay_again,
    "vcrpy": by_vcrpy,
    "pytest-recording": by_pytest_recording,
    "cassetter": by_cassetter,
    "checkagent (engine)": by_checkagent,
    "limit: key, look-up, validation": key_and_answer,
    "limit: parsing": parse_only,
}
