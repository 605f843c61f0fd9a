"""The calls of one run of a session: which go on, and what became of the others."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from agentreplay._decisions import Counts, Live, Replay
from agentreplay._recorded import Interaction, RecordedResponse
from agentreplay._timeline import Done, as_file, as_run


class RunCalls:
    """The calls of one run, each known by its position: they are counted as they begin. Safe for several threads.

    Attributes:
        counts: What became of how many of them.
        started: How many were begun.
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.started = 0
        self._lock = threading.Lock()
        self._done: dict[int, Done] = {}
        self._running: dict[int, Live] = {}
        self._parents: dict[int, int] = {}
        self._answering: dict[int, Interaction] = {}
        self._verified: list[tuple[Interaction | None, Interaction]] = []

    def __len__(self) -> int:
        return len(self._done)

    def begin(self, parent: int | None) -> int:
        """The position of a call that begins, inside the call at `parent`, if there is one."""
        with self._lock:
            return self._begin(parent)

    def answer(self, interaction: Interaction, parent: int | None) -> int:
        """The position of a call that begins, and that the recorded `interaction` answers at once."""
        with self._lock:
            position = self._begin(parent)
            self._done[position] = Done(interaction, recorded=False, known=interaction, whole=True)
            self.counts.replayed += 1
        return position

    def go_on(self, call: Live) -> None:
        """Let a call have no answer yet."""
        with self._lock:
            self._running[call.position] = call
            if call.expected is not None:
                self._answering[call.position] = call.expected

    def expected_of(self, position: int | None) -> Interaction | None:
        """The recorded interaction that the call at `position` will be compared with, if there is one."""
        return self._answering.get(position) if position is not None else None

    def end(self, position: int, done: Done) -> None:
        """Let a call have its answer, and count it."""
        with self._lock:
            self._running.pop(position, None)
            self._done[position] = done
            if done.recorded:
                self.counts.recorded += 1
            elif done.whole:
                self.counts.replayed += 1
            else:
                self.counts.live += 1

    def end_unread(self, position: int) -> None:
        """Let a call have an answer that is recorded, and that nobody has read yet."""
        with self._lock:
            self._running.pop(position, None)
            self.counts.recorded += 1

    def put(self, position: int, done: Done) -> None:
        """Let this be the answer of a call that is counted already."""
        with self._lock:
            self._done[position] = done

    def fail(self, call: Replay, response: RecordedResponse, fault: str) -> None:
        """Let a call that was answered have failed on purpose instead."""
        with self._lock:
            self.counts.replayed -= 1
            self.counts.failed += 1
            self._done[call.position] = Done(_with_fault(call.interaction, response, fault), recorded=False)

    def change(self, call: Replay, response: RecordedResponse, fault: str) -> None:
        """Let a call that was answered have got `response` instead, on purpose."""
        changed = _with_fault(call.interaction, response, fault)
        self.put(call.position, Done(changed, recorded=False, known=call.interaction, whole=True))

    def verify(self, call: Live, interaction: Interaction) -> None:
        """Let what came now be compared with what was recorded."""
        with self._lock:
            self._verified.append((call.expected, interaction))

    def verified(self) -> list[tuple[Interaction | None, Interaction]]:
        """What is to be compared: the recorded interaction, if there is one, and what came now."""
        with self._lock:
            return list(self._verified)

    def give_up(self, call: Live) -> None:
        """Take a call whose answer cannot be read for one that never got it."""
        with self._lock:
            self.counts.recorded -= 1
            self._running[call.position] = call

    def abandon(self, position: int) -> None:
        """Forget a call that never got as far as an answer."""
        with self._lock:
            self._running.pop(position, None)

    def miss(self) -> None:
        """Count a call that nothing recorded answers."""
        with self._lock:
            self.counts.missed += 1

    def pass_through(self) -> None:
        """Count a call that goes live and is not kept."""
        with self._lock:
            self.counts.live += 1

    def done(self, *, replayed: bool = False) -> list[Interaction]:
        """The calls that have their answer, in the order of their start; of them only those `replayed`."""
        with self._lock:
            found = [self._done[position] for position in sorted(self._done)]
        return [each.interaction for each in found if each.whole or not replayed]

    def running(self) -> list[Live]:
        """The live calls that have no answer yet, in the order of their start."""
        with self._lock:
            return [self._running[position] for position in sorted(self._running)]

    def as_run(self, known: Sequence[Interaction]) -> list[Interaction]:
        """As `_timeline.as_run` has them, where `known` is the recording that answered."""
        with self._lock:
            return as_run(self._done, self._parents, known)

    def as_file(self, known: Sequence[Interaction], kept: Sequence[Interaction]) -> list[Interaction]:
        """As `_timeline.as_file` has them."""
        with self._lock:
            return as_file(self._done, self._parents, known, kept)

    def _begin(self, parent: int | None) -> int:
        position = self.started
        self.started += 1
        if parent is not None:
            self._parents[position] = parent
        return position


def _with_fault(interaction: Interaction, response: RecordedResponse, fault: str) -> Interaction:
    metadata = {**interaction.metadata, "fault": fault}
    return interaction.model_copy(update={"response": response, "metadata": metadata})
