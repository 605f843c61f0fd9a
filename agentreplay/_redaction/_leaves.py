"""The strings of JSON values, and copies of the values with some of them changed."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final, cast

from agentreplay._redaction._names import SecretName, secret_name

# fmt: off
_NEVER_TOUCHED: Final = frozenset(
    (
        "id", "call_id", "tool_call_id", "tool_use_id", "approval_request_id", "request_id", "providerRequestId",
        "response_id", "previous_response_id", "providerResponseId", "generationId", "item_id", "previous_item_id",
        "message_id", "conversation_id", "thread_id", "run_id", "step_id", "assistant_id", "batch_id", "event_id",
        "file_id", "file_ids", "input_file_id", "output_file_id", "error_file_id", "container_id",
        "vector_store_id", "vector_store_ids",
        "signature", "thought_signature", "thoughtSignature", "system_fingerprint", "obfuscation",
        "embedding", "b64_json", "partial_image_b64",
    )
)
# fmt: on
"""Keys whose strings a provider made, for itself or to get them back unchanged."""

_MAYBE_MEDIA: Final = frozenset(("data", "result", "delta"))
_BINARY_FORMATS: Final = frozenset(("wav", "mp3", "flac", "opus", "aac", "pcm", "pcm16", "ogg", "webm"))
_TOKEN_REPEATED_IN: Final = frozenset(("bytes", "top_logprobs"))
_WORDS_OF_PROTOCOL: Final = frozenset(("type", "object", "model", "role", "status", "finish_reason", "service_tier"))
"""Keys whose strings are whole in every event of a stream."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][\w$-]*")
_NO_STRINGS: Final = frozenset((int, float, bool, type(None)))


class _Rule(Enum):
    """What the key of a string says beside being a secret's name."""

    NEVER = auto()
    MAYBE_MEDIA = auto()
    NAMED_BY_SIBLING = auto()
    WORD_OF_PROTOCOL = auto()


@lru_cache(maxsize=4096)
def _rule_of(key: str) -> _Rule | SecretName | None:
    if key in _NEVER_TOUCHED or key.startswith("encrypted_"):
        return _Rule.NEVER
    if key in _MAYBE_MEDIA:
        return _Rule.MAYBE_MEDIA
    if key in _WORDS_OF_PROTOCOL:
        return _Rule.WORD_OF_PROTOCOL
    return _Rule.NAMED_BY_SIBLING if key == "value" else secret_name(key)


class JsonLeaves:
    """The strings of JSON `roots` in document order; `rebuilt` gives the roots with other strings.

    Strings that are never touched (ids, signatures, encrypted and media data) are not among `texts`. `named` holds,
    by position in `texts`, the secret's name that a string stands under; `keys` has the keys of all objects in order
    of first sight.

    With `events`, the roots are the events of one stream, and `channels` tells which strings are pieces of one text:
    those at the same path of events that agree in type, index and item. Entries of a list count by their `index`
    if they have one. Tokens with their log probability are pieces of one text in any value.
    """

    def __init__(self, roots: Iterable[Any], *, events: bool = False) -> None:
        self.texts: list[str] = []
        self.named: dict[int, SecretName] = {}
        self.keys: dict[str, object] = {}
        self._events = events
        self._channels: dict[Hashable, list[int]] = {}
        self._places: list[tuple[int, Any]] = []
        self._tokens: set[int] = set()
        self._roots = list(roots)
        # Of each container: itself, its parent's number here, its key in the parent, its path in an event.
        self._containers: list[Any] = [self._roots]
        self._parents = [-1]
        self._keys_there: list[Any] = [None]
        self._paths = [""]
        for position, root in enumerate(self._roots):
            if isinstance(root, str):
                self._add(0, position, root, "", None)
            elif isinstance(root, (dict, list, tuple)):
                self._collect(root, position)

    @property
    def channels(self) -> list[list[int]]:
        """Lists of two or more positions in `texts` whose strings, joined in order, are one text."""
        return [
            places
            for places in self._channels.values()
            if len(places) > 1 and any(self.texts[place] != self.texts[places[0]] for place in places)
        ]

    @property
    def channels_by_text(self) -> dict[str, Hashable]:
        """Of each text that is a piece of a longer one (alone or not): what is equal for all pieces of that."""
        return {self.texts[place]: channel for channel, places in self._channels.items() for place in places}

    def path_of(self, leaf: int, keys: Mapping[str, str]) -> str:
        """Where a string stands: `[0].messages[2].content`; the first number is the root's. `keys` renames keys."""
        return self._path(*self._places[leaf], keys)

    def path_of_key(self, key: str, keys: Mapping[str, str]) -> str:
        """Where the first object with this key stands."""
        holders = (number for number, each in enumerate(self._containers) if isinstance(each, dict) and key in each)
        number = next(holders)
        return self._path(self._parents[number], self._keys_there[number], keys)

    def _path(self, number: int, key: Any, keys: Mapping[str, str]) -> str:
        steps = [key]
        while number > 0:
            steps.append(self._keys_there[number])
            number = self._parents[number]
        return "".join(_shown(keys.get(step, step)) for step in reversed(steps))

    def rebuilt(self, texts: Sequence[str], keys: Mapping[str, str]) -> list[Any]:
        """The roots with `texts` for their strings, and the keys of their objects renamed by `keys`.

        What did not change is shared with the originals; a root in which nothing did is the original.
        """
        copies: dict[int, Any] = {}
        if texts != self.texts:
            for leaf, (old, new) in enumerate(zip(self.texts, texts, strict=True)):
                if old != new:
                    number, key = self._places[leaf]
                    copy = self._copy(number, copies)
                    copy[key] = new
                    if leaf in self._tokens:
                        _forget_token(copy)
        holders = [number for number, each in enumerate(self._containers) if keys and _holds_any(each, keys)]
        # All are copied before any is renamed, since a copy goes to its parent by the old name.
        for copy in [self._copy(number, copies) for number in holders]:
            renamed = {keys.get(key, key): item for key, item in copy.items()}
            copy.clear()
            copy.update(renamed)
        return cast("list[Any]", copies.get(0, self._roots))

    def _copy(self, number: int, copies: dict[int, Any]) -> Any:
        missing: list[int] = []
        while number not in copies and number >= 0:
            missing.append(number)
            number = self._parents[number]
        for number in reversed(missing):
            container = self._containers[number]
            copies[number] = cast("Any", dict if isinstance(container, dict) else list)(container)
            if number:
                copies[self._parents[number]][self._keys_there[number]] = copies[number]
        return copies[number]

    def _collect(self, root: Any, position: int) -> None:
        channel = _channel_of(root) if self._events else None
        # No recursion: a value may be nested deeper than the interpreter's stack.
        opened = [self._open(root, 0, position, "", "")]
        while opened:
            number, items, name_of_items = opened[-1]
            for key, child in items:
                if isinstance(child, str):
                    if child:
                        self._add(number, key, child, name_of_items or key, channel)
                elif isinstance(child, (dict, list, tuple)):
                    if key in _TOKEN_REPEATED_IN and "logprob" in self._containers[number]:
                        continue
                    path = f"{self._paths[number]}/{_step(key, cast('Any', child))}" if channel is not None else ""
                    opened.append(self._open(child, number, key, path, name_of_items or key))
                    break
            else:
                opened.pop()

    def _open(
        self, container: Any, parent: int, key: Any, path: str, name: Any
    ) -> tuple[int, Iterator[tuple[Any, Any]], Any]:
        """Note a container: its number, what is in it, and for a list the name that its items stand under."""
        number = len(self._containers)
        self._containers.append(container)
        self._parents.append(parent)
        self._keys_there.append(key)
        self._paths.append(path)
        if isinstance(container, dict):
            keyed = cast("dict[str, Any]", container)
            self.keys.update(keyed)
            return number, iter(keyed.items()), None
        items = cast("Sequence[Any]", container)
        if _NO_STRINGS.issuperset(map(type, items)):
            return number, iter(()), None
        return number, iter(enumerate(items)), name

    def _add(self, number: int, key: Any, text: str, name: Any, channel: Hashable) -> None:
        rule = _rule_of(name) if isinstance(name, str) else None
        if rule is _Rule.NEVER or (rule is _Rule.MAYBE_MEDIA and self._is_media(number, name)):
            return
        if text.startswith("data:") and ";base64," in text[:200]:
            return
        leaf = len(self.texts)
        self.texts.append(text)
        self._places.append((number, key))
        if rule is not None and not isinstance(rule, _Rule):
            if name == "token" and "logprob" in self._containers[number]:
                self._tokens.add(leaf)
                parent = self._parents[number]
                pieces = (channel, self._paths[parent] if channel is not None else parent)
                self._channels.setdefault(pieces, []).append(leaf)
                return
            self.named[leaf] = rule
        elif rule is _Rule.NAMED_BY_SIBLING:
            secret = _named_by_sibling(self._containers[number])
            if secret:
                self.named[leaf] = secret
        if channel is not None and rule is not _Rule.WORD_OF_PROTOCOL:
            self._channels.setdefault((channel, self._paths[number], key), []).append(leaf)

    def _is_media(self, number: int, name: str) -> bool:
        siblings = self._containers[number]
        if not isinstance(siblings, dict):
            return False
        siblings = cast("dict[str, Any]", siblings)
        kind = str(siblings.get("type", ""))
        if name == "delta":
            return "audio" in kind and "transcript" not in kind
        if name == "result":
            return "image" in kind
        if any(word in kind for word in ("base64", "encrypted", "redacted")):
            return True
        mime = siblings.get("media_type") or siblings.get("mime_type") or siblings.get("mimeType")
        if isinstance(mime, str):
            return not mime.startswith("text/")
        return str(siblings.get("format")) in _BINARY_FORMATS or "audio" in str(self._keys_there[number])


def _holds_any(container: Any, keys: Mapping[str, str]) -> bool:
    return isinstance(container, dict) and not keys.keys().isdisjoint(cast("dict[str, Any]", container))


def _shown(step: Any) -> str:
    return f".{step}" if isinstance(step, str) and _PLAIN_KEY.fullmatch(step) else f"[{step!r}]"


def _channel_of(event: Any) -> Hashable:
    """What says, at the top of an event, to which text of the stream its pieces belong; None if it has no top."""
    if not isinstance(event, dict):
        return None
    get = cast("dict[str, Any]", event).get
    channel = (
        get("type"), get("object"), get("item_id"), get("index"),
        get("output_index"), get("content_index"), get("summary_index"),
    )  # fmt: skip
    try:
        hash(channel)
    except TypeError:
        return None
    return channel


def _step(key: Any, child: Any) -> Any:
    if isinstance(key, int) and isinstance(child, dict):
        index = cast("dict[str, Any]", child).get("index")
        return index if isinstance(index, int) else key
    return key


def _named_by_sibling(container: Any) -> SecretName | None:
    """What the name says in `{"name": "Authorization", "value": "…"}`."""
    if not isinstance(container, dict):
        return None
    keyed = cast("dict[str, Any]", container)
    name = keyed.get("name", keyed.get("key"))
    return secret_name(name) if isinstance(name, str) else None


def _forget_token(token: dict[str, Any]) -> None:
    """Empty what repeats a redacted token: its bytes, and the tokens that might have stood there."""
    if token.get("bytes") is not None:
        token["bytes"] = None
    if token.get("top_logprobs"):
        token["top_logprobs"] = []
