"""The decision for each call, without I/O: answer it from the recording, let it go live and keep it, or refuse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from agentreplay._ageing import age_notes
from agentreplay._cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from agentreplay._decisions import Counts, Live, Replay
from agentreplay._errors import AgentReplayError
from agentreplay._errors.mismatch import CassetteMismatchError
from agentreplay._explaining.explanation import mismatch
from agentreplay._foresight import Foresight
from agentreplay._forking import ForkPoint
from agentreplay._matching.index import InteractionIndex
from agentreplay._matching.strategy import Matchable, MatchStrategy
from agentreplay._modes import Mode
from agentreplay._noted import NotedCall, NotedCalls, Told, Waiting
from agentreplay._redacting import redact_request, redact_response
from agentreplay._redacting_together import RedactionTogether
from agentreplay._redaction import Redactor
from agentreplay._redaction.texts import clean_ones
from agentreplay._run_calls import RunCalls
from agentreplay._timeline import Done

_ANSWERING: Final = frozenset({Mode.REPLAY, Mode.EXTEND})


@dataclass
class CallEngine:
    """Decides for every call of one session.

    `known` is the cassette that may answer (None where everything is live). Requests and answers are redacted as they
    come in, so that matching sees what a file would hold. `max_age` says from when on a miss tells the age of `known`.
    `absent` is raised for a call that nothing recorded answers where that is for want of a cassette; `pinned` says that
    the mode stands in the code; `fork` is the point after which calls go live; `notes` are written to the metadata of
    calls begun now. `records_all` says that each call is recorded whatever it asks, which need not be known before.
    """

    mode: Mode
    redactor: Redactor
    known: Cassette | None = None
    match: Matchable = MatchStrategy.EXACT
    allow_repeats: bool = False
    path: Path | None = None
    max_age: timedelta | None = None
    absent: AgentReplayError | None = None
    fork: ForkPoint | None = None
    pinned: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    counts: Counts = field(default_factory=Counts)
    first_miss: AgentReplayError | None = field(default=None, init=False)
    records_all: bool = field(default=False, init=False)
    foresight: Foresight = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.foresight = Foresight(self.redactor)
        self._redaction = RedactionTogether(self.redactor)
        answers = self.known if self.mode in {*_ANSWERING, Mode.VERIFY} else None
        self._index = InteractionIndex(
            answers.interactions if answers else [], self.match, allow_repeats=self.allow_repeats
        )
        if self.known is not None and self.records:
            # What is added later is written beside it, so a placeholder there must not come to mean another secret.
            self._redaction.reserve(self.known.interactions)
        self._lock = threading.Lock()
        self._calls = RunCalls(self.counts)
        self._shown = False
        self._texts = 0
        self._noted = NotedCalls(self.redactor, self._keep_noted, self._calls.give_up)
        self.records_all = (
            self.records
            and self.fork is None
            and not self._index.interactions
            # A rule of the user's own is asked, and may complain, when the call is made.
            and self.redactor.knowledge is not None
        )

    @property
    def started(self) -> int:
        """How many calls were begun."""
        return self._calls.started

    @property
    def records(self) -> bool:
        """Whether answers of the provider are kept in a file."""
        return self.mode is Mode.RECORD or self.mode is Mode.EXTEND

    @property
    def verified(self) -> list[tuple[Interaction | None, Interaction]]:
        """For each live call that is compared: the recorded interaction, if there is one, and what came now."""
        return self._read().verified()

    def foreseen(self, key: str) -> Interaction | None:
        """The interaction that would answer a request with this key by now; None where that is for `begin` to find."""
        return self._index.foreseen(key) if self.mode is Mode.REPLAY and self.fork is None else None

    def own(self, values: list[Any], name: str, copied: Callable[[list[Any]], list[Any]]) -> list[Any]:
        """A list that stands under `name` in the body of a request to begin, as `copied` gives it.

        What an earlier request held as well is not copied once more.
        """
        return self._redaction.own(values, name, copied) if self.records else copied(values)

    def begin(
        self, request: RecordedRequest, *, parent: int | None = None, rerun: bool = False, key: str | None = None
    ) -> Replay | Live:
        """Decide what happens with a call.

        `parent` is the position of the call inside which it is made. With `rerun` it is never answered from the
        recording, only compared with it. `key` is that of `request`, where it is known, and known to hold no secret.

        Raises:
            CassetteMismatchError: the session replays and nothing recorded answers.
            AgentReplayError: likewise, for want of a cassette.
        """
        if key is None:
            # What is kept shares its parts, so that a conversation is held and looked through once.
            request = self._redaction.request(request) if self.records else redact_request(self.redactor, request)
        answers = self.mode is not Mode.VERIFY and not rerun
        forked = self.fork is not None and self.fork.is_passed_by(request)
        position = self._calls.begin(parent)
        interaction = None
        if self.mode is not Mode.RECORD and not forked:
            around = self._calls.expected_of(parent)
            interaction = self._index.take(request, inside=around, whole=answers, key=key)
        if interaction is not None and answers:
            self._calls.end(position, Done(interaction, recorded=False, known=interaction, whole=True))
            return Replay(interaction, position)
        if forked or (self.records and self.fork is None) or self.mode is Mode.VERIFY or rerun:
            compared = self.mode is Mode.REPLAY or (self.mode is Mode.EXTEND and interaction is not None)
            live = Live(position, request.method, request, interaction, self.notes, parent, rerun and compared)
            self._calls.go_on(live)
            return live
        error = self.absent or self._mismatch(request)
        self._calls.miss()
        self.refuse(error)
        raise error

    def replay(self, interaction: Interaction, key: str, *, parent: int | None = None) -> Replay | Live:
        """As `begin` decides of the request of `interaction`, which was `foreseen` for its `key`, and has no secret."""
        found = self._index.take_foreseen(key, inside=self._calls.expected_of(parent))
        if found is None:
            # Another call was quicker.
            return self.begin(interaction.request, parent=parent, key=key)
        return Replay(found, self._calls.answer(found, parent))

    def begin_unread(self, method: str, *, parent: int | None = None) -> Live:
        """Let a call of `method` go live that is to be recorded whatever it asks (see `records_all`).

        `keep` is given what was asked, together with the answer.
        """
        live = Live(self._calls.begin(parent), method, None, None, self.notes, parent)
        self._calls.go_on(live)
        return live

    def revise(self, known: Cassette) -> None:
        """Answer from `known` from now on, in which some interactions are not what they were."""
        self.known = known
        self._index.revise(known.interactions)

    def refuse(self, error: AgentReplayError) -> None:
        """Note that a call was refused with `error`, also for a program that goes on in spite of it."""
        with self._lock:
            self.first_miss = self.first_miss or error

    def _mismatch(self, request: RecordedRequest) -> CassetteMismatchError:
        about = age_notes(self.known, self.max_age) if self.known else ()
        return mismatch(
            request, self._index, cassette_path=self.path, mode=self.mode.value, notes=about, pinned=self.pinned
        )

    def keep(self, call: Live, noted: NotedCall, metadata: dict[str, Any]) -> None:
        """Keep a live call that has its answer. It is read at once where that decides what comes next."""
        if self.records_all:
            self._calls.end_unread(call.position)
            self._noted.put(call, noted, metadata)
            return
        told = noted.tell()
        (clean,) = clean_ones([told.texts], self.redactor)
        response = told.response if clean else redact_response(self.redactor, told.response)
        self._keep_answer(call, self._interaction(call, response, metadata))

    def finish(self, call: Live, response: RecordedResponse, metadata: dict[str, Any] | None = None) -> Interaction:
        """Keep the answer to a live call whose request is known; gives what is kept."""
        interaction = self._interaction(call, redact_response(self.redactor, response), metadata or {})
        self._keep_answer(call, interaction)
        self._shown = True
        return interaction

    def _interaction(
        self, call: Live, response: RecordedResponse, metadata: dict[str, Any], request: RecordedRequest | None = None
    ) -> Interaction:
        asked = request or call.request
        assert asked is not None
        interaction = Interaction(
            sequence=call.position,
            parent=call.parent,
            request=asked,
            response=response,
            metadata={**call.notes, **metadata},
        )
        interaction.id = interaction.compute_id()
        return interaction

    def _keep_answer(self, call: Live, interaction: Interaction) -> None:
        self._index.received(interaction.response, instead_of=call.expected)
        if self.mode is Mode.VERIFY or call.rerun:
            self._calls.verify(call, interaction)
        recorded = self.records and not (call.rerun and call.expected is not None)
        self._calls.end(call.position, Done(interaction, recorded, known=call.expected))

    def _keep_noted(self, waiting: Waiting, told: Told, clean: bool) -> None:
        """Keep a call that is counted already."""
        call, _, metadata = waiting
        request = self._redaction.request(told.request, clean=clean) if told.request is not None else None
        response = told.response if clean else redact_response(self.redactor, told.response)
        interaction = self._interaction(call, response, metadata, request)
        self._texts += told.texts is not None
        self._calls.put(call.position, Done(interaction, recorded=True))

    def fail(self, call: Replay, response: RecordedResponse, fault: str) -> None:
        """Let a call have failed on purpose with `response`; its recorded answer is there for whoever asks again."""
        self._index.give_back(call.interaction)
        self._calls.fail(call, response, fault)

    def change(self, call: Replay, response: RecordedResponse, fault: str) -> None:
        """Let a call have got `response` instead of its recorded answer, on purpose."""
        self._calls.change(call, response, fault)

    def abandon(self, call: Live) -> None:
        """Forget a live call that never got as far as an answer."""
        self._calls.abandon(call.position)

    def pass_through(self) -> None:
        """Count a call that goes live and is not kept."""
        self._calls.pass_through()

    @property
    def interactions(self) -> list[Interaction]:
        """The calls of this run that have their answer, in the order of their start."""
        return self._read().done()

    @property
    def timeline(self) -> list[Interaction]:
        """These calls, and below each that was answered from the recording those that were recorded inside it."""
        return self._read().as_run(self._index.interactions)

    @property
    def replayed(self) -> list[Interaction]:
        """Those of them that the recording answered."""
        return self._read().done(replayed=True)

    @property
    def running(self) -> list[Live]:
        """The live calls that have no answer yet, in the order of their start."""
        return self._calls.running()

    @property
    def unused(self) -> list[Interaction]:
        """The recorded interactions that no call has asked for."""
        return self._index.unused()

    def recording(self, *, prune: bool = False) -> Cassette:
        """The cassette as it is to be written: what was known (with `prune`: and asked for), then what is new.

        Of a fork, the calls of this run and no others.
        """
        recording, _ = self.to_write(prune=prune)
        self._shown = True
        return recording

    def to_write(self, *, prune: bool = False) -> tuple[Cassette, bool]:
        """What `recording` gives, which is nobody else's; and whether it is known to be plain JSON without secrets.

        It is where all of it was read of texts, and nobody was given any of it who might have changed it.
        """
        if self.fork is not None:
            # Copies: what is written is numbered anew, and the recording that it comes from may be somebody's own.
            return Cassette(interactions=[item.model_copy() for item in self.timeline]), False
        self._noted.read()
        known = self.known.interactions if self.known and self.mode is Mode.EXTEND else []
        kept = list(known)
        if prune:
            unused = {id(interaction) for interaction in self.unused}
            kept = [interaction for interaction in kept if id(interaction) not in unused]
        plain = not self._shown and not kept and self._texts == len(self._calls)
        plain = plain and self._noted.knowledge == {self.redactor.knowledge}
        return Cassette(interactions=self._calls.as_file(known, kept)), plain

    def _read(self) -> RunCalls:
        """The calls of this run, all of them read, to be shown to somebody who may change them."""
        self._shown = True
        self._noted.read()
        return self._calls
