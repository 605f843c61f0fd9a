"""The methods by which a call goes through a client, and whether somebody has changed them."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter, is_
from pathlib import Path
from types import FunctionType
from typing import Any, Final, cast

STEPS: Final = (
    "post",
    "request",
    "_build_request",
    "_copy_and_prepare",
    "_maybe_override_cast_to",
    "_process_response",
    "_process_response_data",
)
"""The methods of a client by which a call goes to the funnel and its answer comes back."""


class Steps:
    """The methods with these names that the clients of `client_class` had when this was made.

    Attributes:
        post: The function that a resource posts by.
    """

    def __init__(self, client_class: type[Any]) -> None:
        self._class = client_class
        found = [(owner, name, vars(owner).get(name)) for owner in client_class.__mro__[:-1] for name in STEPS]
        self.found: list[tuple[type, str, Any]] = [each for each in found if each[2] is not None]
        self.post: Any = next(value for _, name, value in self.found if name == "post")
        names = [name for _, name, _ in self.found]
        # A plain function that one class alone has is what looking it up in the client's class finds. Whatever else is
        # put in its way is found instead of it, and what is put behind it is never reached.
        alone = {name: value for _, name, value in self.found if type(value) is FunctionType and names.count(name) == 1}
        self._functions = tuple(alone.values())
        self._look_up = attrgetter(*alone) if len(alone) > 1 else None
        self._missing = [name for name in STEPS if name not in names]
        self._others: list[tuple[Mapping[str, Any], str, Any]] = []
        for name in [name for name in STEPS if name in names and (name not in alone or self._look_up is None)]:
            each = [
                (cast("Mapping[str, Any]", vars(owner)), other, value) for owner, other, value in found if other == name
            ]
            self._others += each[: 1 + max(place for place, (_, _, value) in enumerate(each) if value is not None)]

    def are_unchanged(self) -> bool:
        """Whether the class of the clients, and those above it, have them still."""
        if self._look_up is not None:
            try:
                if not all(map(is_, self._look_up(self._class), self._functions)):
                    return False
            except AttributeError:
                return False
        for name in self._missing:
            if hasattr(self._class, name):
                return False
        for names, name, value in self._others:  # noqa: SIM110 (a generator takes longer than the few look-ups)
            if names.get(name) is not value:
                return False
        return True


def is_own(method: Any, home: Path) -> bool:
    """Whether a method is the own code, in all its layers, of the SDK that is installed in the folder `home`."""
    while isinstance(method, FunctionType):
        if home not in Path(method.__code__.co_filename).parents:
            return False
        inner = vars(method).get("__wrapped__")
        if inner is None:
            return True
        method = inner
    return False
