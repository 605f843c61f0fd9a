"""Which session a call belongs to: threads, pools and tasks started in a block are its own, others never mix."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from openai import AsyncOpenAI, OpenAI

import agentreplay
from agentreplay import Session, SessionError
from demo.provider import Provider

WORDS = [f"word {number}" for number in range(6)]


def said(session: Session) -> list[str]:
    """The users' words of the calls of a session, in order."""
    return [item.request.body["messages"][0]["content"] for item in session.interactions]


def ask(provider: Provider, text: str) -> str:
    """One call by a client of its own; gives the answer's words."""
    with OpenAI(base_url=provider.openai_url, api_key="sk-test") as client:
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return str(answer.choices[0].message.content)


async def async_ask(provider: Provider, text: str) -> str:
    """The same, asynchronously."""
    async with AsyncOpenAI(base_url=provider.openai_url, api_key="sk-test") as client:
        answer = await client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return str(answer.choices[0].message.content)


def by_threads(provider: Provider) -> list[str]:
    found: dict[str, str] = {}

    def run(word: str) -> None:
        found[word] = ask(provider, word)

    threads = [threading.Thread(target=run, args=(word,)) for word in WORDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[word] for word in WORDS]


def by_pool(provider: Provider) -> list[str]:
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(partial(ask, provider), WORDS))


def by_gather(provider: Provider) -> list[str]:
    async def run() -> list[str]:
        return list(await asyncio.gather(*(async_ask(provider, word) for word in WORDS)))

    return asyncio.run(run())


def by_to_thread(provider: Provider) -> list[str]:
    async def run() -> list[str]:
        return list(await asyncio.gather(*(asyncio.to_thread(ask, provider, word) for word in WORDS)))

    return asyncio.run(run())


def by_run_in_executor(provider: Provider) -> list[str]:
    async def run() -> list[str]:
        loop = asyncio.get_running_loop()
        return list(await asyncio.gather(*(loop.run_in_executor(None, ask, provider, word) for word in WORDS)))

    return asyncio.run(run())


WAYS = [by_threads, by_pool, by_gather, by_to_thread, by_run_in_executor]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_started_in_a_block_belongs_to_it(
    provider: Provider, tmp_path: Path, way: Callable[[Provider], list[str]]
) -> None:
    """All calls are recorded, and in replay each gets the answer to its own words with the provider gone."""
    with agentreplay.cassette("spread", directory=tmp_path) as session:
        live = way(provider)
    assert sorted(said(session)) == sorted(WORDS)
    with provider.stopped(), agentreplay.cassette("spread", directory=tmp_path, mode="replay"):
        assert way(provider) == live


def test_a_pool_from_before_the_block_serves_the_session_that_submits(provider: Provider, tmp_path: Path) -> None:
    """The same worker thread works for one session, for another, and for none, as the work is submitted."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(ask, provider, "before").result()
        with agentreplay.cassette("first", directory=tmp_path) as first:
            pool.submit(ask, provider, "in the first").result()
        with agentreplay.cassette("second", directory=tmp_path) as second:
            pool.submit(ask, provider, "in the second").result()
        pool.submit(ask, provider, "after").result()
    assert (said(first), said(second)) == (["in the first"], ["in the second"])
    assert provider.count == 4


def test_sessions_open_at_once_in_threads_never_mix(provider: Provider, tmp_path: Path) -> None:
    """Each of two threads has a block of its own, open at the same time as the other's."""
    together = threading.Barrier(2, timeout=30)
    sessions: dict[str, Session] = {}

    def run(name: str) -> None:
        with agentreplay.cassette(name, directory=tmp_path) as session:
            sessions[name] = session
            for turn in range(3):
                together.wait()
                ask(provider, f"{name} {turn}")

    threads = [threading.Thread(target=run, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said(sessions["left"]) == ["left 0", "left 1", "left 2"]
    assert said(sessions["right"]) == ["right 0", "right 1", "right 2"]


def test_sessions_open_at_once_in_tasks_never_mix(provider: Provider, tmp_path: Path) -> None:
    """The same for two tasks of one event loop."""

    async def run(name: str) -> Session:
        async with agentreplay.cassette(name, directory=tmp_path) as session:
            for turn in range(3):
                await async_ask(provider, f"{name} {turn}")
        return session

    async def both() -> list[Session]:
        return list(await asyncio.gather(run("left"), run("right")))

    left, right = asyncio.run(both())
    assert (said(left), said(right)) == (["left 0", "left 1", "left 2"], ["right 0", "right 1", "right 2"])


def test_the_order_recorded_is_that_of_the_requests_start(provider: Provider, tmp_path: Path) -> None:
    """A call that began first stands first, although its answer came last."""
    from demo.provider import Behaviour

    hold = threading.Event()
    provider.script(Behaviour(hold=hold))
    with agentreplay.cassette("order", directory=tmp_path) as session:
        slow = threading.Thread(target=ask, args=(provider, "slow"))
        slow.start()
        assert provider.wait_for(1)
        ask(provider, "quick")
        hold.set()
        slow.join()
    assert said(session) == ["slow", "quick"]


def outcome_of(job: Callable[[], object]) -> object:
    """What `job` gives, or the error of ours that it raises."""
    try:
        return job()
    except agentreplay.AgentReplayError as error:
        return error


class Worker:
    """A thread that calls what it is handed, as background workers do."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Callable[[], object] | None] = queue.Queue()
        self._results: queue.Queue[object] = queue.Queue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._results.put(outcome_of(job))

    def call(self, job: Callable[[], object]) -> object:
        self._jobs.put(job)
        return self._results.get(timeout=30)

    def stop(self) -> None:
        self._jobs.put(None)
        self._thread.join()


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_call_whose_session_cannot_be_told_is_refused(provider: Provider, tmp_path: Path, mode: str) -> None:
    """A thread from before the block, fed through a queue, is refused with what to do, and nothing is sent."""
    with agentreplay.cassette("block", directory=tmp_path):
        ask(provider, "own")
    sent = provider.count
    worker = Worker()
    try:
        with agentreplay.cassette("block", directory=tmp_path, mode=mode):
            refused = worker.call(lambda: ask(provider, "foreign"))
            ask(provider, "own")
    finally:
        worker.stop()
    assert isinstance(refused, SessionError)
    assert "started before the block" in str(refused)
    assert provider.count == sent + (mode == "record")


def test_a_thread_that_outlives_its_block_is_refused_while_one_is_open(provider: Provider, tmp_path: Path) -> None:
    """Its calls belong to a session that has ended, and to no other."""
    with agentreplay.cassette("ended", directory=tmp_path):
        ask(provider, "own")
        worker = Worker()
    sent = provider.count
    try:
        with agentreplay.cassette("other", directory=tmp_path, mode="live"):
            refused = worker.call(lambda: ask(provider, "late"))
    finally:
        worker.stop()
    assert isinstance(refused, SessionError)
    assert "has ended" in str(refused)
    assert provider.count == sent
