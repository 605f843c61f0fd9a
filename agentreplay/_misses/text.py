"""The words of a miss: what was asked, why nothing answered, what differs, what to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from agentreplay._json.values import is_array
from agentreplay._kinds import is_tool
from agentreplay._misses.excerpts import excerpt, media_in_words, quoted, told_apart, type_in_words
from agentreplay._misses.miss import Change, Difference, MissReason
from agentreplay._misses.word_diff import Piece, word_diff
from agentreplay._printable import printable
from agentreplay._terminal import styled

if TYPE_CHECKING:
    from agentreplay._errors.mismatch import CassetteMismatchError

_LINES_OF_DIFFERENCES: Final = 20
_DIFFERENCES: Final = 8
_FEW_OF_A_STRANGER: Final = 3
"""Differences shown where the nearest has so little in common that more would tell nothing."""
_STRANGE: Final = 0.3
"""Below this similarity the nearest is another request altogether."""
_PASSAGES: Final = 3
_MOSTLY: Final = 0.6
"""The share of a text from which on a change of it is shown as two texts."""
_VALUE: Final = 100
_SHORT: Final = 60
_PATH: Final = 90
_NAMED_METHODS: Final = 4


def miss_text(miss: CassetteMismatchError) -> str:
    """The text of this miss, with colour."""
    lines = [
        styled("No recorded interaction answers this call.", "bold"),
        "",
        *_asked(miss),
        *_why(miss),
        *_shown_differences(miss),
        "",
        *_where(miss),
        *_what_to_run(miss),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _asked(miss: CassetteMismatchError) -> list[str]:
    request = miss.request
    about = [printable(request.method or request.kind, _PATH)]
    if request.path:
        about.append(printable(request.path, _PATH))
    if request.model:
        about.append(f"model {printable(request.model, _SHORT)}")
    for name, words in (("messages", "message"), ("input", "input item"), ("tools", "tool")):
        items = request.body.get(name)
        if is_array(items) and items:
            about.append(_count(len(items), words))
    if request.body.get("stream") is True:
        about.append("stream")
    lines = [_labelled("asked", ", ".join(about))]
    if is_tool(request.kind):
        return [*lines, _labelled("given", excerpt(request.body, _VALUE))]
    if miss.last_user_message is not None:
        lines.append(_labelled("last user", quoted(miss.last_user_message, _VALUE)))
    return lines


def _why(miss: CassetteMismatchError) -> list[str]:
    first, *rest = _reason(miss)
    return [_labelled("why", first), *(_labelled("", line) for line in rest)]


def _reason(miss: CassetteMismatchError) -> list[str]:
    total = len(miss.used) + miss.remaining
    match miss.reason:
        case MissReason.CASSETTE_EMPTY:
            return ["the cassette holds no interaction at all."]
        case MissReason.NO_SUCH_METHOD:
            return [
                f"no call of {printable(miss.request.method or miss.request.kind, _PATH)} was recorded.",
                f"The cassette holds {_methods(miss.recorded_methods)}. Is it the right one?",
            ]
        case MissReason.ALL_USED:
            return _all_used(miss)
        case MissReason.OUT_OF_SEQUENCE:
            return _out_of_sequence(miss, total)
        case MissReason.NEAREST_DIFFERS:
            return _nearest_differs(miss)


def _all_used(miss: CassetteMismatchError) -> list[str]:
    places = [_interaction(position) for position in miss.equal_positions]
    calls = [str(miss.used.index(position) + 1) for position in miss.equal_positions if position in miss.used]
    if not calls:
        times = "once" if len(places) == 1 else f"{len(places)} times"
        return [f"it was recorded {times}, as {_listed(places)}, inside a call that was answered as a whole."]
    if len(places) == 1:
        return [
            f"it was recorded once, as {places[0]}, and that has answered already (replayed call {', '.join(calls)}).",
            "One call too many? To answer it again with the same answer: allow_repeats=True.",
        ]
    times = f"it was recorded {len(places)} times, as {_listed(places)}"
    return [
        f"{times}; all have answered already (replayed calls {_listed(calls)}).",
        "One call too many? To answer it again with the last answer: allow_repeats=True.",
    ]


def _out_of_sequence(miss: CassetteMismatchError, total: int) -> list[str]:
    if miss.nearest is None or miss.position is None:
        return [
            f"calls are matched in order, and all {total} have been replayed: this is call {total + 1}, one too many."
            if total > 1
            else f"calls are matched in order, and the only one has been replayed: this is call {total + 1}."
        ]
    expected = miss.nearest.interaction.request
    asked_model = f", model {printable(expected.model, _SHORT)}" if expected.model else ""
    wanted = printable(expected.method or expected.kind, _PATH) + asked_model
    return [
        f"calls are matched in order, and the next one, {_interaction(miss.position)}, is",
        f"{wanted}, not {printable(miss.request.method or miss.request.kind, _PATH)}.",
    ]


def _nearest_differs(miss: CassetteMismatchError) -> list[str]:
    if miss.nearest is None or miss.position is None:
        return ["no recorded request is equal to it."]
    alike = f"{int(miss.nearest.similarity * 100)} % alike"
    place = _interaction(miss.position)
    if miss.nearest.similarity < _STRANGE:
        return [
            f"nothing recorded is like it: even the nearest, {place}, is only {alike}.",
            "Is it the right cassette?",
        ]
    number = len(miss.differences)
    if not number:
        return [f"the nearest recording, {place}, is {alike}, and differs in what the matcher made of it."]
    lines = [f"the nearest recording, {place}, is {alike}; it differs in {_count(number, 'place')}:"]
    if miss.position in miss.used:
        call = miss.used.index(miss.position) + 1
        lines.insert(0, f"it is not among what was recorded. {place} has answered already (replayed call {call});")
        lines[1] = f"it is the nearest all the same, {alike}, and differs in {_count(number, 'place')}:"
    return lines


def _shown_differences(miss: CassetteMismatchError) -> list[str]:
    strange = miss.nearest is not None and miss.nearest.similarity < _STRANGE
    most = _FEW_OF_A_STRANGER if strange else _DIFFERENCES
    lines: list[str] = []
    shown = 0
    for difference in miss.differences[:most]:
        new = _difference(difference)
        if lines and len(lines) + len(new) > _LINES_OF_DIFFERENCES:
            break
        lines += new
        shown += 1
    left = len(miss.differences) - shown
    if left:
        lines.append(f"… and {_count(left, 'more difference')}; all are in the error's `differences`.")
    if any("[-" in line or "{+" in line for line in map(str, lines)):
        lines.append(styled("[-recorded-] {+now+}", "dim"))
    return ["", *(f"  {line}" for line in lines)] if lines else []


def _difference(difference: Difference) -> list[str]:
    path = styled(printable(difference.path, _PATH), "cyan")
    recorded, actual = difference.recorded, difference.actual
    match difference.change:
        case Change.ADDED:
            return [f"{path} is new: {styled(excerpt(actual, _VALUE), 'green')}"]
        case Change.REMOVED:
            return [f"{path} is missing now; recorded {styled(excerpt(recorded, _VALUE), 'red')}"]
        case Change.MOVED:
            origin = printable(difference.recorded_path or "", _PATH)
            return [f"{path} was recorded as {origin}: {excerpt(actual, _SHORT)}"]
        case Change.CHANGED:
            moved = f" (recorded as {printable(difference.recorded_path, _PATH)})" if difference.recorded_path else ""
            return _changed(f"{path}{moved}", recorded, actual)


def _changed(head: str, recorded: Any, actual: Any) -> list[str]:
    if isinstance(recorded, str) and isinstance(actual, str):
        if not (media_in_words(recorded) or media_in_words(actual)):
            return _changed_text(head, recorded, actual)
    elif type_in_words(recorded) != type_in_words(actual):
        return _two_values(
            head,
            f"{excerpt(recorded, _VALUE)} ({type_in_words(recorded)})",
            f"{excerpt(actual, _VALUE)} ({type_in_words(actual)})",
        )
    return _two_values(head, excerpt(recorded, _VALUE), excerpt(actual, _VALUE))


def _changed_text(head: str, recorded: str, actual: str) -> list[str]:
    if " " not in recorded + actual and max(len(recorded), len(actual)) <= _SHORT and recorded and actual:
        return _two_values(head, *map(_in_quotes, told_apart(recorded, actual)))
    found = word_diff(recorded, actual)
    if found.changed > _MOSTLY and not found.only_space:
        return _two_values(head, quoted(recorded, _VALUE), quoted(actual, _VALUE))
    about = "only white space differs" if found.only_space else _count(found.changes, "change")
    size = f" in {len(recorded):,} characters" if len(recorded) > 4 * _VALUE else ""
    lines = [f"{head}: {about}{size}"]
    lines += [f"  {''.join(map(_piece, passage))}" for passage in found.passages[:_PASSAGES]]
    if len(found.passages) > _PASSAGES:
        lines.append(f"  … and in {_count(len(found.passages) - _PASSAGES, 'more place')}")
    return lines


def _in_quotes(text: str) -> str:
    return f'"{text}"'


def _piece(piece: Piece) -> str:
    old = styled(f"[-{piece.recorded}-]", "red") if piece.recorded else ""
    new = styled(f"{{+{piece.actual}+}}", "green") if piece.actual else ""
    return f"{piece.both}{old}{new}"


def _two_values(head: str, recorded: str, actual: str) -> list[str]:
    red, green = styled(recorded, "red"), styled(actual, "green")
    if len(recorded) + len(actual) <= _SHORT:
        return [f"{head}: recorded {red}, now {green}"]
    return [f"{head}:", f"  recorded  {red}", f"  now       {green}"]


def _where(miss: CassetteMismatchError) -> list[str]:
    total = len(miss.used) + miss.remaining
    place = printable(str(miss.cassette_path), 2 * _VALUE) if miss.cassette_path else "a cassette in memory"
    used = f"{len(miss.used)} of {total} used" if total else "empty"
    return [
        _labelled("cassette", f"{place} (mode {printable(miss.mode, _SHORT)}, {used})"),
        *(_labelled("note", printable(note, 2 * _VALUE)) for note in miss.notes),
    ]


def _what_to_run(miss: CassetteMismatchError) -> list[str]:
    lines: list[str] = []
    if miss.remedy:
        lines.append(_labelled("to match", styled(f"match={miss.remedy}", "yellow")))
        lines.append(_labelled("", "Tried: with this the call is answered, nothing else differs."))
    if miss.command:
        run = styled(f"AGENTREPLAY_MODE=record {printable(miss.command, 2 * _VALUE)}", "yellow")
    else:
        run = f"run it with {styled('AGENTREPLAY_MODE=record', 'yellow')}"
    if miss.pinned:
        said = f"the code says mode={printable(miss.mode, _SHORT)!r}, which no variable overrules."
        lines.append(_labelled("re-record", f"{said} Say mode='record' there;"))
        lines.append(_labelled("", f"or say none, and {run}"))
    else:
        lines.append(_labelled("re-record", f"{run}{',' if miss.command else ''} or mode='record'"))
    if miss.reason is not MissReason.CASSETTE_EMPTY:
        lines.append(_labelled("", "Only what is new, keeping what still matches: mode='extend'."))
    return lines


def _labelled(label: str, text: str) -> str:
    return f"  {styled(label, 'bold')}{' ' * (11 - len(label))}{text}"


def _methods(recorded: dict[str, int]) -> str:
    named = sorted(recorded.items(), key=lambda item: (-item[1], item[0]))
    words = [f"{count} x {printable(method, _SHORT)}" for method, count in named[:_NAMED_METHODS]]
    left = len(named) - len(words)
    return _listed([*words, f"{left} other methods"] if left else words)


def _interaction(position: int) -> str:
    return f"interactions[{position}]"


def _listed(words: Sequence[str]) -> str:
    shown = list(words) if len(words) <= 6 else [*words[:4], "…", words[-1]]
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
