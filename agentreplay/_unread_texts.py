"""What a file's interactions are read from, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Texts(Protocol):
    """The interactions of a file, each of which can be read by itself."""

    def short_key(self, place: int) -> str:
        """The first sixteen digits of the key of the request at `place`."""
        ...

    def part(self, place: int, name: str) -> Any:
        """The request or the response at `place`, a new one each time, of which nothing is read."""
        ...

    def begin(self, record: Any, place: int) -> None:
        """Give `record`, which is such a request or response, its fields, but for those that take longer."""
        ...

    def held(self, place: int) -> Mapping[str, Any] | None:
        """The fields of the response at `place`, to be read only; None where a record must be made to know them."""
        ...

    def rest(self, place: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The metadata of the interaction at `place`, and those of its members that no class knows."""
        ...
