"""The way that a call of a method takes through the SDK and back, known well enough to be left out."""

from __future__ import annotations

import inspect
import marshal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MethodType
from typing import Any, Final, cast

from agentreplay._cassette import Interaction
from agentreplay._json.plain import plain_json
from agentreplay._json.values import is_array, is_object
from agentreplay.integrations._stainless.added import Added, added
from agentreplay.integrations._stainless.answer_ids import AnswerIds
from agentreplay.integrations._stainless.construction import Shape
from agentreplay.integrations._stainless.express_table import ExpressTable, HotMethod
from agentreplay.integrations._stainless.hot_methods import KnownMethod, known_method
from agentreplay.integrations._stainless.steps import STEPS, Steps, is_own
from agentreplay.integrations._stainless.vendor import Vendor

_BESIDE: Final = frozenset({"extra_headers", "extra_query", "extra_body"})
NO_ANSWER: Final = object()
"""Stands for an answer that is for the SDK to make."""


class Way:
    """The way that a call of one method takes through the SDK and back, as long as nobody has changed it.

    Attributes:
        function: The method itself.
        post: The function that it sends by.
        is_async: Whether it is to be awaited.
        absent: The classes of arguments that were not given, and that the SDK leaves out.
    """

    def __init__(
        self,
        table: ExpressTable,
        hot: HotMethod,
        known: KnownMethod,
        function: Any,
        client_class: Any,
        steps: Steps,
        package: str,
    ) -> None:
        self.known = known
        self.client_class = client_class
        self._table = table
        self._hot = hot
        self.function = function
        self._steps = steps
        self.post = steps.post
        self.is_async = inspect.iscoroutinefunction(function)
        self._names = known.arguments - hot.in_headers
        self._all_names = known.arguments | _BESIDE | {"timeout"}
        self.absent = _absent_types(package)
        self._models = sys.modules[f"{package}._models"]
        self._ids = AnswerIds(self._models)
        self._package = package
        self._shape: Shape | None = None
        self._warned: dict[bytes, Added | None] = {}

    @classmethod
    def of(
        cls,
        vendor: Vendor,
        table: ExpressTable,
        hot: HotMethod,
        method: Any,
        client_name: str,
        patched: Mapping[Any, Any],
    ) -> Way | None:
        """The way as the SDK has it; None where somebody has changed it, or where we do not know it well enough."""
        sdk = sys.modules[vendor.package]
        client_class: Any = getattr(sdk, client_name)
        home = Path(inspect.getfile(sdk)).parent
        steps = Steps(client_class)
        for owner, name, value in steps.found:
            ours = patched.get((owner, name)) is value
            if not is_own(value.__wrapped__ if ours else value, home):
                return None
        if not is_own(method, home):
            return None
        function = inspect.unwrap(method)
        known = known_method(vendor.package, table, hot, function)
        return None if known is None else cls(table, hot, known, function, client_class, steps, vendor.package)

    def is_open(self, resource: Any, client: Any) -> bool:
        """Whether a call of `resource`, which belongs to `client`, still goes this way."""
        sort: object = cast("object", type(client))
        if sort is not self.client_class:
            return False
        held: dict[str, Any] = client.__dict__
        its_own: dict[str, Any] = resource.__dict__
        posts = its_own.get("_post")
        if (
            type(posts) is not MethodType
            or posts.__func__ is not self.post
            or posts.__self__ is not client
            or getattr(client, "_middleware", None)
            or held.get("_strict_response_validation") is not False
            or not self._steps.are_unchanged()
            or not held.keys().isdisjoint(STEPS)
        ):
            return False
        headers: Mapping[Any, Any] | None = held.get("_custom_headers")
        return not headers or all(_is_plain_header(name, value) for name, value in headers.items())

    def takes(self, kwargs: Mapping[str, Any]) -> bool:
        """Whether these arguments have names that the method takes, and are all that it needs."""
        return self._hot.needed <= kwargs.keys() <= self._all_names

    def asking(self, client: Any, kwargs: Mapping[str, Any]) -> Added | None:
        """The body that the SDK makes of these arguments; None where that is for the SDK to say."""
        body: dict[str, Any] = {}
        beside: dict[str, Any] = {}
        for name, value in kwargs.items():
            if type(value) in self.absent:
                continue
            if name in self._names:
                body[name] = value
            elif name in self._hot.in_headers:
                if not _is_plain_text(value):
                    return None
            elif name == "extra_body" and is_object(value) and type(value) is dict:
                beside = value
            elif name in _BESIDE:
                if value is not None and value != {}:
                    return None
            elif name != "timeout" or type(value) not in (int, float, type(None)):
                return None
        if not self._hot.needed <= body.keys():
            return None
        if not self._table.takes_as_it_is(client, body, self.known.namespace):
            return None
        if beside:
            if self._hot.adds or not beside.keys().isdisjoint(kwargs) or "stream" in beside:
                return None
            body.update(beside)
        if self._hot.adds:
            # It reads them, as it will again: they must be such that this changes nothing.
            return None if plain_json(body) is None else added(self.function, client, body)
        if "warnings" not in self.known.uses:
            return Added(body)
        warned = self._warned_of(client, body)
        return None if warned is None else Added(body, None, warned.warnings)

    def _warned_of(self, client: Any, body: Mapping[str, Any]) -> Added | None:
        """What the method warns of, which depends on few of its arguments."""
        telling = {name: body[name] for name in self._hot.warned_of if name in body}
        try:
            key = marshal.dumps(telling, 2)
        except ValueError:
            return None
        if key not in self._warned:
            self._warned[key] = added(self.function, client, {**self._hot.harmless, **telling})
        return self._warned[key]

    def answer(self, interaction: Interaction, parse: Callable[[Any], Any] | None) -> Any:
        """What the SDK makes of the recorded answer; `NO_ANSWER` where that is for the SDK to say."""
        held, as_written = interaction._held_answer()
        status = held.get("http_status")
        body = held.get("body")
        if (
            held.get("status") != "ok"
            or not (status is None or 200 <= status < 300)
            or held.get("error") is not None
            or held.get("incomplete")
            or held.get("encoding") is not None
            or held.get("events") is not None
            or not is_object(body)
        ):
            return NO_ANSWER
        try:
            if self._shape is None:
                self._shape = Shape(self._package, self.known.cast_to)
            # What nobody has asked for yet is as the file has it.
            answer = (self._shape.build_of_json if as_written else self._shape.build)(body)
            if parse is not None:
                answer = parse(answer)
        except Exception:  # noqa: BLE001 (whatever the SDK has against it, it says itself)
            return NO_ANSWER
        if not isinstance(answer, self._models.BaseModel):
            return NO_ANSWER
        self._ids.put(answer, held.get("headers") or {})
        return answer


def _absent_types(package: str) -> frozenset[type]:
    """The classes of arguments that were not given, and that the SDK leaves out."""
    types = sys.modules[f"{package}._types"]
    found = [types.NotGiven]
    if hasattr(types, "omit"):
        found.append(types.Omit)
    return frozenset(found)


def _is_plain_header(name: Any, value: Any) -> bool:
    return (
        type(name) is str
        and type(value) is str
        and name.isascii()
        and value.isascii()
        and not name.lower().startswith("x-stainless")
    )


def _is_plain_text(value: Any) -> bool:
    """Whether this, or each of these, can stand in a header."""
    texts: list[Any] = value if is_array(value) else [value]
    return all(type(text) is str and text.isascii() and text.isprintable() for text in texts)
