"""Blocks that do not end as they should."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

import agentreplay
from demo.provider import Behaviour, Provider
from tests.session.calls import ASYNC, ask, async_ask


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("error", [ValueError("of the app"), KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_what_the_app_raises_leaves_the_block_as_it_is(
    provider: Provider, tmp_path: Path, error: BaseException
) -> None:
    """The very exception comes out, whichever it is, and neither a new file is made nor an old one changed."""

    def block(mode: str) -> None:
        with agentreplay.cassette("fails", directory=tmp_path, mode=mode):
            ask(provider, "other")
            raise error

    with pytest.raises(type(error)) as caught:
        block("auto")
    assert caught.value is error
    assert error.__context__ is None
    assert files(tmp_path) == {}
    with agentreplay.cassette("fails", directory=tmp_path):
        ask(provider)
    kept = files(tmp_path)
    with pytest.raises(type(error)):
        block("record")
    assert files(tmp_path) == kept


def test_a_block_that_is_cancelled_keeps_the_old_cassette(provider: Provider, tmp_path: Path) -> None:
    """A task that is cancelled while a call is on its way leaves its session, and no file."""
    hold = threading.Event()
    provider.script(Behaviour(hold=hold))

    async def program() -> None:
        async with agentreplay.cassette("cancelled", directory=tmp_path):
            await async_ask(provider)

    async def cancel() -> None:
        task = asyncio.create_task(program())
        while not provider.count:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Nothing is left open: a block can be opened, and calls outside go through.
        await async_ask(provider)

    try:
        ASYNC.run(cancel())
    finally:
        hold.set()
    assert files(tmp_path) == {}


def test_a_call_that_is_cancelled_is_not_recorded(provider: Provider, tmp_path: Path) -> None:
    """An app that gives up on a call and goes on has a recording without it."""
    hold = threading.Event()
    provider.script(Behaviour(hold=hold))

    async def program() -> agentreplay.Session:
        async with agentreplay.cassette("given-up", directory=tmp_path) as session:
            task = asyncio.create_task(async_ask(provider, "too slow"))
            while not provider.count:
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await async_ask(provider, "instead")
        return session

    try:
        session = ASYNC.run(program())
    finally:
        hold.set()
    assert [item.request.body["messages"][0]["content"] for item in session.cassette.interactions] == ["instead"]


def test_a_call_that_is_still_on_its_way_is_warned_of(provider: Provider, tmp_path: Path) -> None:
    """A block that ends before one of its threads keeps what it has, and says which call is missing."""
    hold = threading.Event()
    provider.script(Behaviour(), Behaviour(hold=hold))
    thread = threading.Thread(target=ask, args=(provider, "slow"))
    session = agentreplay.cassette("unfinished", directory=tmp_path).start()
    ask(provider, "done")
    thread.start()
    assert provider.wait_for(2)
    with pytest.warns(agentreplay.UnfinishedCallWarning, match=r"chat\.completions\.create"):
        session.stop()
    hold.set()
    thread.join()
    assert len(session.cassette.interactions) == 1


def test_a_cassette_that_cannot_be_read_opens_nothing(provider: Provider, tmp_path: Path) -> None:
    """A damaged file is an error on entry, and afterwards nothing is patched or open."""
    with agentreplay.cassette("damaged", directory=tmp_path) as session:
        ask(provider)
    assert session.path is not None
    session.path.write_text("{", "utf-8")
    with pytest.raises(agentreplay.CassetteError), agentreplay.cassette("damaged", directory=tmp_path):
        raise AssertionError("the block was entered")
    sent = provider.count
    ask(provider)
    assert provider.count == sent + 1


def test_a_session_can_be_used_again_after_its_end(provider: Provider, tmp_path: Path) -> None:
    """One object, entered twice in a row: it records, then replays."""
    session = agentreplay.cassette("again", directory=tmp_path)
    with session:
        first = ask(provider)
    with provider.stopped(), session:
        assert ask(provider) == first
