"""What one vendor's module says about its SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentreplay._json.values import is_object
from agentreplay.integrations._stainless.express_table import ExpressTable
from agentreplay.integrations._stainless.failures import Failure
from agentreplay.integrations._stainless.routes import Routes


@dataclass(frozen=True)
class ClientClass:
    """A client's class that refuses to be built without credentials, and the argument that takes a key."""

    name: str
    key_argument: str = "api_key"


@dataclass(frozen=True)
class Vendor:
    """One SDK of this family.

    `package` is the SDK's import name, `kinds` the kind of call of each method that is not plain `http`, `usage_paths`
    where token counts may stand in a body or an event, `final_events` the `type` of events after which a stream has
    nothing left, `key_attributes` the client's attributes that hold credentials, `root_error` the SDK's exception class
    for wrong use, `key_classes` the classes that want a key, `websocket_modules` the modules whose classes open
    WebSockets by a method `connect`, `failures` what the provider answers when something is wrong, by kind of fault,
    `express` the methods that may be answered sooner.
    """

    name: str
    package: str
    routes: Routes
    kinds: Mapping[str, str]
    root_error: str
    usage_paths: Sequence[tuple[str, ...]] = (("usage",),)
    final_events: frozenset[str] = frozenset()
    key_attributes: Sequence[str] = ("api_key",)
    key_classes: Sequence[ClientClass] = ()
    websocket_modules: Sequence[str] = ()
    failures: Mapping[str, Failure] = field(default_factory=dict[str, Failure])
    express: ExpressTable | None = None

    def kind(self, method: str) -> str:
        """The kind of call that `method` is."""
        return self.kinds.get(method, "http")

    def tokens(self, values: Sequence[Any]) -> tuple[int | None, int | None]:
        """Prompt and completion tokens that a body, or the events of a stream, report last."""
        prompt: int | None = None
        completion: int | None = None
        for value in values:
            for path in self.usage_paths:
                usage = _at(value, path)
                prompt = _count(usage, ("prompt_tokens", "input_tokens"), prompt)
                completion = _count(usage, ("completion_tokens", "output_tokens"), completion)
        return prompt, completion


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not is_object(value):
            return None
        value = value.get(name)
    return value


def _count(usage: Any, names: Sequence[str], before: int | None) -> int | None:
    if is_object(usage):
        for name in names:
            if isinstance(usage.get(name), int):
                return int(usage[name])
    return before
