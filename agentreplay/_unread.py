"""Records whose larger fields are put together once somebody asks for them.

A request that was loaded, or shares its history with others, has no body of its own at first. Asked for, it gets one,
and may be changed like any other: nothing that is handed out is shared but texts and numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from pydantic import ConfigDict

from agentreplay._alike import Alike
from agentreplay._fingerprints import ItemDigest, comparable_digest
from agentreplay._linear.exact import own_copy
from agentreplay._recorded import (
    SHORT_KEY_LENGTH,
    Record,
    RecordedRequest,
    RecordedResponse,
    StreamEvent,
)
from agentreplay._unread_texts import Texts

R = TypeVar("R", bound=Record)

Field = Callable[[], Any]
"""Gives what a field holds, to be read only: it may share its parts with others."""

_FIELDS: Final = "fields"
_KEY: Final = "key"
_SHORT_KEY: Final = "short key"
_DIGEST: Final = "digest"
TEXTS: Final = "texts"
PLACE: Final = "place"

ONE_AT_A_TIME: Final = threading.RLock()
"""Two threads may ask for the same field, or for fields that are put together from the same parts."""


class Unread:
    """What reading does to a record: it becomes an ordinary one of the class that it stands for.

    Mixed into a class of records, before it: `_ordinary`, whose fields have these `_names`.
    """

    _ordinary: ClassVar[type[Record]]
    _names: ClassVar[tuple[str, ...]]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # All other fields are there, and are found before this is asked.
            with ONE_AT_A_TIME:
                if not isinstance(self, Unread):
                    # Another thread has read it meanwhile.
                    return getattr(self, name)
                if name not in self._names:
                    return super().__getattr__(name)
                self._begin()
                return self.__dict__[name] if name in self.__dict__ else getattr(read(self), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(read(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(read(self), name)

    def __eq__(self, other: object) -> bool:
        return bool(read(self) == (read(other) if isinstance(other, Unread) else other))

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Any:
        return iter(read(self))

    def __repr__(self) -> str:
        return repr(read(self))

    def __str__(self) -> str:
        return str(read(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return read(self).__reduce_ex__(protocol)

    def __copy__(self) -> Any:
        # Still unread, so that copying a recording to change another field of it costs nothing; without its keys, which
        # are fingerprints of all fields.
        copied: Any = super().__copy__()  # type: ignore[misc]
        private = private_of(copied)
        for name in (_KEY, _SHORT_KEY):
            private.pop(name, None)
        return cast("object", copied)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Any:
        return read(self).__deepcopy__(memo)

    def _to_read(self) -> Any:
        """An ordinary record with the same fields, which shares them."""
        with ONE_AT_A_TIME:
            if not isinstance(self, Unread):
                return self
            plain: Any = super().__copy__()  # type: ignore[misc]
            return _settled(plain, cast("Any", plain)._told())

    def _is_as_written(self) -> bool:
        return isinstance(self, Unread)

    def _begin(self) -> None:
        """Parse the record, if it stands in a file and nobody has asked for any of its fields."""
        with ONE_AT_A_TIME:
            texts = cast("Texts | None", (private_of(self) or {}).pop(TEXTS, None))
            if texts is not None:
                texts.begin(self, private_of(self)[PLACE])

    def _told(self) -> dict[str, Any]:
        """What the fields hold that are not read yet."""
        self._begin()
        fields = cast("dict[str, Field]", private_of(self)[_FIELDS])
        return {name: give() for name, give in fields.items()}


class UnreadRequest(Unread, RecordedRequest):
    """A request whose body is not put together yet."""

    model_config = ConfigDict(defer_build=True)
    _ordinary = RecordedRequest
    _names = (*RecordedRequest.model_fields,)

    def key(self) -> str:
        """The fingerprint of the request, taken once."""
        with ONE_AT_A_TIME:
            private = self.__pydantic_private__ or {}
            # The file says the beginning only.
            if len(private.get(_KEY, "")) <= SHORT_KEY_LENGTH:
                private[_KEY] = self._key(private.get(_DIGEST, comparable_digest))
            return str(private[_KEY])

    def short_key(self) -> str:
        """The first sixteen digits of the key."""
        private = self.__pydantic_private__ or {}
        return str(private.get(_SHORT_KEY) or self.key()[:SHORT_KEY_LENGTH])

    def _body(self) -> dict[str, Any]:
        with ONE_AT_A_TIME:
            Unread._begin(self)
            if "body" in self.__dict__ or self.__pydantic_private__ is None:
                return self.body
            body: dict[str, Any] = self.__pydantic_private__[_FIELDS]["body"]()
            return body


_OF_EVENTS: Final = frozenset({"events", "event_times_ms"})


class UnreadResponse(Unread, RecordedResponse):
    """An answer whose body or events are not put together yet."""

    model_config = ConfigDict(defer_build=True)
    _ordinary = RecordedResponse
    _names = (*RecordedResponse.model_fields,)

    def _held(self) -> Mapping[str, Any]:
        with ONE_AT_A_TIME:
            if not isinstance(self, Unread):
                return self.__dict__
            private = self.__pydantic_private__ or {}
            if TEXTS in private and not self.__dict__:
                held = cast("Texts", private[TEXTS]).held(private[PLACE])
                if held is not None:
                    return held
            self._begin()
            fields: dict[str, Field] = (self.__pydantic_private__ or {}).get(_FIELDS, {})
            return {**{name: give() for name, give in fields.items()}, **self.__dict__}

    def _held_events(self) -> Sequence[Alike] | None:
        with ONE_AT_A_TIME:
            Unread._begin(self)
            give = (self.__pydantic_private__ or {}).get(_FIELDS, {}).get("events")
            if give is None or "events" in self.__dict__ or not hasattr(give, "held"):
                return RecordedResponse._held_events(self)
            return cast("Sequence[Alike]", give.held())

    def _beside_events(self) -> RecordedResponse:
        with ONE_AT_A_TIME:
            Unread._begin(self)
            fields: dict[str, Field] = (self.__pydantic_private__ or {}).get(_FIELDS, {})
            held: dict[str, Any] = {name: [] if name in _OF_EVENTS else give() for name, give in fields.items()}
            found = RecordedResponse.__new__(RecordedResponse)
            put = object.__setattr__
            put(found, "__dict__", {**held, **self.__dict__})
            put(found, "__pydantic_fields_set__", {*self.model_fields_set})
            put(found, "__pydantic_extra__", {**(self.__pydantic_extra__ or {})})
            put(found, "__pydantic_private__", None)
            return found


def unread_part(record: type[R], texts: Texts, place: int, short_key: str | None = None) -> R:
    """The request or response at `place` of `texts`, of which nothing is read. `short_key` is that of a request."""
    found = record.__new__(cast("type[R]", _UNREAD[record]))
    put = object.__setattr__
    put(found, "__dict__", {})
    put(found, "__pydantic_fields_set__", set())
    put(found, "__pydantic_extra__", None)
    put(found, "__pydantic_private__", {TEXTS: texts, PLACE: place, _SHORT_KEY: short_key})
    return found


def begun(record: Record, whole: Record, fields: dict[str, Field], digest: ItemDigest | None = None) -> None:
    """Give the unread `record` the fields of `whole`, but for `fields`: these are what is given once asked for."""
    put = object.__setattr__
    held = {**whole.__dict__}
    for name in fields:
        del held[name]
    put(record, "__dict__", {**held, **record.__dict__})
    put(record, "__pydantic_fields_set__", whole.model_fields_set | record.model_fields_set)
    put(record, "__pydantic_extra__", {**(whole.model_extra or {}), **(record.__pydantic_extra__ or {})})
    private = private_of(record)
    private[_FIELDS] = fields
    if digest is not None:
        private[_DIGEST] = digest


_UNREAD: Final[dict[type[Record], type[Record]]] = {
    RecordedRequest: UnreadRequest,
    UnreadRequest: UnreadRequest,
    RecordedResponse: UnreadResponse,
    UnreadResponse: UnreadResponse,
}


def unread(record: R, fields: dict[str, Field], *, digest: ItemDigest | None = None, short_key: str | None = None) -> R:
    """`record` itself, in which `fields` are what is given here, once somebody asks for one of them.

    `digest` takes the fingerprints that a request's key is made of; `short_key` is how that begins, if it is known.
    """
    private: dict[str, Any] = {_FIELDS: fields}
    if digest is not None:
        private[_DIGEST] = digest
    if short_key is not None:
        private[_SHORT_KEY] = short_key
    held: dict[str, Any] = vars(record)
    for name in fields:
        held.pop(name, None)
    object.__setattr__(record, "__pydantic_private__", private)
    object.__setattr__(record, "__class__", _UNREAD[type(record)])
    return record


def private_of(record: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", record.__pydantic_private__)


def read(record: Any) -> Any:
    """`record`, which is an ordinary one from now on, with fields of its own."""
    with ONE_AT_A_TIME:
        if isinstance(record, Unread):
            _settled(record, {name: _own(value) for name, value in record._told().items()})
    return record


def _own(value: Any) -> Any:
    """A copy of what a field holds, which shares nothing that could be changed."""
    if type(value) is list and value and isinstance(value[0], StreamEvent):
        events = cast("list[StreamEvent]", value)
        return [event.model_copy(update={"data": own_copy(event.data)}) for event in events]
    return own_copy(value)


def _settled(record: Any, fields: dict[str, Any]) -> Any:
    # In the order of the class, which is that of the file; what was set meanwhile stays.
    there = {**fields, **record.__dict__}
    object.__setattr__(record, "__dict__", {name: there[name] for name in record._names if name in there})
    object.__setattr__(record, "__class__", record._ordinary)
    object.__setattr__(record, "__pydantic_private__", None)
    return record
