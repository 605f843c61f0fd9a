"""A run in order: its steps, and what is asked about them as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentreplay._cassette import Interaction
from agentreplay._nesting import parent_positions
from agentreplay._trajectory.answers import ToolCall
from agentreplay._trajectory.conversation import step_lines
from agentreplay._trajectory.steps import ModelTurn, Step, ToolRun, read_step


@dataclass(frozen=True)
class Trajectory:
    """The steps of a run, in order; those made inside another follow it. Printing it shows the conversation."""

    steps: tuple[Step, ...]

    @classmethod
    def of(cls, interactions: Iterable[Interaction]) -> Trajectory:
        """The trajectory that these interactions recorded."""
        found = tuple(interactions)
        parents = parent_positions(found)
        depths: list[int] = []
        for parent in parents:
            depths.append(0 if parent is None else depths[parent] + 1)
        return cls(
            tuple(
                read_step(position, interaction, parent=parents[position], depth=depths[position])
                for position, interaction in enumerate(found)
            )
        )

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def outermost(self) -> tuple[Step, ...]:
        """The steps that were made inside no other."""
        return tuple(step for step in self.steps if step.parent is None)

    def inside(self, step: Step) -> tuple[Step, ...]:
        """The steps that were made directly inside this one, in order."""
        return tuple(each for each in self.steps if each.parent == step.position)

    @property
    def turns(self) -> tuple[ModelTurn, ...]:
        """The models' answers."""
        return tuple(step for step in self.steps if isinstance(step, ModelTurn))

    @property
    def tool_runs(self) -> tuple[ToolRun, ...]:
        """The recorded runs of tools."""
        return tuple(step for step in self.steps if isinstance(step, ToolRun))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """All calls that the models asked the program to run."""
        return tuple(call for turn in self.turns for call in turn.tool_calls)

    @property
    def final_text(self) -> str:
        """The text of the last answer; empty where that has none, or where no model answered.

        The answers to what tools asked count only where there are no others.
        """
        turns = self.turns
        last = [turn for turn in turns if turn.parent is None][-1:] or turns[-1:]
        return last[0].text if last else ""

    @property
    def prompt_tokens(self) -> int:
        """Tokens of all requests, as far as they were counted."""
        return sum(step.prompt_tokens or 0 for step in self.steps)

    @property
    def completion_tokens(self) -> int:
        """Tokens of all answers, as far as they were counted."""
        return sum(step.completion_tokens or 0 for step in self.steps)

    def __str__(self) -> str:
        return "\n".join(line for step in self.steps for line in step_lines(step))
