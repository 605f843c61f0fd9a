"""What an SDK's method adds to plain arguments, found out by calling it with nowhere to send them to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, cast

from agentreplay._json.values import is_object


@dataclass(eq=False, slots=True)
class Added:
    """The body that a method makes of its arguments, and what it makes of the answer (None: nothing).

    `warnings` are what it warns of, text and category.
    """

    body: dict[str, Any]
    parse: Callable[[Any], Any] | None = None
    warnings: tuple[tuple[str, type[Warning]], ...] = ()


class _Nowhere:
    """Stands in the place of a resource, and keeps what its method would post."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.body: Any = None
        self.options: Mapping[str, Any] = {}

    def _post(self, _path: str, *, body: Any = None, options: Mapping[str, Any] | None = None, **_more: Any) -> None:
        self.body = body
        self.options = options or {}


class _AsyncNowhere(_Nowhere):
    async def _post(self, path: str, **more: Any) -> None:  # type: ignore[override]
        super()._post(path, **more)


class _Noting:
    """Stands in the place of the module `warnings`."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, type[Warning]]] = []

    def warn(self, message: str, category: type[Warning] = UserWarning, **_more: Any) -> None:
        self.noted.append((message, category))


def added(function: Any, client: Any, arguments: Mapping[str, Any]) -> Added | None:
    """What `function`, the SDK's own method, adds to these; None where that is no plain body, or takes waiting.

    Whoever listens to warnings hears none.
    """
    is_async = inspect.iscoroutinefunction(function)
    nowhere = _AsyncNowhere(client) if is_async else _Nowhere(client)
    noting = _Noting()
    quiet = FunctionType(function.__code__, {**function.__globals__, "warnings": noting}, function.__name__)
    quiet.__kwdefaults__ = function.__kwdefaults__
    try:
        result = quiet(nowhere, **arguments)
        if is_async:
            _finish(cast("Coroutine[Any, Any, Any]", result))
    except Exception:  # noqa: BLE001 (what the SDK has against the arguments, it says to the caller itself)
        return None
    options = nowhere.options
    if not is_object(nowhere.body) or options.get("params") or options.get("extra_json"):
        return None
    parse = options.get("post_parser")
    parse = parse if inspect.isfunction(parse) or hasattr(parse, "func") else None
    return Added(nowhere.body, parse, tuple(noting.noted))


def _finish(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("it waits")
