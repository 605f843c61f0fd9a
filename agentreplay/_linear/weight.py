"""How large a value is, and how large one may become that stands in a file as a difference."""

from __future__ import annotations

from typing import Any, Final, cast

EACH: Final = 32
"""What every value weighs beside its text: about the bytes of memory that a place in a list or object takes."""

_FREE: Final = 128_000
_TIMES: Final = 8


def heaviest(file_size: int) -> int:
    """The weight that a value may have which a file of `file_size` bytes tells by differences.

    What stands in a file once and is nowhere doubled weighs about as much as the file. Nothing that we write comes near
    to this; a file made to fill the memory does.
    """
    return _FREE + _TIMES * file_size


class Weights:
    """The weights of values, about the number of their bytes. A value is looked through once, and must not change."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, int]] = {}

    def of(self, value: Any) -> int:
        """The weight of one value."""
        sort = cast("object", type(value))
        if sort is str:
            return len(value) + EACH
        if sort is not dict and sort is not list:
            return EACH
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if sort is dict:
            return self.put(value, sum(map(len, value)) + sum(map(self.of, value.values())))
        return self.put(value, sum(map(self.of, value)))

    def of_run(self, values: list[Any], start: int, stop: int) -> int:
        """The weight of the items of a list from `start` up to `stop`. A list but for few items takes no longer."""
        if stop - start <= len(values) // 2:
            return sum(map(self.of, values[start:stop]))
        rest = sum(map(self.of, values[:start])) + sum(map(self.of, values[stop:]))
        return self.of(values) - EACH - rest

    def put(self, value: Any, inside: int) -> int:
        """Note that what is in the container `value` weighs `inside`. Gives the weight of the value itself."""
        # The value is kept, so that no other one gets its place in the memory.
        self._known[id(value)] = (value, inside + EACH)
        return inside + EACH
