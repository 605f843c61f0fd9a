"""One timeline for all calls, each with the call it was made in: a recording reads as a tree."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

import agentreplay
from agentreplay import Cassette, CassetteMismatchError, Interaction, Matcher, RecordedRequest, RecordedResponse, tool
from agentreplay._nesting import parent_positions
from agentreplay._trajectory.steps import ModelTurn, ToolRun
from demo.provider import Provider
from tests.tools.ways import Twice

count = [0]


@pytest.fixture(autouse=True)
def _count_anew() -> None:
    count[0] = 0


@tool
def leaf(name: str) -> str:
    """Gives something else each time it runs."""
    count[0] += 1
    return f"{name} {count[0]}"


def tree(cassette: Cassette) -> list[tuple[str, int | None]]:
    """Each call with the sequence of the one that it was made in."""
    return [
        (f"{item.request.method} {next(iter(item.request.body.values()), '')}".strip(), item.parent)
        for item in cassette.interactions
    ]


def ask(client: OpenAI, text: str) -> str:
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content or ""


def test_a_model_that_a_tool_asks_stands_below_the_tool(
    twice: Twice, provider: Provider, openai_client: OpenAI
) -> None:
    """In file and trajectory; in replay neither the tool runs nor is the model asked, and nothing counts as unused."""

    @tool
    def summarise(text: str) -> str:
        return ask(openai_client, f"Summarise {text}")

    def program() -> list[str]:
        return [ask(openai_client, "first"), summarise("book"), ask(openai_client, "last")]

    live = twice.record(program)
    recorded = twice.session.trajectory
    with provider.stopped():
        assert twice.replay(program) == live
    assert [item.parent for item in twice.cassette.interactions] == [None, None, 1, None]
    replayed = twice.session.trajectory
    assert replayed.steps == recorded.steps
    assert [type(step) for step in replayed.outermost] == [ModelTurn, ToolRun, ModelTurn]
    (inner,) = replayed.inside(replayed.steps[1])
    assert isinstance(inner, ModelTurn)
    assert (inner.asked, inner.depth, inner.parent) == ("Summarise book", 1, 1)
    assert replayed.final_text == live[2]
    lines = str(replayed).splitlines()
    assert next(line for line in lines if "[1]" in line).startswith('[1] summarise({"text": "book"})')
    assert next(line for line in lines if "[2]" in line).startswith("    [2] chat.completions.create, gpt-4o-mini")
    report = twice.session.report()
    assert (report.replayed, report.unused, report.missed) == (3, 0, 0)


def test_a_recording_without_tools_names_no_parent(twice: Twice, openai_client: OpenAI) -> None:
    """Files stay as they were: the field stands only where there is one."""
    twice.record(lambda: ask(openai_client, "first"))
    assert '"parent"' not in twice.path.read_text(encoding="utf-8")


def test_threads_pools_and_tasks_go_on_inside_the_call_that_started_them(twice: Twice) -> None:
    """As they go on in the session."""

    @tool
    def by_thread(name: str) -> None:
        thread = threading.Thread(target=leaf, args=(name,))
        thread.start()
        thread.join()

    @tool
    def by_pool(name: str) -> None:
        with ThreadPoolExecutor(1) as pool:
            list(pool.map(leaf, [name]))
            pool.submit(by_thread, "inner").result()

    @tool
    async def by_task(name: str) -> None:
        await asyncio.gather(asyncio.to_thread(leaf, name), asyncio.create_task(later(name)))

    async def later(name: str) -> None:
        leaf(name)

    def program() -> None:
        by_thread("t")
        by_pool("p")
        asyncio.run(by_task("a"))
        contextvars.Context().run(lambda: None)
        leaf("outside")

    twice.both(program)
    shown = tree(twice.cassette)
    assert shown[:6] == [
        ("by_thread t", None),
        ("leaf t", 0),
        ("by_pool p", None),
        ("leaf p", 2),
        ("by_thread inner", 2),
        ("leaf inner", 4),
    ]
    assert shown[6:] == [("by_task a", None), ("leaf a", 6), ("leaf a", 6), ("leaf outside", None)]


def test_calls_that_run_at_once_keep_apart_what_is_inside_each(twice: Twice) -> None:
    """Tasks that take turns, each inside a call of its own."""

    @tool
    async def outer(name: str) -> list[str]:
        found: list[str] = []
        for _ in range(3):
            await asyncio.sleep(0)
            found.append(leaf(name))
        return found

    async def program() -> Any:
        return await asyncio.gather(outer("a"), outer("b"))

    live, replayed = twice.both(program)
    assert live == replayed
    assert [parent for name, parent in tree(twice.cassette) if name == "leaf a"] == [0, 0, 0]
    assert [parent for name, parent in tree(twice.cassette) if name == "leaf b"] == [1, 1, 1]


def test_what_was_recorded_inside_a_tool_does_not_answer_outside_of_it(twice: Twice) -> None:
    """Equal calls inside and outside have their own answers, whatever came first."""

    @tool
    def outer() -> str:
        return leaf("x")

    def program() -> list[str]:
        return [outer(), leaf("x")]

    assert twice.both(program) == (["x 1", "x 2"],) * 2
    assert twice.replay(lambda: [leaf("x"), outer()]) == ["x 2", "x 1"]
    with pytest.raises(
        CassetteMismatchError, match="inside outer .interactions.0.., which was answered as a whole"
    ) as caught:
        twice.replay(lambda: [outer(), leaf("x"), leaf("x")])
    assert caught.value.remaining == 0


def test_a_tool_that_is_no_tool_any_more_leaves_its_calls_to_answer(twice: Twice) -> None:
    """What was recorded inside it answers where nothing around it does; only the tool itself is unused."""

    def plain() -> str:
        return leaf("x")

    twice.record(tool(plain, name="outer"))
    with pytest.raises(agentreplay.UnusedInteractionsError) as caught:
        twice.replay(plain)
    assert [item.request.method for item in caught.value.unused] == ["outer"]
    assert "The tool 'outer' was not called at all" in str(caught.value)
    assert "name='outer'" in str(caught.value)


@pytest.mark.parametrize("match", [Matcher(ignore_whitespace=True), "subset", "sequence"])
def test_it_is_so_however_requests_are_matched(twice: Twice, match: Any) -> None:
    """By a matcher, by subset, and by position."""

    @tool
    def outer(name: str) -> str:
        return leaf(name) + leaf("x")

    def program() -> list[str]:
        return [outer("a"), leaf("x"), outer("b"), leaf("x")]

    live = twice.record(program)
    assert twice.replay(program, match=match) == live
    assert twice.session.report().unused == 0


def test_live_tools_that_ask_the_same_get_each_their_own_answer(twice: Twice) -> None:
    """What was recorded inside the same call comes first, also where another one asks sooner."""

    def slow(name: str) -> str:
        return f"{name}: {leaf('x')}"

    outer = tool(slow, name="outer", policy="live")
    live = twice.record(lambda: [outer("a"), outer("b")])
    assert live == ["a: x 1", "b: x 2"]
    assert twice.replay(lambda: [outer("b"), outer("a")]) == ["b: x 2", "a: x 1"]


def test_extending_puts_new_calls_below_their_parents(twice: Twice) -> None:
    """A tool that is new is recorded with what is inside it; one that is known keeps what it had."""

    @tool
    def outer(name: str) -> str:
        return leaf(name)

    twice.record(lambda: outer("a"))
    twice.run("extend", lambda: [outer("a"), outer("b")])
    assert tree(twice.cassette) == [("outer a", None), ("leaf a", 0), ("outer b", None), ("leaf b", 2)]
    assert [item.sequence for item in twice.cassette.interactions] == [0, 1, 2, 3]
    assert twice.replay(lambda: [outer("b"), outer("a")]) == ["b 2", "a 1"]


def test_pruning_keeps_what_was_recorded_inside_a_call_that_was_asked_for(twice: Twice) -> None:
    """And drops the rest; parents are numbered anew."""

    @tool
    def outer(name: str) -> str:
        return leaf(name)

    twice.record(lambda: [outer("a"), outer("b")])
    twice.run("extend", lambda: outer("b"), prune=True)
    assert tree(twice.cassette) == [("outer b", None), ("leaf b", 0)]


def test_a_call_that_was_abandoned_leaves_its_children_to_the_one_around(twice: Twice) -> None:
    """What it had asked before it was ended stays in the recording."""

    @tool
    def middle() -> None:
        leaf("x")
        raise KeyboardInterrupt

    @tool
    def outer() -> None:
        with pytest.raises(KeyboardInterrupt):
            middle()

    twice.record(outer)
    assert tree(twice.cassette) == [("outer", None), ("leaf x", 0)]


def test_a_session_inside_a_tool_has_a_timeline_of_its_own(twice: Twice, tmp_path: Path) -> None:
    """A call belongs to the innermost session, and there it is inside nothing."""

    @tool
    def outer() -> str:
        with agentreplay.cassette("inner", mode="record", directory=tmp_path) as session:
            result = leaf("x")
        assert [item.parent for item in session.cassette.interactions] == [None]
        return result

    twice.record(outer)
    assert tree(twice.cassette) == [("outer", None)]


def test_the_hash_of_a_recording_knows_the_tree() -> None:
    """Two recordings that differ in who asked are two; one without parents hashes as ever."""

    def cassette(parent: int | None) -> Cassette:
        request = RecordedRequest(kind="tool", method="leaf")
        made = Cassette(
            interactions=[
                Interaction(request=request, response=RecordedResponse()),
                Interaction(sequence=1, parent=parent, request=request, response=RecordedResponse()),
            ]
        )
        made.finalize()
        return made

    assert cassette(0).meta.content_hash != cassette(None).meta.content_hash
    assert cassette(0).verify_integrity()


def test_parents_follow_when_a_cassette_is_numbered_anew() -> None:
    """Taking an interaction out of a loaded cassette does not hand its neighbours' children on."""

    def interaction(sequence: int, parent: int | None = None) -> Interaction:
        request = RecordedRequest(kind="tool", method=f"tool {sequence}")
        return Interaction(sequence=sequence, parent=parent, request=request, response=RecordedResponse())

    cassette = Cassette(interactions=[interaction(0), interaction(1), interaction(2, 1), interaction(3, 0)])
    del cassette.interactions[0]
    cassette.finalize()
    assert [(item.sequence, item.parent) for item in cassette.interactions] == [(0, None), (1, 0), (2, None)]


@pytest.mark.parametrize("parents", [[0], [1, 0], [5, -1], [None, 1, 1], [2, 0, 1]])
def test_a_parent_that_cannot_be_is_none(parents: list[int | None]) -> None:
    """A file from elsewhere may say what it likes: no call is inside itself, or inside a later one."""
    interactions = [
        Interaction(sequence=number, parent=parent, request=RecordedRequest(kind="tool"), response=RecordedResponse())
        for number, parent in enumerate(parents)
    ]
    found = parent_positions(interactions)
    assert all(parent is None or parent < number for number, parent in enumerate(found))
    assert len(str(agentreplay.Trajectory.of(interactions)).splitlines()) == 2 * len(parents)
    engine = agentreplay.ReplayEngine(Cassette(interactions=interactions))
    for interaction in interactions:
        engine.match(interaction.request)
    assert engine.all_used


def test_an_mcp_tool_reads_as_a_tool() -> None:
    """By its own name and arguments."""
    request = RecordedRequest(
        kind="mcp", method="tools/call", body={"server": "s", "params": {"name": "add", "arguments": {"a": 1}}}
    )
    run = agentreplay.Trajectory.of([Interaction(request=request, response=RecordedResponse(body={"content": []}))])
    (step,) = run.tool_runs
    assert (step.name, step.arguments, step.method) == ("add", {"a": 1}, "tools/call")
    assert str(run).startswith('[0] add({"a": 1})')
