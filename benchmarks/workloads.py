"""The calls that are measured, as the SDKs' users write them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import anthropic
import httpx2
import openai

from benchmarks import payloads

_KEY: Final = "sk-benchmark-0000000000000000000000"


@dataclass(frozen=True)
class Workload:
    """One sort of call: `body` is what call number n sends, `answer` what a server answers, `units` the calls in one.

    `target` is what a replay may cost at most, in costs of the SDK over an in-memory transport.
    """

    name: str
    target: float
    body: Callable[[int], dict[str, Any]]
    answer: Callable[[], bytes | dict[str, Any]]
    vendor: str = "openai"
    streamed: bool = False
    units: int = 1
    slow: bool = False

    def calls(self, *, live: bool = True) -> Callable[[int], None]:
        """Makes call number n. The transport answers in memory; without `live`, it refuses."""
        if self.units > 1:
            return self._gathered(live)
        client = self.client(live=live)
        create = client.messages.create if self.vendor == "anthropic" else client.chat.completions.create

        def call(number: int) -> None:
            answer = create(**self.body(number))
            if self.streamed:
                for _ in answer:
                    pass

        return call

    def client(self, *, live: bool = True) -> Any:
        """The SDK's client for these calls."""
        http_client = httpx2.Client(transport=httpx2.MockTransport(self._serve if live else _refuse))
        make: Any = anthropic.Anthropic if self.vendor == "anthropic" else openai.OpenAI
        return make(api_key=_KEY, http_client=http_client, max_retries=0, base_url=f"http://127.0.0.1{self._prefix}")

    def _gathered(self, live: bool) -> Callable[[int], None]:
        transport = httpx2.MockTransport(self._serve if live else _refuse)
        client = openai.AsyncOpenAI(
            api_key=_KEY, http_client=httpx2.AsyncClient(transport=transport), base_url="http://127.0.0.1/v1"
        )

        async def all_at_once(number: int) -> None:
            bodies = [self.body(number * self.units + one) for one in range(self.units)]
            create: Any = client.chat.completions.create
            await asyncio.gather(*(create(**body) for body in bodies))

        return lambda number: asyncio.run(all_at_once(number))

    @property
    def _prefix(self) -> str:
        return "" if self.vendor == "anthropic" else "/v1"

    def _serve(self, _request: httpx2.Request) -> httpx2.Response:
        answer = self.answer()
        if isinstance(answer, bytes):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=answer)
        return httpx2.Response(200, json=answer)


def _refuse(_request: httpx2.Request) -> httpx2.Response:
    raise AssertionError("a replay asked the server")


def _chat(messages: Callable[[int], list[payloads.Json]], **more: Any) -> Callable[[int], dict[str, Any]]:
    return lambda number: {"model": "gpt-4o", "messages": messages(number), **more}


def _message(**more: Any) -> Callable[[int], dict[str, Any]]:
    return lambda number: {
        "model": "claude-sonnet-4-5",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": payloads.text(1000, number)}],
        **more,
    }


def _turn(turns: int) -> Callable[[int], dict[str, Any]]:
    said = payloads.conversation(turns)
    # Lists and objects of its own each time, as an agent's state is.
    return _chat(lambda number: [*map(dict, said), {"role": "user", "content": payloads.text(1000, f"now {number}")}])


def workloads() -> list[Workload]:
    """All that is measured, in the order of the table."""
    chunks, events = payloads.chat_stream(200), payloads.message_stream(200)
    return [
        Workload("openai, plain", 0.08, _chat(payloads.question), payloads.chat_answer),
        Workload("openai, stream of 200", 0.10, _chat(payloads.question, stream=True), lambda: chunks, streamed=True),
        Workload("openai, one of 100 at once", 0.08, _chat(payloads.question), payloads.chat_answer, units=100),
        Workload("anthropic, plain", 0.25, _message(), payloads.message_answer, vendor="anthropic"),
        Workload(
            "anthropic, stream of 200", 0.6, _message(stream=True), lambda: events, vendor="anthropic", streamed=True
        ),
        Workload("openai, turn 200", 0.01, _turn(200), payloads.chat_answer, slow=True),
        Workload("openai, turn 1,000", 0.01, _turn(1000), payloads.chat_answer, slow=True),
    ]
