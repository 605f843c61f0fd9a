"""The redactor of one session: the secrets it knows, and the placeholders it has given out."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from agentreplay._errors import ConfigurationError
from agentreplay._redaction._formats import find_formats
from agentreplay._redaction._known import (
    KnownForm,
    find_known,
    forms_of,
    is_worth_knowing,
    secrets_of_environment,
    secrets_of_headers,
    without_scheme,
)
from agentreplay._redaction._leaves import JsonLeaves
from agentreplay._redaction._named_values import find_named_values
from agentreplay._redaction._personal import PERSONAL
from agentreplay._redaction._placeholders import Placeholders, label_of
from agentreplay._redaction._spans import PLACEHOLDER, Span, rare_in
from agentreplay._redaction._taking_out import TakingOut, Texts
from agentreplay._redaction._unparsed import Unparsed
from agentreplay._redaction._unparsed_events import UnparsedEvents
from agentreplay._redaction._user_rules import RedactionRule, UserRules


class Finding(NamedTuple):
    """A secret that stands in a value: where, and of which sort, without the secret itself (in the path neither)."""

    path: str
    label: str


class Redactor:
    """Takes secrets out of JSON values, texts and streams, and puts placeholders in (`[REDACTED:openai-key:1]`).

    One redactor serves one session: equal secrets get equal placeholders, different ones different ordinals, in
    order of first sight. What holds placeholders already is left as it is, so redacting twice changes nothing more.
    It may be used from several threads.

    Secrets are known in three ways: by value (`learn`, `learn_headers`, and the variables of `environment` whose
    names look secret), by the name they stand under, and by the form that providers give their keys.

    `extra` adds rules to the built-in ones: regular expressions, whose matches become `[REDACTED:custom:n]`, and
    functions, which are called with each string (with the joined text of a stream) and give back what to keep of it.
    `personal` names the personal data to take out as well: `email`, `card`, `phone`.

    Raises:
        ConfigurationError: a rule that is no valid pattern or function; an unknown name in `personal`.
    """

    def __init__(
        self,
        *,
        extra: RedactionRule | Sequence[RedactionRule] = (),
        personal: Collection[str] = (),
        environment: Mapping[str, str] | None = os.environ,
    ) -> None:
        self._lock = threading.Lock()
        self._known: tuple[KnownForm, ...] = ()
        self._told: set[str] = set()
        self._placeholders = Placeholders()
        self._personal = _personal_rules([personal] if isinstance(personal, str) else personal)
        self._taking_out = TakingOut(self._spans, bool(self._personal), UserRules(extra), self._placeholders)
        self._unparsed = Unparsed(self._taking_out)
        self._unparsed_events = UnparsedEvents(self._unparsed)
        self.learn_environment(environment or {})

    def __repr__(self) -> str:
        known = len({form.secret for form in self._known})
        return f"<Redactor: {known} known secrets, {len(self._placeholders)} placeholders given>"

    @property
    def knowledge(self) -> int | None:
        """A number that grows with the secrets that are known by value: while it stays, so does what is taken out.

        None where functions of the user's own are asked, each time anew.
        """
        return None if self._taking_out.user.functions else len(self._known)

    @property
    def rules(self) -> Hashable:
        """Equal for redactors that would take the same out of every value: what is known by value, and the rules."""
        user = self._taking_out.user
        return self._known, tuple(self._personal), tuple(user.patterns), tuple(user.functions)

    def learn(self, secret: str, label: str = "known-secret") -> None:
        """Take `secret` out from now on wherever it stands: plain, quoted for a URL, escaped for JSON, in base64.

        A value shorter than eight characters, and what people give where no key is needed (`not-needed`), is ignored.
        """
        # Each call of a client tells its key again.
        if secret in self._told:
            return
        bare = without_scheme(secret)
        with self._lock:
            if bare not in self._told and is_worth_knowing(bare):
                self._known += tuple(forms_of(bare, label_of(label)))
                self._taking_out.clean.forget()
                self._unparsed.forget()
                self._unparsed_events.forget()
            self._told |= {secret, bare}

    def learn_environment(self, variables: Mapping[str, str]) -> None:
        """Learn the secrets among environment variables: those whose name or form is that of a secret."""
        for secret, name in secrets_of_environment(variables):
            self.learn(secret, name)

    def learn_headers(self, headers: Mapping[str, object]) -> None:
        """Learn the secrets among a client's `headers`: all values but those of harmless headers and plain words."""
        for secret, name in secrets_of_headers(headers):
            self.learn(secret, name)

    def finds_nothing(self, value: Any) -> bool:
        """Whether it can be told at a glance that `redact` gives back the JSON `value` itself."""
        leaves = JsonLeaves([value])
        texts = [*leaves.texts, *leaves.keys]
        return self._taking_out.finds_nothing(
            Texts(texts, leaves.channels, range(len(texts)), leaves.named, len(leaves.texts))
        )

    def texts_are_clean(self, texts: Collection[str]) -> bool:
        """Whether it can be told that `redact` changes none of `texts`, which stand under no secret's name."""
        return self._unparsed.texts_are_clean(texts)

    def bodies_are_clean(self, bodies: Iterable[str], strings: Iterable[str] = ()) -> bool:
        """Whether it can be told without parsing that `redact` changes nothing of what `bodies`, JSON texts, say.

        Nor of `strings`, which stand under no secret's name.
        """
        return self._unparsed.bodies_are_clean(bodies, strings)

    def events_are_clean(self, events: Iterable[str]) -> bool:
        """Whether it can be told without parsing each that `redact_events` changes none of `events`, JSON texts."""
        return self._unparsed_events.are_clean(events)

    def reserve(self, value: Any) -> None:
        """Give no ordinal of a placeholder that stands in the JSON `value` to another secret."""
        leaves = JsonLeaves([value])
        self._placeholders.reserve("\n".join([*leaves.texts, *leaves.keys]))

    def redact(self, value: Any) -> Any:
        """The JSON `value` without its secrets; the very same object if it holds none, else a copy of what changed."""
        return self._redacted([value], events=False)[0]

    def redact_events(self, events: Sequence[Any]) -> list[Any]:
        """The parsed events of one stream without the secrets in any of them, and in the texts that they are pieces of.

        A secret delivered in pieces becomes a placeholder in the piece where it begins. Events without secrets are
        the same objects.
        """
        return self._redacted(events, events=True)

    def redact_pieces(self, pieces: Sequence[str]) -> list[str]:
        """As many pieces, whose joined text is that of `pieces` without its secrets."""
        texts = list(pieces)
        if texts:
            self._taking_out.run(Texts(texts, [list(range(len(texts)))], [], {}, len(texts)))
        return texts

    def find(self, value: Any) -> list[Finding]:
        """What `redact` would take out of the JSON `value`; paths are those in it (`messages[2].content`)."""
        found = self._found([value], events=False)
        return [Finding(path.removeprefix("[0]").removeprefix("."), label) for path, label in found]

    def find_in_events(self, events: Sequence[Any]) -> list[Finding]:
        """What `redact_events` would take out of `events`; a path begins with the number of the event, from 0."""
        return self._found(events, events=True)

    def _redacted(self, roots: Sequence[Any], *, events: bool) -> list[Any]:
        leaves = JsonLeaves(roots, events=events)
        texts, keys = self._settled(leaves)
        return leaves.rebuilt(texts, keys)

    def _found(self, roots: Sequence[Any], *, events: bool) -> list[Finding]:
        leaves = JsonLeaves(roots, events=events)
        texts, keys = self._settled(leaves)
        changed = [(leaf, old, texts[leaf]) for leaf, old in enumerate(leaves.texts) if old != texts[leaf]]
        found = [(leaves.path_of(leaf, keys), old, new) for leaf, old, new in changed]
        found += [(leaves.path_of_key(old, keys), old, new) for old, new in keys.items()]
        return [
            Finding(path, match[1])
            for path, old, new in found
            for match in PLACEHOLDER.finditer(new)
            if match[0] not in old
        ]

    def _settled(self, leaves: JsonLeaves) -> tuple[list[str], dict[str, str]]:
        """The strings of `leaves` without secrets, and the new names of keys that held some."""
        count = len(leaves.texts)
        keys = list(leaves.keys)
        texts = [*leaves.texts, *keys]
        self._taking_out.run(Texts(texts, leaves.channels, range(len(texts)), leaves.named, count))
        return texts[:count], {old: new for old, new in zip(keys, texts[count:], strict=True) if old != new}

    def _spans(self, text: str) -> Iterator[Span]:
        rare = rare_in(text)
        yield from find_known(text, rare, self._known)
        yield from find_formats(text, rare)
        yield from find_named_values(text)
        for rule in self._personal:
            yield from rule(text)


def _personal_rules(names: Collection[str]) -> list[Callable[[str], Iterator[Span]]]:
    for name in names:
        if name not in PERSONAL:
            raise ConfigurationError.unknown_choice("personal", name, PERSONAL)
    return [PERSONAL[name] for name in names]
