"""From values written as differences to the values themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NoReturn, Protocol, cast

from agentreplay._json.values import is_array, is_object
from agentreplay._linear.marks import (
    AS,
    END,
    HERE,
    MARKS,
    ORDER,
    PLAIN,
    THEN,
    WITHOUT,
    is_marked,
    read_far,
    read_item,
    read_run,
)
from agentreplay._linear.plainest import plainly_changed
from agentreplay._linear.weight import EACH, Weights


class UnresolvableError(Exception):
    """A difference that is none from anything.

    `reason` says why without a word of the file; `position` tells which value, where it is not the one that was asked
    for, and `place` where in it.
    """

    def __init__(self, reason: str, place: Sequence[str | int] = ()) -> None:
        self.reason = reason
        self.position: int | None = None
        self.place = (*place,)
        super().__init__(reason)


class Written(Protocol):
    """Values as they are written. A list of them, or what reads each once it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> Any: ...


class Unfolded:
    """Values of which each may be written as what differs from an earlier one.

    `counted_in` is the word for a step back (`interaction`, `event`). No value may weigh more than `limit`. The values
    share what they have in common, so they must not be changed.
    """

    def __init__(self, written: Written, limit: int, counted_in: str = "interaction") -> None:
        self._written = written
        self._limit = limit
        self._counted_in = counted_in
        self._weights = Weights()
        self._known: dict[int, Any] = {}

    def base_of(self, position: int) -> int | None:
        """The position that the value at `position` is a difference from; None where it is written as itself.

        Raises:
            UnresolvableError: there is no such value.
        """
        return self._base(self._written[position], position)

    def value(self, position: int) -> Any:
        """The whole value at `position`.

        Raises:
            UnresolvableError: it is a difference from nothing, or would weigh more than the limit.
        """
        # From the nearest one that is known, forwards: a chain may be longer than Python's stack.
        chain: list[tuple[int, Any, int | None]] = []
        step: int | None = position
        reached = position
        try:
            while step is not None and step not in self._known:
                reached = step
                written = self._written[step]
                chain.append((step, written, self._base(written, step)))
                step = chain[-1][2]
            while chain:
                reached, written, base = chain.pop()
                self._known[reached] = self._whole(written, base)
        except UnresolvableError as error:
            error.position = reached
            raise
        return self._known[position]

    def put(self, position: int, value: Any) -> None:
        """Note what the value at `position` is, where that is known already."""
        self._known[position] = value

    def _base(self, written: Any, position: int) -> int | None:
        if not is_marked(written) or PLAIN in written:
            return None
        far = read_far(written[AS])
        if far is None or far[0] != self._counted_in:
            _refuse(f"{AS!r} should name an earlier {self._counted_in}, as in '{self._counted_in} -1'", AS)
        if far[1] > position:
            _refuse(f"there is no {self._counted_in} that far back", AS)
        return position - far[1]

    def _whole(self, written: Any, base: int | None) -> Any:
        if base is None:
            return _plain(written) if is_marked(written) else written
        value = plainly_changed(written, self._known[base])
        return changed(written, self._known[base], self._weights, self._limit) if value is None else value


def changed(written: dict[str, Any], base: Any, weights: Weights, limit: int) -> Any:
    """What `written` says, as a difference from `base`.

    Raises:
        UnresolvableError: it is none from it, or the value would weigh more than `limit`.
    """
    value = _Change(weights, limit).of_value(written, base)
    if weights.of(value) > limit:
        _refuse(_TOO_LARGE)
    return value


_TOO_LARGE: Final = "it would be far larger than the file that it stands in"
_NOT_A_NAME: Final = "it should name each member once"
_MARKS_OF_OBJECTS: Final = frozenset({AS, WITHOUT, ORDER})


class _Change:
    """One value on its way from its base; what is taken from that is refused once it is more than `limit`."""

    def __init__(self, weights: Weights, limit: int) -> None:
        self._weights = weights
        self._left = limit

    def of_value(self, written: dict[str, Any], base: Any) -> Any:
        if len(written) == 1:
            return base
        if not is_object(base):
            _refuse("only an object can have other members, and this is a difference from something else")
        self._take(EACH * len(base))
        gone = _without(written, base)
        found = {name: value for name, value in base.items() if name not in gone}
        for name, value in written.items():
            if name not in MARKS:
                with _inside(name):
                    found[name] = self._member(value, base, name)
            elif name not in _MARKS_OF_OBJECTS:
                _refuse("it has no place here", name)
        return _in_order(found, written[ORDER]) if ORDER in written else found

    def _member(self, value: Any, base: dict[str, Any], name: str) -> Any:
        if is_array(value) and any(map(is_marked, value)):
            return self._list(value, base.get(name))
        if not is_marked(value):
            return value
        told = cast("dict[str, Any]", value)
        if PLAIN in told:
            return _plain(told)
        if name not in base:
            _refuse("there is nothing in this place that it could differ from", AS)
        if type(base[name]) is str:
            return self._text(told, base[name])
        if told[AS] != HERE:
            _refuse(f"it should be {HERE!r}", AS)
        return self.of_value(told, base[name])

    def _list(self, written: list[Any], base: Any) -> list[Any]:
        found: list[Any] = []
        weight = 0
        for place, item in enumerate(written):
            with _inside(place):
                run = self._run(item, base) if is_marked(item) and PLAIN not in item else None
                if run is not None:
                    found += base[slice(*run)]
                    weight += self._weights.of_run(base, *run)
                    continue
                found.append(self._item(item, base) if is_marked(item) else item)
                weight += self._weights.of(found[-1])
        self._weights.put(found, weight)
        return found

    def _run(self, item: dict[str, Any], base: Any) -> tuple[int, int] | None:
        """Which items of `base` are meant; None where it is a single one."""
        if not is_array(base):
            _refuse("there is no list in this place that it could be taken from", AS)
        if read_item(item[AS], len(base)) is not None:
            return None
        run = read_run(item[AS], len(base))
        if run is None or len(item) > 1:
            _refuse(f"there are no such items among {len(base)}", AS)
        self._take(EACH * (run[1] - run[0]))
        return run

    def _item(self, item: dict[str, Any], base: list[Any]) -> Any:
        if PLAIN in item:
            return _plain(item)
        place = read_item(item[AS], len(base))
        return self.of_value(item, base[place or 0])

    def _text(self, written: dict[str, Any], base: str) -> str:
        parts: list[str] = []
        for name, value in written.items():
            if name == THEN:
                if type(value) is not str:
                    _refuse("it should be a text", name)
                parts.append(value)
                continue
            run = read_run(value, len(base)) if name in {AS, END} else None
            if run is None:
                _refuse(f"there are no such characters among {len(base)}", name)
            self._take(run[1] - run[0])
            parts.append(base[slice(*run)])
        return "".join(parts)

    def _take(self, weight: int) -> None:
        # Before it is taken, so that what grows from value to value is refused while it is small.
        self._left -= weight
        if self._left < 0:
            _refuse(_TOO_LARGE)


class _inside:  # noqa: N801 # it reads like the function that it stands for
    """Within, what is refused stands in this member or item."""

    def __init__(self, step: str | int) -> None:
        self._step = step

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, UnresolvableError):
            error.place = (self._step, *error.place)


def _without(written: dict[str, Any], base: dict[str, Any]) -> frozenset[str]:
    names = written.get(WITHOUT, [])
    if not is_array(names) or not all(type(name) is str and name in base for name in names):
        _refuse("it should name members that were there", WITHOUT)
    return frozenset(names)


def _in_order(found: dict[str, Any], names: Any) -> dict[str, Any]:
    if not is_array(names) or len(names) != len(found) or not all(type(name) is str for name in names):
        _refuse(_NOT_A_NAME, ORDER)
    if found.keys() != {*names}:
        _refuse(_NOT_A_NAME, ORDER)
    return {name: found[name] for name in names}


def _plain(written: dict[str, Any]) -> Any:
    if len(written) > 1:
        _refuse(f"{PLAIN!r} should stand alone")
    return written[PLAIN]


def _refuse(reason: str, *place: str | int) -> NoReturn:
    raise UnresolvableError(reason, place)
