"""Work that is handed about between threads, pools, timers and event loops: told, or refused, never guessed."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import agentreplay
from demo.provider import Provider
from tests.session.calls import ASYNC, ask, async_ask, said


@contextmanager
def elder() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """A thread that is older than the block; what it is given it runs, and gives back the result or raises."""
    jobs: queue.Queue[tuple[Callable[[], Any], Future[Any]] | None] = queue.Queue()

    def work() -> None:
        while (job := jobs.get()) is not None:
            function, future = job
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it is raised where the work was given
                future.set_exception(error)

    def run(function: Callable[[], Any]) -> Any:
        future: Future[Any] = Future()
        jobs.put((function, future))
        return future.result(timeout=30)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield run
    finally:
        jobs.put(None)
        thread.join()


@pytest.fixture
def recorded(provider: Provider, tmp_path: Path) -> Path:
    """The directory of a cassette `block` with one call, "own"."""
    with agentreplay.cassette("block", directory=tmp_path):
        ask(provider, "own")
    return tmp_path


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_work_that_an_elder_thread_submits_is_refused(recorded: Path, provider: Provider, mode: str) -> None:
    """A pool does not make the work of a thread from before the block any more told than the thread is."""
    sent = provider.count
    with elder() as run, ThreadPoolExecutor(1) as pool, agentreplay.cassette("block", directory=recorded, mode=mode):
        with pytest.raises(agentreplay.SessionError, match="belongs to no session"):
            run(lambda: pool.submit(ask, provider, "foreign").result())
        ask(provider, "own")
    assert provider.count == sent + (mode == "record")


def test_a_thread_that_an_elder_thread_starts_is_refused(recorded: Path, provider: Provider) -> None:
    """Nor does a new thread."""
    refused: list[BaseException] = []

    def call() -> None:
        try:
            ask(provider, "foreign")
        except agentreplay.SessionError as error:
            refused.append(error)

    def start() -> None:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    with elder() as run, agentreplay.cassette("block", directory=recorded):
        run(start)
        ask(provider, "own")
    assert len(refused) == 1


def test_an_elder_thread_is_served_by_a_block_of_its_own(recorded: Path, provider: Provider) -> None:
    """The way out that the error names: a block inside the thread itself."""

    def in_its_own_block() -> list[str]:
        with agentreplay.cassette("foreign", directory=recorded) as session:
            ask(provider, "foreign")
        return said(session)

    with elder() as run, agentreplay.cassette("block", directory=recorded):
        assert run(in_its_own_block) == ["foreign"]
        ask(provider, "own")


def test_a_live_block_lets_an_elder_thread_through(provider: Provider, tmp_path: Path) -> None:
    """Where the only open session keeps nothing, nothing needs to be told."""
    with elder() as run, agentreplay.cassette("block", directory=tmp_path, mode="live"):
        run(lambda: ask(provider, "foreign"))
    assert provider.count == 1


def test_started_sessions_take_the_calls_of_elder_threads(provider: Provider, tmp_path: Path) -> None:
    """A session that was opened by `start()` is meant for all that happens, also in pools of elder threads."""
    with elder() as run, ThreadPoolExecutor(1) as pool:
        session = agentreplay.cassette("cells", directory=tmp_path).start()
        run(lambda: ask(provider, "by thread"))
        run(lambda: pool.submit(ask, provider, "by pool").result())
        session.stop()
    assert said(session) == ["by thread", "by pool"]


@pytest.mark.parametrize("installed", [True, False])
def test_work_that_was_submitted_before_the_block_is_no_part_of_it(
    provider: Provider, tmp_path: Path, installed: bool
) -> None:
    """With `install()` it is known to belong to no session, and goes through; without, it cannot be told."""
    begun, go_on = threading.Event(), threading.Event()

    def late() -> str:
        begun.set()
        go_on.wait(30)
        return ask(provider, "before")

    if installed:
        agentreplay.install()
    try:
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(late)
            assert begun.wait(30)
            with agentreplay.cassette("block", directory=tmp_path) as session:
                ask(provider, "own")
                go_on.set()
                error = future.exception(30)
    finally:
        agentreplay.uninstall()
    assert said(session) == ["own"]
    assert isinstance(error, agentreplay.SessionError) is not installed
    assert provider.count == 1 + installed


def test_timers_and_threads_of_threads_belong_to_the_block(provider: Provider, tmp_path: Path) -> None:
    """What is started by what was started in the block is the block's too."""

    def in_a_pool_in_a_thread() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: pool_in_pool(pool)).result()

    def pool_in_pool(pool: ThreadPoolExecutor) -> None:
        with ThreadPoolExecutor(1) as inner:
            inner.submit(ask, provider, "deep").result()
        assert pool is not inner

    with agentreplay.cassette("block", directory=tmp_path) as session:
        timer = threading.Timer(0, ask, (provider, "timer"))
        timer.start()
        timer.join()
        thread = threading.Thread(target=in_a_pool_in_a_thread)
        thread.start()
        thread.join()
    assert said(session) == ["timer", "deep"]


def test_a_loop_in_an_elder_thread_serves_the_block_that_hands_it_work(provider: Provider, tmp_path: Path) -> None:
    """`run_coroutine_threadsafe` takes the session along to a loop that was there before."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def call() -> str:
        return await asyncio.to_thread(ask, provider, "by the loop")

    try:
        with agentreplay.cassette("block", directory=tmp_path) as session:
            asyncio.run_coroutine_threadsafe(call(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert said(session) == ["by the loop"]


def test_a_task_that_is_older_than_the_block_is_refused(recorded: Path, provider: Provider) -> None:
    """A task that waits on a queue does not become part of a block that another task opens."""

    async def program() -> None:
        go_on = asyncio.Event()

        async def old() -> str:
            await go_on.wait()
            return await async_ask(provider, "foreign")

        task = asyncio.create_task(old())
        await asyncio.sleep(0)
        async with agentreplay.cassette("block", directory=recorded, mode="record"):
            await async_ask(provider, "own")
            go_on.set()
            with pytest.raises(agentreplay.SessionError, match="belongs to no session"):
                await task

    ASYNC.run(program())


def test_a_task_that_outlives_its_block_is_refused_while_one_is_open(provider: Provider, tmp_path: Path) -> None:
    """Its calls belong to the session that has ended."""

    async def program() -> None:
        go_on = asyncio.Event()

        async def late() -> str:
            await go_on.wait()
            return await async_ask(provider, "late")

        async with agentreplay.cassette("first", directory=tmp_path):
            await async_ask(provider, "own")
            task = asyncio.create_task(late())
        async with agentreplay.cassette("second", directory=tmp_path) as second:
            await async_ask(provider, "own")
            go_on.set()
            with pytest.raises(agentreplay.SessionError, match="has ended"):
                await task
        assert said(second) == ["own"]

    ASYNC.run(program())


@pytest.mark.parametrize("group", ["gather", "TaskGroup"][: 2 if hasattr(asyncio, "TaskGroup") else 1])
def test_groups_of_tasks_are_replayed_in_any_order(provider: Provider, tmp_path: Path, group: str) -> None:
    """Each task of a group gets its own answer, recorded and replayed."""
    words = [f"word {number}" for number in range(8)]

    async def all_at_once() -> list[str]:
        if group == "gather":
            return list(await asyncio.gather(*(async_ask(provider, word) for word in words)))
        task_group: Any = vars(asyncio)["TaskGroup"]()
        async with task_group:
            tasks = [task_group.create_task(async_ask(provider, word)) for word in words]
        return [task.result() for task in tasks]

    async def program(mode: str) -> list[str]:
        async with agentreplay.cassette("group", directory=tmp_path, mode=mode) as session:
            answers = await all_at_once()
        assert sorted(said(session)) == words
        return answers

    live = ASYNC.run(program("record"))
    with provider.stopped():
        assert ASYNC.run(program("replay")) == live
