"""Interactions without secrets, where most of each request stands in earlier ones: that is looked through once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

from agentreplay._fingerprints import SharedDigests, comparable_digest
from agentreplay._json.plain import plain_json
from agentreplay._linear.distinct import Distinct, Numbers
from agentreplay._recorded import Interaction, RecordedRequest
from agentreplay._redacting import redact_metadata, redact_request, redact_response
from agentreplay._redaction import Redactor
from agentreplay._unread import unread

_TOKENS: Final = "logprob"
"""Where tokens are told one by one, a secret may be in pieces that stand far apart."""


class RedactionTogether:
    """Takes secrets out of interactions, which must stay as they are meanwhile. Safe to use from several threads."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._lock = threading.RLock()
        self._distinct = Distinct()
        self._knowledge = redactor.knowledge
        self._looked_at: set[int] = set()
        self._clean: dict[int, Any] = {}
        self._digest = SharedDigests(comparable_digest)

    def interaction(self, interaction: Interaction) -> Interaction:
        """`interaction` without secrets; the very same object if it holds none."""
        request, _ = self._request(interaction.request)
        response = redact_response(self._redactor, interaction.response)
        changes: dict[str, Any] = {}
        if request is not interaction.request or response is not interaction.response:
            changes.update(request=request, response=response)
        clean = redact_metadata(self._redactor, interaction)
        return clean.model_copy(update=changes) if changes else clean

    def request(self, request: RecordedRequest, *, clean: bool = False) -> RecordedRequest:
        """`request` without secrets, a new one, whose body shares its parts with those of earlier ones.

        Of a `clean` one it is known that it holds none: that is given back itself.
        """
        with self._lock:
            if clean:
                self._forget_if_more_is_known()
                numbered = self._distinct.numbered(request._body())
                self._looked_at.update(*(value for value in numbered.values() if type(value) is Numbers))
                body = self._distinct.whole(numbered)
                return unread(request, {"body": lambda: body}, digest=self._digest)
            if self._redactor.knowledge is None:
                # Nothing tells whether it knows more than before.
                self._looked_at.clear()
            found, numbered_found = self._request(request)
            whole = found._body() if numbered_found is None else self._distinct.whole(numbered_found)
        return unread(found.model_copy(), {"body": lambda: whole}, digest=self._digest)

    def own(self, values: list[Any], name: str, copied: Callable[[list[Any]], list[Any]]) -> list[Any]:
        """A list of a body as `copied` gives it, in which nothing is copied that was in an earlier request."""
        with self._lock:
            return self._distinct.own(values, name, copied)

    def reserve(self, interactions: Iterable[Interaction]) -> None:
        """Give no placeholder that stands in `interactions` to another secret than the one it stands for there."""
        seen: set[int] = set()
        for interaction in interactions:
            numbered = self._distinct.numbered(interaction.request._body())
            told = interaction._plain()
            told["request"]["body"] = {
                name: [self._distinct.items[number] for number in value if number not in seen]
                if type(value) is Numbers
                else value
                for name, value in numbered.items()
            }
            seen.update(*(value for value in numbered.values() if type(value) is Numbers))
            self._redactor.reserve(told)

    def _request(self, request: RecordedRequest) -> tuple[RecordedRequest, dict[str, Any] | None]:
        """The request without secrets, and if it held none its numbered body."""
        self._forget_if_more_is_known()
        numbered = self._distinct.numbered(request._body())
        lists = {name: value for name, value in numbered.items() if type(value) is Numbers}
        # Each list with those of its items that were in none before, so that all stand where they do in the whole.
        first = {
            name: [] if self._looked_at.issuperset(value) else [each for each in value if each not in self._looked_at]
            for name, value in lists.items()
        }
        part = {
            name: [self._distinct.items[number] for number in first[name]] if name in first else value
            for name, value in numbered.items()
        }
        if _may_be_in_pieces(part):
            return redact_request(self._redactor, request), None
        looked_at = request.model_copy(update={"body": part})
        redacted = redact_request(self._redactor, looked_at)
        body: dict[str, Any] = redacted.body
        if body.keys() != part.keys():
            # A name was a secret: what the whole is to look like has to be found out from the whole.
            return redact_request(self._redactor, request), None
        for name, numbers in first.items():
            for number, clean in zip(numbers, body[name], strict=True):
                if clean is not self._distinct.items[number]:
                    self._clean[number] = clean
            self._looked_at.update(numbers)
        if redacted is looked_at and all(self._clean.keys().isdisjoint(value) for value in lists.values()):
            return request, numbered
        whole = {
            name: [self._clean.get(number, self._distinct.items[number]) for number in lists[name]]
            if name in lists
            else value
            for name, value in body.items()
        }
        return unread(redacted.model_copy(), {"body": lambda: whole}, digest=self._digest), None

    def _forget_if_more_is_known(self) -> None:
        knowledge = self._redactor.knowledge
        if knowledge != self._knowledge:
            self._knowledge = knowledge
            self._looked_at.clear()
            self._clean.clear()


def _may_be_in_pieces(value: Any) -> bool:
    made_of = plain_json(value)
    return made_of is None or any(_TOKENS in name for name in made_of.names)
