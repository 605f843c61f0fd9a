"""The options of a test run: how they are declared, and what they say together."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

UNUSED: Final = ("warn", "fail", "delete")

MARKER: Final = (
    "agentreplay(**arguments): record the model calls of this test, or replay them if they were recorded before; the "
    "arguments are those of agentreplay.cassette(...)."
)


def add_options(parser: pytest.Parser) -> None:
    """Declare what can be said on the command line and in the ini file."""
    group = parser.getgroup("agentreplay", "agentreplay: model calls recorded once, replayed offline")
    group.addoption(
        "--agentreplay-mode",
        metavar="MODE",
        type=_mode_name,
        help="what marked tests do with a call: auto, replay, record, extend, live or verify (or VCR's once, none, "
        "all, new_episodes). By default auto: replay what is recorded, record the rest; under CI never record.",
    )
    group.addoption(
        "--agentreplay-rerecord-failed",
        action="store_true",
        help="record again the tests whose recordings did not fit in the last run",
    )
    group.addoption(
        "--agentreplay-unused",
        choices=UNUSED,
        metavar="|".join(UNUSED),
        help="what to do about cassettes that no test uses; only judged when the whole suite ran (default: warn)",
    )
    group.addoption(
        "--agentreplay-report", metavar="FILE", help="write what became of each test's calls to FILE, as JSON"
    )
    group.addoption(
        "--agentreplay-block-network",
        action="store_true",
        help="fail each test that makes a model call outside any cassette",
    )
    group.addoption(
        "--agentreplay-details", action="store_true", help="list what became of each test's calls, as -rA does too"
    )
    parser.addini("agentreplay_mode", "the mode where neither command line nor environment name one", default="")
    parser.addini("agentreplay_auto", "treat every test as marked for agentreplay", type="bool", default=False)
    parser.addini("agentreplay_unused", "as --agentreplay-unused", default="")
    parser.addini("agentreplay_block_network", "as --agentreplay-block-network", type="bool", default=False)


def _mode_name(text: str) -> str:
    from agentreplay._errors import ConfigurationError
    from agentreplay._modes import Mode

    try:
        return Mode.parse(text).value
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


@dataclass(frozen=True)
class Options:
    """What a run is asked to do.

    Attributes:
        mode: the mode that the command line names.
        ini_mode: the mode that the ini file names.
        auto: every test is treated as marked.
        unused: what happens to cassettes that no test uses, if somebody said.
        report: the file for the report, from the folder that pytest was started in.
        block_network: calls outside every session are refused.
        rerecord_failed: tests that missed in the last run are recorded again.
        details: the summary lists each test.
    """

    mode: str | None = None
    ini_mode: str | None = None
    auto: bool = False
    unused: str | None = None
    report: Path | None = None
    block_network: bool = False
    rerecord_failed: bool = False
    details: bool = False

    @classmethod
    def of(cls, config: pytest.Config, namespace: argparse.Namespace | None = None) -> Options:
        """The options of this run; `namespace` holds the command line while the configuration is still being read.

        Raises:
            pytest.UsageError: the ini file says what cannot be meant.
        """
        given = namespace or config.option
        report: str | None = given.agentreplay_report
        return cls(
            mode=given.agentreplay_mode,
            ini_mode=_ini_choice(config, "agentreplay_mode"),
            auto=config.getini("agentreplay_auto"),
            unused=given.agentreplay_unused or _ini_choice(config, "agentreplay_unused"),
            report=config.invocation_params.dir / report if report else None,
            block_network=given.agentreplay_block_network or config.getini("agentreplay_block_network"),
            rerecord_failed=given.agentreplay_rerecord_failed,
            details=given.agentreplay_details or "A" in (getattr(given, "reportchars", None) or ""),
        )

    @property
    def is_used(self) -> bool:
        """Whether anybody said anything: the default says nothing."""
        return any(value for name, value in vars(self).items() if name != "details")

    def check(self, config: pytest.Config) -> None:
        """Hold the options against the environment and against each other.

        Raises:
            pytest.UsageError: they cannot all be meant.
        """
        if self.rerecord_failed and getattr(config, "cache", None) is None:
            from agentreplay._pytest.errors import needs_cache

            raise pytest.UsageError(str(needs_cache("--agentreplay-rerecord-failed")))
        if self.rerecord_failed:
            _check_environment("--agentreplay-rerecord-failed", "record")
        if self.mode:
            _check_environment("--agentreplay-mode", self.mode)


def _check_environment(option: str, mode: str) -> None:
    """Know that the environment allows the mode, which has the last word on what is less safe."""
    from agentreplay._errors import ConfigurationError
    from agentreplay._modes import MODE_VARIABLE, Mode, mode_from_environment
    from agentreplay._pytest.errors import less_safe_option
    from agentreplay._settings.mode_choice import choose_mode

    try:
        allowed = mode_from_environment()
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error
    wanted = Mode.parse(mode)
    chosen, _ = choose_mode(code=wanted, environment=allowed, project=None)
    if allowed is not None and wanted is not Mode.AUTO and chosen is not wanted:
        raise pytest.UsageError(str(less_safe_option(option, mode, MODE_VARIABLE, allowed.value)))


def _ini_choice(config: pytest.Config, name: str) -> str | None:
    value = str(config.getini(name)).strip()
    if not value:
        return None
    from agentreplay._errors import ConfigurationError
    from agentreplay._modes import Mode

    try:
        if name == "agentreplay_mode":
            return Mode.parse(value).value
        if value not in UNUSED:
            raise ConfigurationError.unknown_choice(name, value, UNUSED)
    except ConfigurationError as error:
        raise pytest.UsageError(f"{error} It stands in {config.inipath}.") from error
    return value
