"""The methods that may take the lane, called alike; and what is equal to the last detail."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import anthropic
import openai

from agentreplay._json.values import is_array, is_object

KEY: Final = "sk-test-0123456789abcdefghijkl"


class Server:
    """An HTTP server in memory."""

    def __init__(self) -> None:
        self.answer: Any = {}
        self.headers: dict[str, str] = {"x-request-id": "req_openai", "request-id": "req_anthropic"}
        self.asked = 0

    def __call__(self, request: Any) -> Any:
        self.asked += 1
        library = _library_of(request)
        if isinstance(self.answer, bytes):
            return library.Response(200, content=self.answer, headers={"content-type": "text/event-stream"})
        return library.Response(200, json=self.answer, headers=self.headers)


def _library_of(request: Any) -> Any:

    return sys.modules[type(request).__module__.partition(".")[0]]


def client(vendor: str, server: Any, *, is_async: bool = False, **options: Any) -> Any:
    """A client of `vendor` that asks `server`."""
    sdk: Any = {"openai": openai, "anthropic": anthropic}[vendor]
    library: Any = _http_library(sdk)
    transport = library.MockTransport(server)
    http_client = library.AsyncClient(transport=transport) if is_async else library.Client(transport=transport)
    name = {"openai": "OpenAI", "anthropic": "Anthropic"}[vendor]
    make = getattr(sdk, f"Async{name}" if is_async else name)
    return make(api_key=KEY, http_client=http_client, max_retries=0, **options)


def _http_library(sdk: Any) -> Any:

    base = sys.modules[f"{sdk.__name__}._base_client"]
    return importlib.import_module("httpx2" if hasattr(base, "httpx2") else "httpx")


class Method:
    """One of the methods, as text names it: `chat.completions.create`."""

    def __init__(self, name: str, vendor: str, arguments: Mapping[str, Any]) -> None:
        self.name = name
        self.vendor = vendor
        self.arguments = dict(arguments)

    def __str__(self) -> str:
        return self.name

    def of(self, owner: Any) -> Callable[..., Any]:
        """The method of a client."""
        for part in self.name.split("."):
            owner = getattr(owner, part)
        return owner  # type: ignore[no-any-return]

    def call(self, server: Any, *, is_async: bool, **more: Any) -> Any:
        """What a call gives: its answer, the chunks of a stream, or its error."""
        owner = client(self.vendor, server, is_async=is_async)
        arguments = {**self.arguments, **more}
        return asyncio.run(self._awaited(owner, arguments)) if is_async else self._called(owner, arguments)

    def _called(self, owner: Any, arguments: dict[str, Any]) -> Any:
        answer = self.of(owner)(**arguments)
        return _read(answer) if arguments.get("stream") else answer

    async def _awaited(self, owner: Any, arguments: dict[str, Any]) -> Any:
        answer = await self.of(owner)(**arguments)
        return await _async_read(answer) if arguments.get("stream") else answer


def _read(stream: Any) -> list[Any]:
    """All that a stream gives, and what its response says meanwhile."""
    found: list[Any] = [type(stream), dict(stream.response.headers), stream.response.is_closed]
    try:
        for chunk in stream:
            found += [chunk, stream.response.num_bytes_downloaded]
    except Exception as error:  # noqa: BLE001 (whatever it is, it must be the same)
        found += [type(error), str(error)]
    return [*found, stream.response.is_closed, stream.response.is_stream_consumed]


async def _async_read(stream: Any) -> list[Any]:
    found: list[Any] = [type(stream), dict(stream.response.headers), stream.response.is_closed]
    try:
        async for chunk in stream:
            found += [chunk, stream.response.num_bytes_downloaded]
    except Exception as error:  # noqa: BLE001 (whatever it is, it must be the same)
        found += [type(error), str(error)]
    return [*found, stream.response.is_closed, stream.response.is_stream_consumed]


_TALK: Final = [{"role": "user", "content": "What is the weather in Ghent?"}]
CHAT: Final = Method("chat.completions.create", "openai", {"model": "gpt-4o", "messages": _TALK})
EMBEDDINGS: Final = Method("embeddings.create", "openai", {"model": "text-embedding-3-small", "input": ["a", "b"]})
MESSAGES: Final = Method("messages.create", "anthropic", {"model": "claude-x", "max_tokens": 50, "messages": _TALK})
BETA: Final = Method("beta.messages.create", "anthropic", MESSAGES.arguments)
METHODS: Final = [CHAT, EMBEDDINGS, MESSAGES, BETA]
if hasattr(openai.OpenAI, "responses"):
    METHODS.append(Method("responses.create", "openai", {"model": "gpt-4o", "input": "What is the weather?"}))

TAKES_CHAT: Final = tuple(int(part) for part in openai.__version__.split(".")[:2]) >= (1, 60)
"""The oldest SDKs turn an object into a list of its names where a list is expected, and the lane leaves them alone."""


def difference(one: Any, other: Any, path: str = "") -> str | None:
    """Where two results differ, also in what their classes keep of where they came from; None where they do not."""
    if isinstance(one, type) or isinstance(other, type):
        return None if one is other else f"{path}: {one} and {other}"
    if type(one) is not type(other):
        return f"{path}: {type(one).__name__} and {type(other).__name__}"
    if hasattr(one, "__pydantic_fields_set__"):
        for name in ("__pydantic_fields_set__", "__pydantic_private__", "__pydantic_extra__"):
            if getattr(one, name) != getattr(other, name):
                return f"{path}.{name}: {getattr(one, name)} and {getattr(other, name)}"
        return difference(vars(one), vars(other), path)
    if is_object(one):
        if list(one) != list(other):
            return f"{path}: names {list(one)} and {list(other)}"
        return next((found for name in one if (found := difference(one[name], other[name], f"{path}.{name}"))), None)
    if is_array(one):
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} items"
        pairs: Iterator[tuple[int, tuple[Any, Any]]] = enumerate(zip(one, other, strict=True))
        return next((found for place, pair in pairs if (found := difference(*pair, f"{path}[{place}]"))), None)
    return None if one == other or (one != one and other != other) else f"{path}: {one!r} and {other!r}"


def events(*data: Any, named: bool = False, done: bool = False) -> bytes:
    """A stream of these events."""
    texts = [json.dumps(each, separators=(",", ":")) for each in data]
    names = [f"event: {each['type']}\n" if named else "" for each in data]
    lines = [f"{name}data: {text}\n\n" for name, text in zip(names, texts, strict=True)]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()
