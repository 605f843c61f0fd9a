"""Interactions of a file, of which only the beginning was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import ConfigDict

from agentreplay._recorded import Interaction
from agentreplay._unread import ONE_AT_A_TIME, PLACE, TEXTS, Unread, private_of, read
from agentreplay._unread_texts import Texts

_PARTS: Final = frozenset({"request", "response"})


class UnreadInteraction(Unread, Interaction):
    """An interaction that stands in a file that was loaded, and of which only the beginning was looked at."""

    model_config = ConfigDict(defer_build=True)
    _ordinary = Interaction
    _names = (*Interaction.model_fields,)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _PARTS:
                with ONE_AT_A_TIME:
                    if name not in self.__dict__ and isinstance(self, UnreadInteraction):
                        self.__dict__[name] = self._texts().part(self.__dict__[PLACE], name)
                    return self.__dict__[name]
            # It may have members that no class knows of; what Python itself looks for is never one of them.
            return super().__getattr__(name) if name.startswith("__") else getattr(read(self), name)

    @property
    def model_extra(self) -> dict[str, Any] | None:
        """The members that no class knows of."""
        return cast("Interaction", read(self)).model_extra

    def short_key(self) -> str:
        """The first sixteen digits of the request's key."""
        with ONE_AT_A_TIME:
            if self.__pydantic_private__ is None or "request" in self.__dict__:
                return Interaction.short_key(self)
            return self._texts().short_key(self.__dict__[PLACE])

    def _held_answer(self) -> tuple[Mapping[str, Any], bool]:
        with ONE_AT_A_TIME:
            if isinstance(self, UnreadInteraction) and "response" not in self.__dict__:
                held = self._texts().held(self.__dict__[PLACE])
                if held is not None:
                    return held, True
        return Interaction._held_answer(self)

    def _is_read_from(self, other: Interaction) -> bool:
        """Whether both stand at the same place of the same file, as nobody has asked for either."""
        others = other.__pydantic_private__
        return (
            self.__pydantic_private__ is not None
            and others is not None
            and self._texts() == others[TEXTS]
            and _PARTS.isdisjoint(self.__dict__)
            and self.__dict__ == other.__dict__
        )

    def _texts(self) -> Texts:
        return cast("Texts", private_of(self)[TEXTS])

    def _told(self) -> dict[str, Any]:
        metadata, others = self._texts().rest(self.__dict__[PLACE])
        object.__setattr__(self, "__pydantic_extra__", {**others, **(self.__pydantic_extra__ or {})})
        object.__setattr__(self, "__pydantic_fields_set__", {*self.__pydantic_fields_set__})
        return {"request": self.request, "response": self.response, "metadata": metadata}


def unread_interactions(texts: Texts, beginnings: Iterable[tuple[str, int, int | None]]) -> list[Interaction]:
    """The interactions that stand in `texts`, of each of which are given id, sequence and parent."""
    found: list[Interaction] = []
    put = object.__setattr__
    # The same for all of them: whatever changes one of these records reads it first.
    private = {TEXTS: texts}
    alone = {"id", "sequence", "request", "response", "metadata"}
    inside = alone | {"parent"}
    for place, (own_id, sequence, parent) in enumerate(beginnings):
        record = Interaction.__new__(UnreadInteraction)
        put(record, "__dict__", {"id": own_id, "sequence": sequence, "parent": parent, PLACE: place})
        put(record, "__pydantic_fields_set__", alone if parent is None else inside)
        put(record, "__pydantic_extra__", None)
        put(record, "__pydantic_private__", private)
        found.append(record)
    return found
