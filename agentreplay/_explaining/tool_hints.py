"""What may have become of a tool whose calls and recordings do not fit together."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from agentreplay._json.values import same_json
from agentreplay._kinds import is_tool
from agentreplay._recorded import Interaction, RecordedRequest

_NAMED: Final = 5


def unknown_tool(request: RecordedRequest, recorded: Iterable[RecordedRequest]) -> list[str]:
    """What to do where no call of this tool was recorded."""
    if not is_tool(request.kind):
        return []
    known = sorted({other.method for other in recorded if other.kind == request.kind})
    near = difflib.get_close_matches(request.method, known, n=1, cutoff=0.4)
    if not near:
        return []
    return [f"was the tool {near[0]!r} renamed {request.method!r}? With name={near[0]!r} it keeps its recordings."]


def changed_arguments(request: RecordedRequest, recorded: RecordedRequest) -> list[str]:
    """What to do where the arguments of a tool are not those that were recorded."""
    if not is_tool(request.kind):
        return []
    new = [name for name in request.body if name not in recorded.body]
    gone = [name for name in recorded.body if name not in request.body]
    if new or gone:
        words = [f"{_listed(new)} {'is' if len(new) == 1 else 'are'} new"] if new else []
        words += [f"{_listed(gone)} {'is' if len(gone) == 1 else 'are'} gone"] if gone else []
        advice = f" or, if the result does not depend on it, leave it out: ignore={_tuple(new)}" if new else ""
        return [f"the tool {request.method!r} takes other arguments now: {', '.join(words)}. Record again{advice}."]
    changed = [name for name, value in request.body.items() if not same_json(value, recorded.body[name])]
    if not changed or len(changed) == len(request.body):
        return []
    return [f"if the result of {request.method!r} does not depend on {_listed(changed)}: ignore={_tuple(changed)}."]


def part_of_an_answer(
    covered: Sequence[int], parents: Sequence[int | None], recorded: Sequence[Interaction]
) -> list[str]:
    """Why recorded calls at the positions `covered` do not answer: they are part of the answer of the call around."""
    found: list[str] = []
    for position in covered[:_NAMED]:
        around = parents[position]
        if around is not None:
            found.append(
                f"interactions[{position}] was recorded inside {recorded[around].request.method} "
                f"(interactions[{around}]), which was answered as a whole, with all that was made inside it."
            )
    return found


def missing_tools(unused: Sequence[Interaction], recorded: Sequence[Interaction]) -> list[str]:
    """What to do about tools of which no recorded call at all was asked for."""
    idle = {(item.request.kind, item.request.method) for item in unused if is_tool(item.request.kind)}
    left = {id(item) for item in unused}
    asked = {(item.request.kind, item.request.method) for item in recorded if id(item) not in left}
    return [
        f"The tool {method!r} was not called at all. Is it still there, and still a tool? One that was renamed keeps "
        f"its recordings with @agentreplay.tool(name={method!r})."
        for _, method in sorted(idle - asked)[:_NAMED]
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _tuple(names: Sequence[str]) -> str:
    return f"({_listed(names)},)" if len(names) == 1 else f"({_listed(names)})"
