"""The keys of requests, found fast: what was computed for one request of a conversation serves for the next.

A conversation sends all that was said with each request. Which request it is has to be found out each time, from all of
it; but what it has in common with a recorded one that was asked for before need only be compared, not written as
JSON, hashed and searched for secrets again.
"""

from __future__ import annotations

import hashlib
import marshal
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from agentreplay._clean_texts import CleanTexts
from agentreplay._fingerprints import parted
from agentreplay._json.canonical import canonical_plain
from agentreplay._json.plain import Plain, plain_json
from agentreplay._json.values import is_array, is_object
from agentreplay._memos import Memo
from agentreplay._recorded import Interaction
from agentreplay._redaction import PLACEHOLDER_START, Redactor

_PLACEHOLDER: Final = PLACEHOLDER_START.encode()
_CONVERSATIONS: Final = ("messages", "input")
_LONG: Final = 16
"""From how many messages on it pays to look for what is known of a conversation."""

_NEWEST: Final = 24
"""How many messages a conversation may have grown by since it was last asked for."""

_BRANCHES: Final = 4
"""After how many of its last messages another conversation may part from a known one."""

_KEPT: Final = 4096
"""How many beginnings of conversations are remembered."""

_LONGEST: Final = 1 << 16
"""What is longer is mostly an image, and is not remembered by its bytes."""

_LONG_TEXT: Final = 1 << 12
"""From how many characters on a text in something longer is known again by being the same object."""

_digests: Final[Memo[bytes]] = Memo(1 << 22)
"""The fingerprints of messages and tools, by their bytes: the tests of one agent have its tools in common."""

_large_digests: Final[Memo[tuple[bytes, list[str]]]] = Memo(1 << 25)
"""The fingerprints of messages with images, by all else in them and by which texts the images are. These are kept, so
that no other text gets the place of one in the memory."""

_requests: Final[Memo[tuple[str, frozenset[str], list[str]]]] = Memo(1 << 22)
"""The keys of whole requests, with the names and the texts in them: replays are repeated."""


@dataclass(eq=False)
class _Known:
    """The beginning of a conversation that was asked for: so many of its recorded messages, and the hash of their
    fingerprints. `clean` is what the redactor knew when it found no secret in it.
    """

    messages: list[Any]
    count: int
    state: Any
    clean: int | None


@dataclass(eq=False)
class Asked:
    """A request that is being asked: its key, the names in its body, the body itself, which is only read, the texts in
    it but for those of a long conversation, and how that goes on from what is known.

    `places` are where the next request will look for a beginning that it shares: after the last messages, one by one,
    the fingerprint of each, its place, and the hash up to there.
    """

    key: str
    names: frozenset[str]
    body: dict[str, Any] = field(repr=False)
    texts: list[str] = field(repr=False)
    conversation: str | None = None
    places: list[tuple[bytes, int, Any]] = field(default_factory=list[tuple[bytes, int, Any]])
    state: Any = None
    known: _Known | None = None


class _Careful(Exception):
    """A text that only the whole way of a request can judge."""


class Foresight:
    """What one session knows of its recorded requests before they are asked for again. Safe for several threads."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._lock = threading.Lock()
        self._conversations: OrderedDict[bytes, _Known] = OrderedDict()
        self._clean: dict[int, tuple[Interaction, int]] = {}
        self._clean_texts = CleanTexts(redactor)

    def asked(self, kind: str, method: str, body: dict[str, Any]) -> Asked | None:
        """What is asked by `method` with this `body`; None where that is not all plain JSON, or not plain enough.

        The key is that of a `RecordedRequest` with this kind, method and body, the body's model, and no path or query.
        """
        name = _long_conversation(body)
        text = b""
        if name is None:
            # One text for each value, but for the order of names; it takes a tenth of the time of the canonical one.
            try:
                text = marshal.dumps((kind, method, body), 2)
            except ValueError:
                return None
            known = _requests.get(text) if len(text) <= _LONGEST else None
            if known is not None:
                key, names, texts = known
                return Asked(key, names, body, texts)
        asked = self._newly_asked(kind, method, body, name, large=len(text) > _LONGEST)
        if asked is not None and name is None and len(text) <= _LONGEST:
            _requests.put(text, (asked.key, asked.names, asked.texts))
        return asked

    def _newly_asked(
        self, kind: str, method: str, body: dict[str, Any], name: str | None, *, large: bool
    ) -> Asked | None:
        others = body if name is None else {key: value for key, value in body.items() if key != name}
        made_of = plain_json(others, with_texts=True)
        said = plain_json(body[name]) if name is not None else None
        if made_of is None or (name is not None and said is None):
            return None
        try:
            members, lists = parted(others, self._digest)
            asked = Asked("", made_of.names, body, made_of.texts)
            if name is not None and said is not None:
                self._continue(asked, name, said)
                lists[name] = asked.state.hexdigest()
            model = body.get("model")
            counts = [kind, method, model if type(model) is str else None, members, lists, None, None]
            text = canonical_plain(counts, large=large)
        except (_Careful, ValueError):
            return None
        if _PLACEHOLDER in text:
            return None
        asked.key = hashlib.sha256(text).hexdigest()
        return asked

    def _continue(self, asked: Asked, name: str, made_of: Plain) -> None:
        """The messages in the member `name`: from where a known conversation ends that they begin with, or else all."""
        messages: list[Any] = asked.body[name]
        new: list[bytes] = []
        known: _Known | None = None
        for count in range(len(messages), max(len(messages) - _NEWEST, 0), -1):
            digest = self._digest(messages[count - 1])
            known = self._known_part(digest, messages, count, made_of)
            if known is not None:
                break
            new.append(digest)
        count = len(messages) - len(new)
        state = known.state.copy() if known else hashlib.sha256(b"".join(map(self._digest, messages[:count])))
        asked.names |= made_of.names
        asked.conversation, asked.state, asked.known = name, state, known
        for digest in reversed(new):
            state.update(digest)
            count += 1
            if count > len(messages) - _BRANCHES:
                asked.places.append((digest, count, state.copy()))

    def _digest(self, item: Any) -> bytes:
        """The fingerprint of a message or a tool, which many requests have in common."""
        text = marshal.dumps(item, 2)
        if len(text) > _LONGEST:
            return self._large_digest(item)
        digest = _digests.get(text)
        if digest is None:
            digest = _digest_of(canonical_plain(item))
            _digests.put(text, digest)
        return digest

    def _large_digest(self, item: Any) -> bytes:
        long: list[str] = []
        rest = _without_long_texts(item, long)
        text = marshal.dumps((rest, list(map(id, long))), 2)
        known = _large_digests.get(text)
        if known is not None:
            return known[0]
        digest = _digest_of(canonical_plain(item, large=True))
        _large_digests.put(text, (digest, long), beside=sum(map(len, long)))
        return digest

    def _known_part(self, place: bytes, messages: list[Any], count: int, made_of: Plain) -> _Known | None:
        known = self._conversations.get(place)
        if known is None or known.count != count:
            return None
        part = messages if len(messages) == count else messages[:count]
        same = known.messages if len(known.messages) == count else known.messages[:count]
        if part != same:
            return None
        if made_of.numbers and marshal.dumps(part, 2) != marshal.dumps(same, 2):
            # To Python 1, 1.0 and True are equal.
            return None
        return known

    def holds_no_secret(self, asked: Asked, interaction: Interaction) -> bool:
        """Whether redaction leaves `asked` as it is, which is equal to the request of `interaction`."""
        knowledge = self._redactor.knowledge
        if knowledge is None:
            return False
        _, judged = self._clean.get(id(interaction), (None, None))
        if judged != knowledge:
            # Not that of the interaction, which may have to be put together first.
            new = asked.body
            texts: list[str] | None = asked.texts
            if asked.conversation is not None:
                messages: list[Any] = new[asked.conversation]
                # What is told of a token stands beside it, in whatever holds them both.
                if asked.known is not None and asked.known.clean == knowledge and "logprob" not in asked.names:
                    messages = messages[asked.known.count :]
                    new = {**new, asked.conversation: messages}
                made_of = plain_json(*messages, with_texts=True)
                texts = None if made_of is None else [*asked.texts, *made_of.texts]
            if (
                (texts is None or not self._clean_texts.are_all(texts, asked.names))
                and not self._redactor.finds_nothing(new)
                and self._redactor.redact(new) is not new
            ):
                return False
            # With the interaction itself, so that no other one gets its place in the memory.
            self._clean[id(interaction)] = interaction, knowledge
        return True

    def answered(self, asked: Asked, interaction: Interaction) -> None:
        """Remember the conversation of `interaction`, whose request was asked for and holds no secret."""
        if asked.conversation is None or not asked.places:
            return
        messages = interaction.request._body()[asked.conversation]
        with self._lock:
            for digest, count, state in asked.places:
                self._conversations[digest] = _Known(messages, count, state, self._redactor.knowledge)
                self._conversations.move_to_end(digest)
            while len(self._conversations) > _KEPT:
                self._conversations.popitem(last=False)


def _digest_of(canonical: bytes) -> bytes:
    if _PLACEHOLDER in canonical:
        # Its number does not count.
        raise _Careful
    return hashlib.sha256(canonical).digest()


def _without_long_texts(value: Any, long: list[str]) -> Any:
    """`value`, which is plain JSON, with nothing like it in the place of each of its `long` texts."""
    if type(value) is str and len(value) >= _LONG_TEXT:
        long.append(value)
        return b""
    if is_object(value):
        return {name: _without_long_texts(item, long) for name, item in value.items()}
    if is_array(value):
        return [_without_long_texts(item, long) for item in value]
    return value


def forget_requests() -> None:
    """Know nothing any more of requests that other sessions were asked."""
    for memo in (_digests, _large_digests, _requests):
        memo.forget()


def _long_conversation(body: dict[str, Any]) -> str | None:
    """The name of the member of `body` that is one."""
    for name in _CONVERSATIONS:
        value: object = body.get(name)
        if is_array(value) and type(value) is list and len(value) >= _LONG and {*map(type, value)} == {dict}:
            return name
    return None
