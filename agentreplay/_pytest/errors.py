"""What is said when a test run or one of its tests cannot be what it is asked to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from agentreplay._errors import AgentReplayError, ConfigurationError, SessionError

_CAUSES: Final = (
    "the calls are made in another process (a subprocess, a server): open agentreplay.cassette(...) there",
    "the calls go through an SDK or a client of its own that agentreplay does not wrap",
    "the SDK is mocked or patched, so that no call reaches it",
    "the calls are made by a fixture of wider scope than the test: open agentreplay.cassette(...) in that fixture",
    "a cache answers instead: one of the framework's, or one around your own function",
)


class NoCallError(AgentReplayError):
    """A test that is to run in a session made no call that agentreplay could intercept.

    Attributes:
        elsewhere: names of sessions that the test opened by hand and made its calls in.
    """

    def __init__(self, elsewhere: Sequence[str] = ()) -> None:
        self.elsewhere = list(elsewhere)
        head = "this test is marked for agentreplay, but not one call was intercepted in its session."
        if self.elsewhere:
            listed = ", ".join(repr(name) for name in self.elsewhere)
            reason = f"It makes its calls inside cassettes of its own ({listed}), which need no mark."
        else:
            causes = "\n".join(f"  - {cause};" for cause in _CAUSES)
            reason = f"So nothing was tested. Likely causes:\n{causes}"
        super().__init__(f"{head} {reason}\nIf the test makes no call, take the mark or the fixture away.")


class DriftError(AgentReplayError):
    """A test in mode `verify` got answers that are no longer what was recorded.

    Attributes:
        report: the report on them.
    """

    def __init__(self, report: str) -> None:
        self.report = report
        super().__init__(
            f"the provider's answers are no longer what was recorded: {report}\n"
            "If the new ones are right, record again: --agentreplay-mode=record."
        )


def blocked_call(method: str) -> SessionError:
    """The error for a call outside every session in a run that allows none."""
    return SessionError(
        f"{method} was called outside any cassette, and --agentreplay-block-network forbids that. Mark the test with "
        "@pytest.mark.agentreplay, or make the call inside agentreplay.cassette(...)."
    )


def unknown_argument(name: str, known: Iterable[str], where: str) -> ConfigurationError:
    """The error for an argument `name`, given in `where`, that `agentreplay.cassette` does not take."""
    return ConfigurationError.unknown_setting(name, known, where)


def positional_arguments(where: str) -> ConfigurationError:
    """The error for a mark with arguments that have no name."""
    return ConfigurationError(
        f"{where} is given an argument without a name. It takes those of agentreplay.cassette, by name: "
        "@pytest.mark.agentreplay(mode='replay')."
    )


def shared_recording(name: str, tests: Sequence[str]) -> ConfigurationError:
    """The error for several tests that would record into one place."""
    listed = "\n".join(f"  {test}" for test in tests[:10])
    return ConfigurationError(
        f"name={name!r} gives these tests one recording, and each would replace what the other recorded:\n{listed}\n"
        "Leave the name out, so that each has its own; or say mode='replay' beside it, where they share one that "
        "none of them records."
    )


def less_safe_option(option: str, wanted: str, variable: str, given: str) -> ConfigurationError:
    """The error for an option that asks for more than a variable of the environment allows."""
    return ConfigurationError(
        f"{option}{f'={wanted}' if wanted else ''} contradicts {variable}={given} in the environment, and of two the "
        f"safer is in force. Unset {variable}, or leave the option out."
    )


def needs_cache(option: str) -> ConfigurationError:
    """The error for an option that cannot know which tests it is for."""
    return ConfigurationError(
        f"{option} asks pytest's cache which tests missed last time, and the cache is switched off "
        "(-p no:cacheprovider). Name the tests and record them with --agentreplay-mode=record."
    )
