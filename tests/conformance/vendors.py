"""The vendors that run this suite: each SDK, by its sync and by its async client."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Final, TypeVar

from demo.provider import Provider

T = TypeVar("T")


@dataclass(frozen=True)
class Vendor:
    """One SDK by one of its client classes.

    `path` leads from a client to the resource whose `create` asks the model, `arguments` are those that every question
    needs, `method` is the name by which the call is recorded.
    """

    name: str
    package: str
    client_class: str
    is_async: bool
    path: str
    method: str
    arguments: tuple[tuple[str, Any], ...]

    @property
    def sdk(self) -> ModuleType:
        """The SDK itself."""
        return importlib.import_module(self.package)

    def base_url(self, provider: Provider) -> str:
        """Where a client of this vendor is sent."""
        return provider.openai_url if self.package == "openai" else provider.url

    def client(self, provider: Provider, **options: Any) -> Any:
        """A client for `provider`, with the SDK's own HTTP client (one for all: making it takes long)."""
        return self.shared().copy(base_url=self.base_url(provider), **options)

    def shared(self) -> Any:
        """The client whose HTTP client all clients of this vendor share."""
        if self not in _shared:
            _shared[self] = getattr(self.sdk, self.client_class)(api_key=f"sk-{self.name}-0123456789", max_retries=2)
        return _shared[self]

    def new_client(self, name: str = "", **options: Any) -> Any:
        """A client that shares nothing, of the class `name` (`Async` is put before), or of the vendor's plain one."""
        prefix = "Async" if self.is_async else ""
        return getattr(self.sdk, f"{prefix}{name}" if name else self.client_class)(**options)

    def resource(self, client: Any) -> Any:
        """The resource whose `create` asks the model."""
        return follow(client, self.path)

    def question(self, prompt: str) -> dict[str, Any]:
        """The arguments with which `create` asks `prompt`."""
        return {**dict(self.arguments), "messages": [{"role": "user", "content": prompt}]}

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a program to its end: on the event loop, or, for a sync client, where no loop is running."""
        if self.is_async:
            return event_loop().run_until_complete(program)
        try:
            program.send(None)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        raise AssertionError("a program that uses a sync client waited for something")


_shared: dict[Vendor, Any] = {}

_OPENAI: Final = {"package": "openai", "path": "chat.completions", "method": "chat.completions.create"}
_ANTHROPIC: Final = {"package": "anthropic", "path": "messages", "method": "messages.create"}
_CHAT: Final = (("model", "gpt-4o-mini"),)
_MESSAGE: Final = (("model", "claude-of-the-tests"), ("max_tokens", 256))

VENDORS: Final = (
    Vendor("openai", client_class="OpenAI", is_async=False, arguments=_CHAT, **_OPENAI),
    Vendor("openai-async", client_class="AsyncOpenAI", is_async=True, arguments=_CHAT, **_OPENAI),
    Vendor("anthropic", client_class="Anthropic", is_async=False, arguments=_MESSAGE, **_ANTHROPIC),
    Vendor("anthropic-async", client_class="AsyncAnthropic", is_async=True, arguments=_MESSAGE, **_ANTHROPIC),
)


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """The one loop of this suite: HTTP clients that are shared keep connections that belong to it."""
    return asyncio.new_event_loop()


def close_shared_clients() -> None:
    """Close what tests shared, at the end of the suite."""
    for vendor, client in _shared.items():
        closing = client.close()
        if vendor.is_async:
            event_loop().run_until_complete(closing)
    _shared.clear()
    event_loop().run_until_complete(event_loop().shutdown_asyncgens())
    event_loop().close()
    event_loop.cache_clear()


def follow(value: Any, path: str) -> Any:
    """The attribute of an attribute … that a dotted path names.

    Raises:
        AttributeError: there is none.
    """
    for name in path.split("."):
        value = getattr(value, name)
    return value


def offered(vendor: Vendor, paths: str) -> str | None:
    """The first of the dotted paths (with `or` between them) that the installed SDK's client has, or None."""
    for path in paths.split(" or "):
        try:
            follow(vendor.shared(), path)
        except AttributeError:
            continue
        return path
    return None
