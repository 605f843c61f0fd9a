"""What a vendor's module says about the methods that may take the express lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HotMethod:
    """A method that agents call most: its name, the module and the classes that have it, and the class of its answer.

    `needed` are the arguments without which the SDK refuses the call, `in_headers` those that the SDK sends in headers.
    `adds` says that the SDK adds to the arguments, and to the answer: it is asked what. It warns of nothing but
    `warned_of`, which a call with the arguments `harmless` beside them tells.
    """

    method: str
    module: str
    owners: tuple[str, str]
    answer: str
    needed: frozenset[str]
    in_headers: frozenset[str] = frozenset()
    adds: bool = False
    warned_of: tuple[str, ...] = ()
    harmless: Mapping[str, Any] = field(default_factory=dict[str, Any])


def _anything(_client: Any, _arguments: Mapping[str, Any], _namespace: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class ExpressTable:
    """The `methods` of one SDK that are answered before the SDK prepares a request, and of which `clients`.

    The method must use nothing but what it is known by: types, and `harmless_names`, which leave plain arguments as
    they are, unless `takes_as_it_is` (called with client, arguments and the names of the method's module) says no.
    `once` says that all of them are wrapped once the SDK itself is imported, else each with its own module.
    """

    methods: Sequence[HotMethod]
    clients: tuple[str, str]
    harmless_names: frozenset[str] = frozenset()
    takes_as_it_is: Callable[[Any, Mapping[str, Any], Mapping[str, Any]], bool] = _anything
    once: bool = False
