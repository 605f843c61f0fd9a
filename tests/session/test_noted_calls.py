"""Calls of sessions that record: noted while the app waits, and read once somebody asks for them."""

from __future__ import annotations

import inspect
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import pytest

import agentreplay
from agentreplay._cassette import Cassette
from agentreplay._decisions import Live
from agentreplay._engine import CallEngine
from agentreplay._errors import NotJSONError
from agentreplay._noted import NotedCall, NotedCalls, Told
from agentreplay._recorded import RecordedRequest, RecordedResponse
from agentreplay._redaction import Redactor
from tests.conformance.http_clients import own_library
from tests.conformance.vendors import VENDORS, Vendor

KEY: Final = "sk-proj-Zx81Qm72Lp45Tn90Ws36Rb58"
OTHER_KEY: Final = "ghp_Zx81Qm72Lp45Tn90Ws36Rb58Vd27Kc14Yh09"
EVENTS: Final = "text/event-stream"

vendors = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


@dataclass
class Answer:
    """What the provider answers: a body in pieces, or an error where the connection fails."""

    body: bytes = b'{"id": "x", "choices": [], "content": []}'
    content_type: str = "application/json"
    status: int = 200
    piece: int = 1 << 20
    headers: dict[str, str] = field(default_factory=dict[str, str])
    drop: bool = False

    def response(self, library: Any, request: Any) -> Any:
        if self.drop:
            raise library.ConnectError("refused", request=request)
        pieces = [self.body[start : start + self.piece] for start in range(0, len(self.body), self.piece)]

        class Pieces(library.SyncByteStream, library.AsyncByteStream):  # type: ignore[misc]
            def __iter__(self) -> Iterator[bytes]:
                yield from pieces

            async def __aiter__(self) -> AsyncIterator[bytes]:
                for piece in pieces:
                    yield piece

        headers = {"content-type": self.content_type, "x-request-id": "req_1", **self.headers}
        return library.Response(self.status, headers=headers, stream=Pieces(), request=request)


def client_of(vendor: Vendor, *answers: Answer, **options: Any) -> Any:
    """A client to which the provider answers so, the last of these answers again and again."""
    library = own_library(vendor)
    coming = list(answers or [Answer()])

    def answer(request: Any) -> Any:
        return (coming.pop(0) if len(coming) > 1 else coming[0]).response(library, request)

    async def async_answer(request: Any) -> Any:
        return answer(request)

    http = library.AsyncClient if vendor.is_async else library.Client
    transport = http(transport=library.MockTransport(async_answer if vendor.is_async else answer))
    arguments: dict[str, Any] = {
        "api_key": KEY,
        "base_url": "http://provider",
        "http_client": transport,
        "max_retries": 0,
        **options,
    }
    return vendor.new_client(**arguments)


def ask(vendor: Vendor, client: Any, *, leave_after: int | None = None, **arguments: Any) -> None:
    """Ask, and read what comes: of a stream at most so many events."""

    async def program() -> None:
        arguments.setdefault("messages", [{"role": "user", "content": "Hello"}])
        answer = vendor.resource(client).create(**{**dict(vendor.arguments), **arguments})
        answer = await answer if inspect.isawaitable(answer) else answer
        if not arguments.get("stream"):
            return
        seen = 0
        if vendor.is_async:
            async for _ in answer:
                seen += 1
                if seen == leave_after:
                    break
            await answer.close()
        else:
            for _ in answer:
                seen += 1
                if seen == leave_after:
                    break
            answer.close()

    vendor.run(program())


def stream_of(*texts: str, **answer: Any) -> Answer:
    """A stream that says these texts; both SDKs read its events, each those that it knows."""
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return Answer(f"{events}data: [DONE]\n\n".encode(), EVENTS, **answer)


def messages(*texts: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text} for text in texts]


PROGRAMS: Final[dict[str, list[tuple[Answer, dict[str, Any]]]]] = {
    "plain": [(Answer(), {}), (Answer(), {"messages": messages("again")})],
    "equal calls": [(Answer(), {}), (Answer(b'{"id": "y", "choices": []}'), {})],
    "odd texts": [(Answer(), {"messages": messages('"\\\u2028\u00e9\U0001f600\x7f', "\\u0041 \\n /")})],
    "odd numbers": [
        (Answer(b'{"a": 1e5, "b": -0.0, "c": 12345678901234567890}'), {"extra_body": {"x": 1e-7, "y": 2**60}})
    ],
    "odd names": [(Answer(), {"extra_body": {"map": {True: 1, None: 2, 3: 4, 0.5: 5}}})],
    "secret asked": [(Answer(), {"messages": messages(f"my key is {KEY}", "and", OTHER_KEY)}), (Answer(), {})],
    "secret answered": [(Answer(json.dumps({"id": "x", "choices": [], "text": OTHER_KEY}).encode()), {})],
    "secrets in order": [
        (Answer(json.dumps({"text": KEY}).encode()), {"messages": messages(OTHER_KEY)}),
        (Answer(), {"messages": messages("clean")}),
        (Answer(json.dumps({"text": OTHER_KEY}).encode()), {"messages": messages(KEY, OTHER_KEY)}),
    ],
    "secret under a name": [(Answer(), {"extra_body": {"password": "Hunter2-and-more"}})],
    "escaped secret": [(Answer(), {"messages": messages(json.dumps({"k": json.dumps(OTHER_KEY)}))})],
    "stream": [(stream_of("Hel", "lo"), {"stream": True})],
    "stream in pieces": [(stream_of("Hel", "lö", piece=7), {"stream": True})],
    "stream with a secret": [(stream_of("key: ", OTHER_KEY[:9], OTHER_KEY[9:], piece=31), {"stream": True})],
    "stream left": [(stream_of("a", "b", "c", "d", piece=11), {"stream": True, "leave_after": 2})],
    "stream cut": [(Answer(b'data: {"id": "c", "choices"', EVENTS), {"stream": True})],
    "no stream": [(Answer(b"plain words", "text/plain"), {})],
    "bytes": [(Answer(b"\xff\xfe\x00", "application/octet-stream"), {})],
    "nothing": [(Answer(b""), {})],
    "twice a name": [(Answer(b'{"id": "x", "id": "y"}'), {})],
    "lone surrogate": [(Answer(b'{"id": "\\ud83d"}'), {"messages": messages("half of an emoji")})],
    "laid out": [(Answer(b'{\n  "id": "x",\n  "choices": []\n}\n'), {})],
    "refused": [(Answer(b'{"error": {"message": "no"}}', status=400), {}), (Answer(), {})],
    "refused with a secret": [(Answer(json.dumps({"error": {"message": f"bad key {KEY}"}}).encode(), status=401), {})],
    "no connection": [(Answer(drop=True), {"messages": messages("are you there?")}), (Answer(), {})],
    "redirected": [(Answer(b"", status=307, headers={"location": "http://provider/other"}), {})],
    "long conversation": [
        (Answer(), {"messages": messages(*(f"{n}" for n in range(length)))}) for length in (31, 33, 35)
    ],
    "not sent": [(Answer(), {"messages": [{"role": "user", "content": b"bytes"}]}), (Answer(), {})],
}


def recorded(
    vendor: Vendor, folder: Path, program: list[tuple[Answer, dict[str, Any]]], *, at_once: bool = False
) -> tuple[bytes, list[Any]]:
    """The file of a session in which the program runs, and what became of each call.

    With `at_once` it is taken that what is asked decides, so that each call is read before it is sent.
    """
    became: list[Any] = []
    with agentreplay.cassette("calls", directory=folder, mode="record") as session:
        cast("CallEngine", session._engine).records_all = not at_once
        for answer, arguments in program:
            try:
                ask(vendor, client_of(vendor, answer), **arguments)
                became.append("answered")
            except Exception as error:  # noqa: BLE001, PERF203 (the two ways are compared)
                became.append((type(error).__name__, str(error)))
        became.append(cast("CallEngine", session._engine).counts.recorded)
    path = session.path
    assert path is not None
    return path.name.encode() + path.read_bytes(), became


def test_what_is_asked_decides_nothing_in_a_session_that_records(tmp_path: Path) -> None:
    """It does where there is a recording, or a rule of the user's own that may have something against it."""
    with agentreplay.cassette("all", directory=tmp_path, mode="extend") as session:
        assert cast("CallEngine", session._engine).records_all
        ask(VENDORS[0], client_of(VENDORS[0]))
    with agentreplay.cassette("all", directory=tmp_path, mode="extend") as session:
        assert not cast("CallEngine", session._engine).records_all
        ask(VENDORS[0], client_of(VENDORS[0]))
    with agentreplay.cassette("ruled", directory=tmp_path, mode="record", redact=str.strip) as session:
        assert not cast("CallEngine", session._engine).records_all
        ask(VENDORS[0], client_of(VENDORS[0]))


@vendors
@pytest.mark.parametrize("name", PROGRAMS)
def test_calls_read_later_are_the_calls_read_at_once(
    vendor: Vendor, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is the same byte for byte, and the app gets the same answers and errors."""
    monkeypatch.setattr(time, "perf_counter", lambda: 7.0)
    later = recorded(vendor, tmp_path / "later", PROGRAMS[name])
    now = recorded(vendor, tmp_path / "now", PROGRAMS[name], at_once=True)
    assert _without_date(later[0]) == _without_date(now[0])
    assert later[1] == now[1]
    assert KEY.encode() not in later[0]
    assert OTHER_KEY.encode() not in later[0]


def _without_date(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if b'"recorded_at"' not in line]


@vendors
@pytest.mark.parametrize("stream", [False, True])
def test_while_the_app_waits_nothing_is_read_and_nothing_searched(
    vendor: Vendor, stream: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of that is done once somebody asks what was recorded."""
    done: list[str] = []

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            return function(*args, **kwargs)

        return noted

    from agentreplay.integrations._stainless import requests, responses

    places: list[tuple[Any, str]] = [
        (Redactor, "redact"),
        (Redactor, "redact_events"),
        (Redactor, "bodies_are_clean"),
        (requests, "json_value"),
        (requests, "body_of_content"),
        (responses, "record"),
        (RecordedRequest, "key"),
    ]
    client = client_of(vendor, stream_of("Hel", "lo") if stream else Answer())
    more = {"stream": True} if stream else {}
    with agentreplay.cassette("waits", directory=tmp_path, mode="record") as session:
        # What stands before the body is found out with the first call of a process.
        ask(vendor, client, **more)
        for place, name in places:
            monkeypatch.setattr(place, name, noting(name, getattr(place, name)))
        ask(vendor, client, **more)
        assert done == []
        assert cast("CallEngine", session._engine).counts.recorded == 2
        _, interaction = session.interactions
        assert {"bodies_are_clean", "record"} <= {*done}
    assert interaction.request.body["messages"] == messages("Hello")
    assert len(agentreplay.Cassette.load(session.path or "").interactions) == 2


@vendors
@pytest.mark.parametrize("count", [1, 40])
def test_what_the_app_does_to_its_arguments_later_changes_no_recording(
    vendor: Vendor, count: int, tmp_path: Path
) -> None:
    """What was sent is what is recorded, also where the app goes on with the same list and the same objects."""
    conversation = messages(*("Hello" for _ in range(count)))
    conversation[0]["content"] = parts = [{"type": "text", "text": "first"}]
    extra: dict[str, Any] = {"beside": {"deep": [1]}}
    with agentreplay.cassette("changed", directory=tmp_path, mode="record") as session:
        ask(vendor, client_of(vendor), messages=conversation, extra_body=extra)
        parts[0]["text"] = "changed"
        parts.clear()
        conversation.append({"role": "user", "content": "more"})
        extra["beside"]["deep"].append(2)
        extra["new"] = True
    (interaction,) = session.interactions
    body = interaction.request.body
    assert len(body["messages"]) == count
    assert body["messages"][0]["content"] == [{"type": "text", "text": "first"}]
    assert body["beside"] == {"deep": [1]}
    assert "new" not in body


def test_what_waits_is_read_when_it_has_grown_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: bytes in which a conversation repeats itself are not kept for long."""
    monkeypatch.setattr("agentreplay._noted.MOST_BYTES", 50_000)
    waiting: list[int] = []
    with agentreplay.cassette("bounded", directory=tmp_path, mode="record") as session:
        engine = cast("CallEngine", session._engine)
        client = client_of(VENDORS[0])
        for number in range(40):
            ask(VENDORS[0], client, messages=messages(str(number), "x" * 3000))
            waiting.append(engine._noted.bytes)
        assert 10_000 < max(waiting) <= 50_000
        assert sum(size == 0 for size in waiting) >= 2
        assert len(engine._calls) >= 25
    assert [item.request.body["messages"][0]["content"] for item in session.interactions] == [*map(str, range(40))]


def test_a_conversation_is_held_once(tmp_path: Path) -> None:
    """The turns of a long conversation are shared in memory as they are made, and no bytes of them wait."""
    with agentreplay.cassette("long", directory=tmp_path, mode="record") as session:
        engine = cast("CallEngine", session._engine)
        said = messages(*(f"turn {number} {'x' * 2000}" for number in range(60)))
        client = client_of(VENDORS[0])
        for length in range(40, 60):
            ask(VENDORS[0], client, messages=said[:length])
        assert engine._noted.bytes < 20 * 4096
    held = [item.request._body()["messages"] for item in session.interactions]
    assert all(each[0] is held[0][0] for each in held)


def test_a_session_whose_block_fails_still_tells_its_calls(tmp_path: Path) -> None:
    """What was noted before is read, and no file is written."""
    session = agentreplay.cassette("failed", directory=tmp_path, mode="record")
    with suppress(ZeroDivisionError), session:
        ask(VENDORS[0], client_of(VENDORS[0]), messages=messages("before"))
        raise ZeroDivisionError
    assert [item.request.body["messages"] for item in session.interactions] == [messages("before")]
    assert [*tmp_path.rglob("*.json")] == []


def test_calls_of_threads_are_all_recorded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while other threads look at what is recorded so far, and while what waits is read."""
    monkeypatch.setattr("agentreplay._noted.MOST_BYTES", 20_000)
    seen: list[int] = []

    def work(worker: int) -> None:
        client = client_of(VENDORS[0])
        for number in range(10):
            ask(VENDORS[0], client, messages=messages(f"{worker}/{number}"))
            seen.append(len(session.interactions))

    with agentreplay.cassette("threads", directory=tmp_path, mode="record") as session:
        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    asked = [item.request.body["messages"][0]["content"] for item in session.interactions]
    assert sorted(asked) == sorted(f"{worker}/{number}" for worker in range(4) for number in range(10))
    assert [item.sequence for item in session.interactions] == [*range(40)]


def test_an_argument_that_is_no_json_is_refused_as_ever(tmp_path: Path) -> None:
    """The error names it, and the call that was never sent leaves no trace."""
    with agentreplay.cassette("refused", directory=tmp_path, mode="record") as session:
        with pytest.raises(NotJSONError, match="object"):
            ask(VENDORS[0], client_of(VENDORS[0]), extra_body={"what": object()})
        ask(VENDORS[0], client_of(VENDORS[0]))
    assert len(session.interactions) == 1


class Unreadable:
    """A call that cannot be read."""

    size = 10

    def tell(self) -> Told:
        raise ValueError("no call")


class Readable:
    """A call that can."""

    size = 10

    def tell(self) -> Told:
        return Told(RecordedRequest(kind="llm"), RecordedResponse(), None)


def test_one_call_that_cannot_be_read_costs_no_other() -> None:
    """What it raises comes out once the others are read, and it counts as one that never got its answer."""
    read: list[int] = []
    given_up: list[int] = []
    noted = NotedCalls(
        Redactor(environment={}),
        lambda waiting, _told, _clean: read.append(waiting.call.position),
        lambda call: given_up.append(call.position),
    )
    calls: list[NotedCall] = [Readable(), Unreadable(), Readable(), Unreadable()]
    for position, call in enumerate(calls):
        noted.put(Live(position, "create"), call, {})
    with pytest.raises(ValueError, match="no call"):
        noted.read()
    assert read == [0, 2]
    assert given_up == [1, 3]
    noted.read()
    assert noted.bytes == 0


@pytest.mark.parametrize("texts", [("clean",), ("clean", OTHER_KEY)])
def test_calls_that_nobody_has_seen_are_searched_for_secrets_once(
    texts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are written as they were read."""

    def searched(*_: Any) -> Any:
        raise AssertionError("searched once more")

    monkeypatch.setattr(Cassette, "without_secrets", searched)
    with agentreplay.cassette("unseen", directory=tmp_path, mode="record") as session:
        ask(VENDORS[0], client_of(VENDORS[0], stream_of("Hel", "lo")), messages=messages(*texts), stream=True)
    assert OTHER_KEY not in (session.path or tmp_path).read_text()
    assert len(Cassette.load(session.path or "").interactions) == 1


def change_interaction(session: agentreplay.Session) -> None:
    session.interactions[0].request.body["messages"][0]["content"] = OTHER_KEY


def change_cassette(session: agentreplay.Session) -> None:
    session.cassette.interactions[0].metadata["key"] = OTHER_KEY


def learn(session: agentreplay.Session) -> None:
    assert len(session.interactions[0].request.body["messages"]) == 1
    ask(VENDORS[0], client_of(VENDORS[0], api_key="my-own-token-of-words"))


@pytest.mark.parametrize("look", [change_interaction, change_cassette, learn])
def test_calls_that_somebody_has_seen_are_searched_as_they_are_written(
    look: Callable[[agentreplay.Session], None], tmp_path: Path
) -> None:
    """A program may put a secret into what it is shown, and a later call may tell what is one."""
    with agentreplay.cassette("seen", directory=tmp_path, mode="record") as session:
        ask(VENDORS[0], client_of(VENDORS[0]), messages=messages("say my-own-token-of-words"))
        look(session)
    text = (session.path or tmp_path).read_text()
    assert "[REDACTED:" in text
    assert OTHER_KEY not in text
    assert look is not learn or "my-own-token-of-words" not in text


def test_a_secret_that_a_later_call_tells_is_taken_out_of_the_earlier_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also out of those that were read before it was known."""
    monkeypatch.setattr("agentreplay._noted.MOST_BYTES", 10)
    with agentreplay.cassette("told", directory=tmp_path, mode="record") as session:
        ask(VENDORS[0], client_of(VENDORS[0]), messages=messages("say my-own-token-of-words"))
        ask(VENDORS[0], client_of(VENDORS[0], api_key="my-own-token-of-words"))
    assert "my-own-token-of-words" not in (session.path or tmp_path).read_text()


def test_an_answer_with_a_number_that_no_reader_takes_is_kept_as_its_text(tmp_path: Path) -> None:
    """A number too large for a double is no JSON that could be read again."""
    with agentreplay.cassette("large", directory=tmp_path, mode="record") as session:
        ask(VENDORS[0], client_of(VENDORS[0], Answer(b'{"id": "x", "choices": [], "number": 1e999}')))
    assert agentreplay.Cassette.load(session.path or "").interactions[0].response.encoding == "text"
