"""Sessions inside sessions."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import agentreplay
from agentreplay import _active
from demo.provider import Provider
from tests.session.calls import ask, said


def test_a_live_block_inside_a_replaying_one_is_live(provider: Provider, tmp_path: Path) -> None:
    """The inner block decides for its calls alone."""
    with agentreplay.cassette("outer", directory=tmp_path):
        known = ask(provider, "known")
    with agentreplay.cassette("outer", directory=tmp_path, mode="replay") as outer:
        with agentreplay.cassette("inner", directory=tmp_path, mode="live"):
            fresh = ask(provider, "known")
        assert ask(provider, "known") == known
    assert fresh != known
    assert said(outer) == ["known"]
    assert provider.count == 2


def test_a_replaying_block_inside_a_recording_one_is_not_recorded(provider: Provider, tmp_path: Path) -> None:
    """What the inner session answers is none of the outer session's business."""
    with agentreplay.cassette("inner", directory=tmp_path):
        ask(provider, "inner")
    with agentreplay.cassette("outer", directory=tmp_path) as outer:
        ask(provider, "outer")
        with agentreplay.cassette("inner", directory=tmp_path):
            ask(provider, "inner")
    assert said(outer) == ["outer"]


def test_an_inner_block_that_fails_leaves_the_outer_one_working(provider: Provider, tmp_path: Path) -> None:
    """An exception that the app catches between the two ends only the inner session."""

    def inner() -> None:
        with agentreplay.cassette("inner", directory=tmp_path):
            ask(provider, "lost")
            raise ValueError("of the inner block")

    with agentreplay.cassette("outer", directory=tmp_path) as outer:
        with pytest.raises(ValueError, match="inner"):
            inner()
        ask(provider, "kept")
    assert said(outer) == ["kept"]
    assert not (tmp_path / "inner").exists()


def test_blocks_that_end_out_of_order_end_each_by_itself(provider: Provider, tmp_path: Path) -> None:
    """Two started sessions whose ends are crossed keep what was asked in each."""
    first = agentreplay.cassette("first", directory=tmp_path).start()
    ask(provider, "one")
    second = agentreplay.cassette("second", directory=tmp_path).start()
    ask(provider, "two")
    first.stop()
    ask(provider, "three")
    second.stop()
    sent = provider.count
    ask(provider, "outside")
    assert (said(first), said(second)) == (["one"], ["two", "three"])
    assert provider.count == sent + 1
    assert _active._in_force.get() is None


def test_a_thread_belongs_to_the_block_it_was_started_in_not_to_the_inner_one(
    provider: Provider, tmp_path: Path
) -> None:
    """A thread of the outer block stays with it while an inner block is open."""
    go_on = threading.Event()

    def late() -> None:
        go_on.wait(30)
        ask(provider, "of the outer")

    with agentreplay.cassette("outer", directory=tmp_path) as outer:
        thread = threading.Thread(target=late)
        thread.start()
        with agentreplay.cassette("inner", directory=tmp_path) as inner:
            ask(provider, "of the inner")
            go_on.set()
            thread.join()
    assert (said(outer), said(inner)) == (["of the outer"], ["of the inner"])
