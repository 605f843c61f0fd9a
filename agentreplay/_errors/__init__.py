"""Every exception and warning of the library, and their words.

A message is built here from fields that stay on the exception, and says what was asked, where we looked, what came
nearest and what to run next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agentreplay._printable import printable


class AgentReplayError(Exception):
    """Root of all errors that agentreplay raises. They come whole out of another process (a pool's, a test run's)."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(error_class: type[AgentReplayError], args: tuple[Any, ...], fields: dict[str, Any]) -> AgentReplayError:
    # Not by its constructor, whose arguments are not those that `Exception` keeps.
    error = error_class.__new__(error_class, *args)
    error.__dict__.update(fields)
    return error


class AgentReplayWarning(UserWarning):
    """Root of all warnings that agentreplay gives."""


class ConfigurationError(AgentReplayError, ValueError):
    """An option, a setting or a combination of them that cannot be meant."""

    @classmethod
    def unknown_choice(cls, argument: str, value: object, choices: Iterable[str]) -> ConfigurationError:
        """The error for a `value` that is none of `choices`."""
        known = list(choices)
        near = difflib.get_close_matches(str(value), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return cls(f"{argument}={value!r} is not known.{hint} Choose one of: {', '.join(known)}.")

    @classmethod
    def not_usable(cls, argument: str, value: object, why: str) -> ConfigurationError:
        """The error for a `value` that cannot be meant, and `why`."""
        return cls(f"{argument}={value!r}: {why}.")

    @classmethod
    def unknown_setting(cls, written: str, names: Iterable[str], where: str, *, prefix: str = "") -> ConfigurationError:
        """The error for a key `written` in `where` that is none of the settings' names, all spelled with `prefix`."""
        known = sorted(names)
        # Without the prefix: it is alike in all names, and would make each look near.
        near = difflib.get_close_matches(written[len(prefix) :], [name[len(prefix) :] for name in known], n=1)
        hint = f" Did you mean {prefix}{near[0]}?" if near else ""
        return cls(f"{written} in {where} is no setting of agentreplay.{hint} There are: {', '.join(known)}.")

    @classmethod
    def bad_setting(cls, name: str, value: object, why: object, place: str) -> ConfigurationError:
        """The error for a setting whose `value`, as it stands in `place`, cannot be meant."""
        if isinstance(why, ConfigurationError):
            return cls(f"{why} It stands in {place}.")
        return cls(f"{name}={value!r} (in {place}): {str(why).rstrip('.')}.")


class CassetteError(AgentReplayError):
    """A cassette file that cannot be used: unreadable, damaged, foreign, or of an unknown schema.

    Attributes:
        path: the file, or None for text that came from no file.
        reason: what is wrong with it.
        where: the place inside the file (`interactions[3].request.kind`, `line 7 column 2`), where it is known.
        next_step: what to do about it.
    """

    def __init__(self, reason: str, *, path: Path | None = None, where: str | None = None, next_step: str = "") -> None:
        self.path = path
        self.reason = reason
        self.where = where
        self.next_step = next_step
        place = f"{path or 'cassette text'}" + (f", at {where}" if where else "")
        end = "" if reason.endswith(("?", ".")) else "."
        step = f"\n{printable(next_step, lines=True)}" if next_step else ""
        super().__init__(printable(f"{place}: {reason}{end}") + step)


class CassetteNotFoundError(CassetteError):
    """No cassette where one was needed.

    Attributes:
        name: the name of its session.
        folder: where it would lie.
        pinned: whether the code says the mode, so that the environment cannot turn it into recording.
    """

    def __init__(self, name: str, folder: Path, why: str, *, pinned: bool = False) -> None:
        self.name = name
        self.folder = folder
        self.pinned = pinned
        in_code = f"cassette({name!r}, mode='record')"
        or_else = ", since no variable overrules what the code says"
        how = f"{in_code}{or_else}" if pinned else f"AGENTREPLAY_MODE=record, or {in_code}"
        super().__init__(
            f"there is no cassette for {name!r}",
            path=folder,
            next_step=f"{why} Record it where the network and a key are at hand: {how}; then commit the file.",
        )


class CassetteSchemaWarning(AgentReplayWarning):
    """A cassette written by an older schema was read.

    Attributes:
        path: the file, or None for text that came from no file.
        found: its schema.
        known: the schema that it was read as.
    """

    def __init__(self, path: Path | None, found: int, known: int) -> None:
        self.path = path
        self.found = found
        self.known = known
        super().__init__(
            printable(
                f"{path or 'cassette text'} is of schema {found} and was read as schema {known}. "
                f"To bring it up to date on disk: agentreplay migrate {path.parent if path else 'FOLDER'}"
            )
        )


class EmptyRecordingWarning(AgentReplayWarning):
    """A recording session ended without one call, and wrote nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"cassette({name!r}) was to record, but no call that agentreplay knows was made inside it; "
            "nothing was written."
        )


class UnfinishedCallWarning(AgentReplayWarning):
    """A recording session ended while calls were still on their way; their answers are not in the cassette."""

    def __init__(self, name: str, methods: str) -> None:
        self.name = name
        super().__init__(
            f"cassette({name!r}) ended while these calls were still on their way: {methods}. They are not recorded; "
            "wait for their threads or tasks inside the block."
        )


class SessionError(AgentReplayError):
    """A call or a session used where its session does not allow it."""

    @classmethod
    def ended(cls, name: str) -> SessionError:
        """The error for a call from a thread or task that outlived its session."""
        return cls(
            f"this call comes from a thread or task that was started inside cassette({name!r}), and that block has "
            "ended. Wait for the thread or task before the block ends, or open a cassette of its own inside it."
        )

    @classmethod
    def unknown(cls, thread: str, names: Iterable[str]) -> SessionError:
        """The error for a call of which nothing tells the session."""
        listed = ", ".join(repr(name) for name in names)
        return cls(
            f"a call in thread {thread!r} belongs to no session, while a session is open elsewhere ({listed}). It is "
            "refused, not guessed: its thread was started before the block. Start the thread (or submit the work) "
            "inside the block, or open cassette(...) in the thread itself; cassette(..., mode='live') lets it through."
        )

    @classmethod
    def nobody(cls, method: str, server: str | None) -> SessionError:
        """The error for a live call on a connection that was opened while replaying."""
        return cls(
            f"{method} would go live, but its connection ({server or 'of unknown address'}) was opened while "
            "replaying, so there is no server at its other end. Open the connection inside the session that makes live "
            "calls."
        )

    @classmethod
    def outside(cls, method: str) -> SessionError:
        """The error for a call outside every session where the environment says replay."""
        return cls(
            f"{method} was called outside any cassette, and AGENTREPLAY_MODE=replay forbids live calls. Make the call "
            "inside cassette(...), or unset AGENTREPLAY_MODE."
        )


class StandInKeyError(AgentReplayError):
    """A client that was built without a key, for replay, was about to send a request."""

    def __init__(self) -> None:
        super().__init__(
            "this client was built without an API key while replaying, so it holds a stand-in key, and it was about to "
            "send a real request. Set the provider's key and build the client again, or make the call inside "
            "cassette(..., mode='replay')."
        )


class IncompleteStreamError(AgentReplayError):
    """The app reads past the point at which it left this stream when it was recorded."""

    def __init__(self, method: str, kept: int) -> None:
        self.method = method
        self.kept = kept
        super().__init__(
            f"the recording of this {method} stream ends after {kept} events: the app left it there when it was "
            "recorded, and now reads on. Record again (mode='record') with the stream read as far as it is now."
        )


class NotRecordableError(SessionError):
    """A connection that agentreplay can neither record nor replay was to be opened while a session replays.

    Attributes:
        what: the method that opens it.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} opens a WebSocket, which agentreplay can neither record nor replay, and this session replays, so "
            "it is not opened. Use the request methods of the SDK in this test, or open the connection outside the "
            "cassette or inside cassette(..., mode='live')."
        )


class NotRecordableWarning(AgentReplayWarning):
    """A connection that agentreplay cannot record was opened while a session records."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} opens a WebSocket, which agentreplay cannot record: what is said there will be missing in replay."
        )


class RecordingError(AgentReplayError):
    """Something that happened while recording cannot be kept."""


class NotJSONError(RecordingError, TypeError):
    """An argument of a call that is no JSON, which the SDK could not send either.

    Attributes:
        method: the method that was called.
        found: the class of the argument.
    """

    def __init__(self, method: str, found: type) -> None:
        self.method = method
        self.found = found
        super().__init__(
            f"{method}: its arguments hold a {found.__module__}.{found.__qualname__}, which is no JSON and cannot be "
            "recorded. Pass plain data (dicts, lists, strings, numbers) or a pydantic model."
        )
