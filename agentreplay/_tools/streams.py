"""Generators of tools: their items recorded one by one as the program takes them, and given again in replay."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any

from agentreplay._calls import LiveCall
from agentreplay._cassette import RecordedResponse, StreamEvent
from agentreplay._errors import IncompleteStreamError
from agentreplay._tools.failures import Failures
from agentreplay._tools.results import ResultForm


class StreamForm:
    """How a generator of one tool is written and read: its `items`, what it returned at its end, how it failed."""

    def __init__(self, tool: str, items: ResultForm, returned: ResultForm, failures: Failures) -> None:
        self.tool = tool
        self.items = items
        self.returned = returned
        self.failures = failures


class Taken:
    """What the program has taken from a generator so far; `end` keeps it, with `metadata`.

    A session that ends keeps those that the program still holds as far as they went.
    """

    def __init__(self, form: StreamForm, live: LiveCall, metadata: dict[str, Any]) -> None:
        self._form = form
        self._live = live
        self._metadata = metadata
        self._events: list[StreamEvent] = []
        self._times: list[float] = []
        live.scope.watch(self)

    def note(self, item: Any) -> None:
        """Keep an item. Raises ToolValueError where it cannot be written; then nothing of the call is kept."""
        self._times.append((time.perf_counter() - self._live.started) * 1000)
        try:
            written = self._form.items.write(item, f"item {len(self._events)}")
        except Exception as error:
            self._live.refused(error)
            self._live.scope.unwatch(self)
            raise
        self._events.append(StreamEvent(event="tagged" if written.tagged else None, data=written.data))

    def end(self, error: Exception | None = None, *, exhausted: bool = False, returned: Any = None) -> None:
        """Say that it is over: exhausted, failed, or left before its end."""
        self._live.scope.unwatch(self)
        response = RecordedResponse(events=self._events, event_times_ms=self._times)
        if error is not None:
            response.status, response.error = "error", self._form.failures.written(error)
        elif not exhausted:
            response.incomplete = True
        elif returned is not None:
            response.body, tagged = self._form.returned.write(returned, "returned value")
            response.encoding = "tagged" if tagged else None
        self._live.keep(response, self._metadata)

    def abandon(self) -> None:
        """Keep nothing: it was ended from outside."""
        self._live.scope.unwatch(self)
        self._live.abandon()

    def inside(self) -> Any:
        """A block in which what is called is called inside the generator."""
        return self._live.inside()


def recorded(source: Generator[Any, Any, Any], taken: Taken) -> Generator[Any, Any, Any]:
    """The generator `source`, with what is taken from it noted."""
    step: Callable[[], Any] = partial(next, source)
    while True:
        try:
            with taken.inside():
                item = step()
        except StopIteration as end:
            taken.end(exhausted=True, returned=end.value)
            return end.value
        except Exception as error:
            taken.end(error)
            raise
        except BaseException:
            taken.abandon()
            raise
        taken.note(item)
        try:
            sent = yield item
        except GeneratorExit:
            taken.end()
            source.close()
            raise
        except BaseException as thrown:  # noqa: BLE001 (it is handed on)
            step = partial(source.throw, thrown)
        else:
            step = partial(source.send, sent)


async def recorded_async(source: AsyncGenerator[Any, Any], taken: Taken) -> AsyncGenerator[Any, Any]:
    """As `recorded`, for an async generator."""
    step: Callable[[], Any] = source.__anext__
    while True:
        try:
            with taken.inside():
                item = await step()
        except StopAsyncIteration:
            taken.end(exhausted=True)
            return
        except Exception as error:
            taken.end(error)
            raise
        except BaseException:
            taken.abandon()
            raise
        taken.note(item)
        try:
            sent = yield item
        except GeneratorExit:
            taken.end()
            await source.aclose()
            raise
        except BaseException as thrown:  # noqa: BLE001 (it is handed on)
            step = partial(source.athrow, thrown)
        else:
            step = partial(source.asend, sent)


def replayed(form: StreamForm, response: RecordedResponse) -> Generator[Any, Any, Any]:
    """A generator that gives what was recorded, and fails or ends where that did."""
    events = response.events or []
    for number, event in enumerate(events):
        item = form.items.read(event.data, tagged=event.event == "tagged", place=f"item {number}")
        try:
            yield item
        except GeneratorExit:
            raise
        except Exception as thrown:  # noqa: BLE001 (what came of it was recorded: the next item, or the end)
            _pass_on(thrown, response, is_last=number == len(events) - 1)
    if response.error is not None:
        raise form.failures.restored(response.error)
    if response.incomplete:
        raise IncompleteStreamError(form.tool, len(events))
    return form.returned.read(response.body, tagged=response.encoding == "tagged", place="returned value")


async def replayed_async(form: StreamForm, response: RecordedResponse) -> AsyncGenerator[Any, Any]:
    """As `replayed`, for an async generator."""
    steps = replayed(form, response)
    step: Callable[[], Any] = partial(next, steps)
    while True:
        try:
            item = step()
        except StopIteration:
            return
        try:
            yield item
        except GeneratorExit:
            raise
        except BaseException as thrown:  # noqa: BLE001 (it is handed on)
            step = partial(steps.throw, thrown)
        else:
            step = partial(next, steps)


def _pass_on(thrown: Exception, response: RecordedResponse, *, is_last: bool) -> None:
    """Raise what was thrown into a replayed generator where the recorded one went no further."""
    if is_last and response.error is None and response.incomplete:
        raise thrown
