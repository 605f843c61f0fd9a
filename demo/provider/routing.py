"""From a verb and a path to the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from demo.provider.exchange import Json, Received, Reply
from demo.provider.model import Model
from demo.provider.store import Store, page
from demo.provider.vendors import CREATED, error_reply


@dataclass(frozen=True)
class Call:
    """What a function that answers is given: `ids` are the variable parts of the path, `url` is the provider's own."""

    request: Received
    ids: tuple[str, ...]
    model: Model
    store: Store
    url: str

    @property
    def body(self) -> Json:
        """The JSON of the request."""
        return self.request.json

    @property
    def number(self) -> int:
        """The number of the request."""
        return self.request.number

    @property
    def created(self) -> int:
        """The time of the answer, in seconds."""
        return CREATED + self.request.number

    def page(self, prefix: str, after: str | None, default_limit: int = 20) -> tuple[list[Json], bool]:
        """The page of stored objects that the query asks for, and whether more follow."""
        limit = int(self.request.query.get("limit", default_limit))
        return page(self.store.listed(prefix), after, limit)

    def missing(self) -> Reply:
        """The answer where an object is asked for that is not there."""
        return error_reply(self.request, 404, f"No such object: {'/'.join(self.ids)}")


Answer: TypeAlias = Callable[[Call], Reply]
Routes: TypeAlias = Mapping[tuple[str, str], Answer]
"""Functions by verb and path; `{}` in a path stands for one variable part."""


class Router:
    """Finds the function for a request."""

    def __init__(self, *tables: Routes) -> None:
        self._routes = [
            (verb, re.compile(re.escape(path).replace(r"\{\}", "([^/]+)")), answer)
            for table in tables
            for (verb, path), answer in table.items()
        ]

    def find(self, verb: str, path: str) -> tuple[Answer, tuple[str, ...]] | None:
        """The function for this verb and path, and the variable parts of the path; None where there is none."""
        for known, pattern, answer in self._routes:
            if known == verb and (match := pattern.fullmatch(path)):
                return answer, match.groups()
        return None
