"""What recording adds to a call in a session, with redaction and apart from it, and what a hook costs that passes on.

    python -m benchmarks.recording

The provider is an in-memory transport; times are the processor's, of turns with and without a session that take turns.
The end of a session, where its calls are read and redacted and its file is written, is told apart; so is what the app
waits for in each call, since that is little beside the time of the SDK.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import agentreplay
from agentreplay._redaction import Redactor
from agentreplay._streams import Passed, tee

_WORDS: Final = "The quick brown fox jumps over the lazy dog near the river bank. "
_CHUNKS: Final = 200
_REPEATS: Final = 15


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=40, help="calls of each turn (default: 40)")
    options = parser.parse_args()
    with in_memory_client() as client:
        numbers = iter(range(1 << 30))

        def ask(kilobytes: int = 0, *, stream: bool = False) -> None:
            text = f"{next(numbers)} {_WORDS * (kilobytes * 1024 // len(_WORDS) + 1)}"
            answer = client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": text}], stream=stream
            )
            if stream:
                for _ in answer:
                    pass

        calls: dict[str, tuple[Callable[[], None], int, float, str]] = {
            "short call": (ask, options.calls, 1, "call"),
            "call with 8 KB": (lambda: ask(8), options.calls, 1, "call"),
            "stream": (lambda: ask(stream=True), max(1, options.calls // 20), _CHUNKS, "chunk"),
        }
        for name, (call, count, parts, part) in calls.items():
            print_session(name, call, count, parts, part)
        print_noting(client)
        print_chunks()
        print_hooks(client)


def print_session(name: str, call: Callable[[], None], count: int, parts: float, part: str) -> None:
    """What a session in record mode adds to `count` calls, each of which has so many `parts`."""
    turns: dict[str, list[float]] = {"plain": [], "recorded": [], "redacted": [], "file": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(_REPEATS):
            turns["plain"].append(per_call(call, count))
            with without_redaction(), agentreplay.cassette("unredacted", directory=Path(folder), mode="record"):
                turns["recorded"].append(per_call(call, count))
            session = agentreplay.cassette("redacted", directory=Path(folder), mode="record")
            with session:
                turns["redacted"].append(per_call(call, count))
                began = time.thread_time()
            turns["file"].append((time.thread_time() - began) / count)
    plain, recorded, redacted, file = (1e6 * statistics.median(each) / parts for each in turns.values())
    print(
        f"{name}: {plain:.1f} us a {part} plain; recording adds {recorded - plain:+.2f} us apart from redaction, which "
        f"adds {redacted - recorded:+.2f} us; reading, redacting and writing at the end take {file:.2f} us a {part}"
    )


def per_call(call: Callable[[], None], count: int) -> float:
    """Seconds of the processor for a call."""
    for _ in range(2):
        call()
    began = time.thread_time()
    for _ in range(count):
        call()
    return (time.thread_time() - began) / count


def print_noting(client: Any) -> None:
    """What the app waits for in a session in record mode: the SDK, which does nothing here, is left out."""
    from openai._base_client import SyncAPIClient
    from openai._models import FinalRequestOptions

    response = client._client.post(
        "http://provider/v1/chat/completions",
        json={"model": "gpt-4o", "messages": [{"role": "user", "content": _WORDS}]},
    )
    body = json.loads(response.request.content)
    options = FinalRequestOptions.construct(method="post", url="/chat/completions", json_data=body)

    def request(itself: Any, _cast_to: Any, _options: Any, **_more: Any) -> Any:
        return itself._process_response(response=response, stream=False)

    def parse(_client: Any, **_options: Any) -> None:
        return None

    with mock.patch.multiple(SyncAPIClient, request=request, _process_response=parse):

        def call() -> Any:
            return client.request(dict, options, stream=False, stream_cls=None)

        bare = microseconds(call, 100)
        with tempfile.TemporaryDirectory() as folder:
            session = agentreplay.cassette("noted", directory=Path(folder), mode="record")
            with session:
                noted = microseconds(call, 100)
                began = time.thread_time()
                calls = len(session.interactions)
                read = 1e6 * (time.thread_time() - began) / calls
    print(
        f"a call that is only noted, without the SDK: {noted - bare:+.2f} us; reading and redacting it: {read:.2f} us"
    )


def print_chunks() -> None:
    """What a chunk of a stream costs more than it does without recording."""
    import httpx2

    chunks = [b"data: {}\n\n"] * 1000

    class Chunks(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from chunks

    def plain() -> None:
        for _ in Chunks():
            pass

    def watched() -> None:
        for _ in tee(httpx2, Chunks(), Passed(0.0, lambda _: None)):
            pass

    print(f"a chunk that is noted: {(microseconds(watched, 20) - microseconds(plain, 20)) / len(chunks):+.3f} us")


def print_hooks(client: Any) -> None:
    """What a wrapped method costs where no session is open and nothing is recorded."""
    from openai._base_client import SyncAPIClient

    def request(_client: Any, _cast_to: Any, _options: Any, **_more: Any) -> None:
        return None

    def parse(_client: Any, **_options: Any) -> None:
        return None

    with mock.patch.multiple(SyncAPIClient, request=request, _process_response=parse):
        uses: dict[str, Callable[[], Any]] = {
            "request": lambda: client.request(dict, None, stream=False, stream_cls=None),
            "_process_response": lambda: client._process_response(response=None, stream=False),
            "create (looked up)": lambda: client.chat.completions.create,
        }
        bare = {name: microseconds(use) for name, use in uses.items()}
        agentreplay.install()
        for name, use in uses.items():
            print(f"hook on {name}: {microseconds(use) - bare[name]:+.2f} us with nothing active")
        agentreplay.uninstall()


def microseconds(use: Callable[[], Any], number: int = 5000) -> float:
    """The least time of `use`."""
    return min(timeit.repeat(use, number=number, repeat=9)) / number * 1e6


@contextmanager
def without_redaction() -> Iterator[None]:
    """Let nothing be looked for, and so nothing found."""

    def same(_redactor: Redactor, value: Any) -> Any:
        return value

    def nothing_found(_redactor: Redactor, *_values: Any) -> bool:
        return True

    told: dict[str, Any] = dict.fromkeys(("finds_nothing", "bodies_are_clean", "events_are_clean"), nothing_found)
    with mock.patch.multiple(Redactor, redact=same, redact_events=same, **told):
        yield


@contextmanager
def in_memory_client() -> Iterator[Any]:
    """OpenAI's client over a transport that answers at once."""
    import httpx2
    import openai

    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225600, "model": "gpt-4o"}
    words = (_WORDS * 20).split()[:_CHUNKS]
    chunks = [{**head, "choices": [{"index": 0, "delta": {"content": f"{word} "}}]} for word in words]
    events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"]
    message = {"role": "assistant", "content": _WORDS * 10}
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    body = {
        **head,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }

    class Events(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from events

    def answer(request: Any) -> Any:
        if json.loads(request.content).get("stream"):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Events())
        return httpx2.Response(200, json=body)

    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    with openai.OpenAI(api_key="sk-benchmark", base_url="http://provider/v1", http_client=transport) as client:
        yield client


if __name__ == "__main__":
    main()
