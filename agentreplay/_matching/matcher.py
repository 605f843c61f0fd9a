"""What counts when two requests are compared: a matcher makes both comparable before they are hashed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from agentreplay._carving import only, without
from agentreplay._cassette import RecordedRequest
from agentreplay._errors import ConfigurationError
from agentreplay._json.canonical import canonical_json
from agentreplay._json.values import is_array, with_leaves
from agentreplay._matching.volatile import Volatile, without_volatile
from agentreplay._paths import BodyPath

RequestTransform: TypeAlias = Callable[[RecordedRequest], RecordedRequest]
"""Makes a request comparable: what it returns is compared instead."""

IGNORED = "<ignored>"
"""What stands in a request that is shown, where a matcher does not look."""


@dataclass(frozen=True, repr=False)
class Matcher:
    """Which parts of a request count, and how values are made comparable. Without arguments: all of it, as it is.

    Requests are made comparable first and looked up by the fingerprint of what results, so no option makes finding an
    answer slower in a longer cassette. Kind and method always count. A matcher never changes; `one | other` is a new
    one that applies the options of both.

    Args:
        ignore: paths of the body that do not count: `"metadata.*"`, `"messages[*].name"`, `"tools[-1]"`,
            `"..cache_control"` (at any depth), `"messages[?@.role=='system'].content"`, `"$query['api-version']"` (of
            the query parameters).
        only: paths of the body that alone count. The model counts if `"model"` is one of them, query parameters if one
            begins with `$query`.
        volatile: the sorts of values that do not count (see `Volatile`), or their names.
        ignore_whitespace: white space at the ends of a text does not count, and any run of it inside is one space.
        ignore_tool_order: the order of `tools` does not count.
        transform: functions that each take a `RecordedRequest` and return the one to compare instead. They run before
            the other options, in this order, on a copy of their own.

    Raises:
        ConfigurationError: a path that is none or can never match anything, an unknown rule, or options that contradict
            each other; the message names the argument.
    """

    ignore: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    volatile: tuple[Volatile, ...] = ()
    ignore_whitespace: bool = False
    ignore_tool_order: bool = False
    transform: tuple[RequestTransform, ...] = ()
    _ignored: tuple[BodyPath, ...] = field(init=False, repr=False, compare=False)
    _wanted: tuple[BodyPath, ...] = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        *,
        ignore: str | Iterable[str] = (),
        only: str | Iterable[str] = (),
        volatile: Volatile | str | Iterable[Volatile | str] = (),
        ignore_whitespace: bool = False,
        ignore_tool_order: bool = False,
        transform: RequestTransform | Iterable[RequestTransform] = (),
    ) -> None:
        def keep(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        keep("ignore", _unique(_several(ignore, "ignore")))
        keep("only", _unique(_several(only, "only")))
        keep("volatile", _rules(volatile))
        keep("ignore_whitespace", _switch(ignore_whitespace, "ignore_whitespace"))
        keep("ignore_tool_order", _switch(ignore_tool_order, "ignore_tool_order"))
        keep("transform", _functions(transform))
        keep("_ignored", tuple(BodyPath.parse(text, "ignore") for text in self.ignore))
        keep("_wanted", tuple(BodyPath.parse(text, "only") for text in self.only))
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        if not self._wanted:
            return
        for path in self._ignored:
            if not any(path.overlaps(wanted) for wanted in self._wanted):
                why = f"it can never match anything, since only={list(self.only)!r} does not let it count"
                raise ConfigurationError.not_usable("ignore", path.text, why)
        for wanted in self._wanted:
            by = next((path for path in self._ignored if path.covers(wanted)), None)
            if by:
                raise ConfigurationError.not_usable("only", wanted.text, f"contradicts ignore={by.text!r}")

    def __or__(self, other: Matcher) -> Matcher:
        if not isinstance(other, Matcher):  # pyright: ignore[reportUnnecessaryIsInstance] # as the protocol asks
            return NotImplemented
        if self.only and other.only and set(self.only) != set(other.only):
            why = f"two matchers with `only` cannot be combined (the other: {list(other.only)!r}); write one list"
            raise ConfigurationError.not_usable("only", list(self.only), why)
        return Matcher(
            ignore=self.ignore + other.ignore,
            only=self.only or other.only,
            volatile=self.volatile + other.volatile,
            ignore_whitespace=self.ignore_whitespace or other.ignore_whitespace,
            ignore_tool_order=self.ignore_tool_order or other.ignore_tool_order,
            transform=self.transform + other.transform,
        )

    def __repr__(self) -> str:
        said = [(item.name, getattr(self, item.name)) for item in fields(self) if not item.name.startswith("_")]
        return f"Matcher({', '.join(f'{name}={_shown(value)}' for name, value in said if value)})"

    def __call__(self, request: RecordedRequest) -> RecordedRequest:
        """What is compared in the place of `request`, which is left as it is."""
        return self._prepared(request, shown=False)

    def as_shown(self, request: RecordedRequest) -> RecordedRequest:
        """`request` with all that does not count made alike, but everything at the place where it stands.

        It is what differences are looked for in: their paths are those of the request itself.
        """
        return self._prepared(request, shown=True)

    @property
    def ignored_paths(self) -> tuple[BodyPath, ...]:
        """The paths of `ignore`, read."""
        return self._ignored

    @property
    def only_paths(self) -> tuple[BodyPath, ...]:
        """The paths of `only`, read."""
        return self._wanted

    def with_rules(self, *rules: Volatile) -> Matcher:
        """This matcher with these rules for volatile values as well."""
        return self | Matcher(volatile=rules)

    def _prepared(self, request: RecordedRequest, *, shown: bool) -> RecordedRequest:
        for function in self.transform:
            request = _transformed(request, function)
        model, body, query = request.model, request.body, request.query
        if self._wanted:
            body = only(body, self._of(self._wanted, "body"))
            query = only(query or {}, self._of(self._wanted, "query")) or None
            if not any(path.covers(_MODEL) for path in self._wanted):
                model = None
        if self._ignored:
            if any(path.covers(_MODEL) for path in self._ignored):
                model = None
            if shown:
                body = without(body, self._of(self._ignored, "body"), hole=IGNORED)
            else:
                body = without(body, self._of(self._ignored, "body"))
            query = without(query or {}, self._of(self._ignored, "query")) or None
        if self.volatile:
            body = without_volatile(body, self.volatile)
            query = without_volatile(query, self.volatile) if query else query
        if self.ignore_whitespace:
            body = with_leaves(body, _plain_space)
        tools = body.get("tools")
        if self.ignore_tool_order and not shown and is_array(tools):
            body = {**body, "tools": sorted(tools, key=canonical_json)}
        return request.model_copy(update={"model": model, "body": body, "query": query})

    @staticmethod
    def _of(paths: tuple[BodyPath, ...], root: str) -> list[BodyPath]:
        return [path for path in paths if path.root == root]


_MODEL = BodyPath.parse("model", "only")


def _transformed(request: RecordedRequest, function: RequestTransform) -> RecordedRequest:
    # A copy: a function that changes what it was given must not change the recording or the caller's arguments.
    result = function(request.model_copy(deep=True))
    if not isinstance(result, RecordedRequest):  # pyright: ignore[reportUnnecessaryIsInstance] # it is the user's
        why = f"it returned {type(result).__name__}, and must return the RecordedRequest to compare"
        raise ConfigurationError.not_usable("transform", function, why)
    return result


def _several(value: str | Iterable[str], argument: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    try:
        return tuple(value)
    except TypeError:
        raise ConfigurationError.not_usable(argument, value, "expected a path, or several in a list") from None


def _unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _rules(value: Volatile | str | Iterable[Volatile | str]) -> tuple[Volatile, ...]:
    names = [name.strip().lower() if type(name) is str else name for name in _several(value, "volatile")]
    known = [rule.value for rule in Volatile]
    for name in names:
        if name not in known:
            raise ConfigurationError.unknown_choice("volatile", name, known)
    return tuple(rule for rule in Volatile if rule in names)


def _switch(value: bool, argument: str) -> bool:
    if not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance] # it may come from a file
        raise ConfigurationError.not_usable(argument, value, "expected True or False")
    return value


def _functions(value: RequestTransform | Iterable[RequestTransform]) -> tuple[RequestTransform, ...]:
    if callable(value):
        return (value,)
    functions = tuple(value) if isinstance(value, Iterable) else (value,)  # pyright: ignore[reportUnnecessaryIsInstance]
    for function in functions:
        if not callable(function):  # pyright: ignore[reportUnnecessaryComparison] # it comes from the user
            why = "expected a function that takes a RecordedRequest and returns one"
            raise ConfigurationError.not_usable("transform", function, why)
    return functions


def _plain_space(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, Volatile):
        return repr(value.value)
    return str(getattr(value, "__qualname__", None) or repr(value))
