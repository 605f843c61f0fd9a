"""What a test's program is given: a client, and one way to use it whether it is sync or async."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from demo.provider import Provider
from tests.conformance.seen import seen
from tests.conformance.vendors import Vendor, follow


class App:
    """A program's view of the world. What it hands to `see` is what the runs are compared by."""

    def __init__(self, vendor: Vendor, client: Any, provider: Provider, surface: str | None = None) -> None:
        self._surface = surface
        self.vendor = vendor
        self.client = client
        self.provider = provider
        self.sights: list[Any] = []

    @property
    def resource(self) -> Any:
        """The resource whose `create` asks the model."""
        return self.vendor.resource(self.client)

    @property
    def surface(self) -> Any:
        """What the test's mark names."""
        assert self._surface is not None
        return follow(self.client, self._surface)

    def question(self, prompt: str = "Hello", **more: Any) -> dict[str, Any]:
        """The arguments of a call that asks `prompt`."""
        return {**self.vendor.question(prompt), **more}

    async def ask(self, prompt: str = "Hello", **more: Any) -> Any:
        """What the model answers to `prompt`."""
        return await self.wait(self.resource.create(**self.question(prompt, **more)))

    def see(self, *values: Any) -> None:
        """Note all that can be seen of `values` as they are now."""
        self.sights.append([seen(value) for value in values])

    async def wait(self, value: Any) -> Any:
        """The value itself, or what it becomes when it is awaited."""
        return await value if inspect.isawaitable(value) else value

    def each(self, items: Any) -> Each:
        """All items, one after the other."""
        return Each(items)

    async def every(self, items: Any) -> list[Any]:
        """A list of all items."""
        return [item async for item in Each(items)]

    @asynccontextmanager
    async def within(self, manager: Any) -> AsyncIterator[Any]:
        """The context manager, entered."""
        if hasattr(manager, "__aenter__"):
            async with manager as value:
                yield value
        else:
            with manager as value:
                yield value

    async def fails(self, call: Callable[[], Any], expected: str) -> BaseException:
        """The error, of the SDK's class named `expected`, that `call` ends with; noted."""
        error_class = getattr(self.vendor.sdk, expected)
        try:
            await self.wait(call())
        except error_class as error:
            self.see(error)
            return error  # type: ignore[no-any-return]
        raise AssertionError(f"no {expected} was raised")


class Each:
    """An iterator over a sync or an async iterable that can be left at any item."""

    def __init__(self, items: Any) -> None:
        self._is_async = hasattr(items, "__aiter__")
        self._items: Any = aiter(items) if self._is_async else iter(items)

    def __aiter__(self) -> Each:
        return self

    async def __anext__(self) -> Any:
        if self._is_async:
            return await anext(self._items)
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None
