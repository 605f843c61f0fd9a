"""What can be set, what it means, and which place decides.

A setting is said in `[tool.agentreplay]` of the nearest `pyproject.toml`, in the environment as `AGENTREPLAY_<NAME>`,
or as an argument in code; the later of these wins. The mode has a rule of its own, see `_mode_choice`.

A new setting is one line in `Settings`; the project file, the environment, validation and the table follow from it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr, ValidationError

from agentreplay._errors import ConfigurationError
from agentreplay._modes import Mode
from agentreplay._settings.mode_choice import Decider, choose_mode
from agentreplay._settings.sources import Source, from_environment, from_project
from agentreplay._settings.values import age, choice, freezable, hosts, items, match_value, shown, speed

Check = Callable[[Any], Any]
"""Takes a setting's value and gives what is to be kept; raises ValueError or ConfigurationError for what cannot be."""

_CODE: Final = "code"
_DEFAULT: Final = "default"


class Settings(BaseModel):
    """The settings in force.

    Attributes:
        mode: what a session does with a call.
        directory: where cassettes lie. A relative one in `pyproject.toml` counts from that file's folder, any other
            from the working directory.
        match: which recorded request answers a call: a strategy's name, or a table of the matcher's options.
        allow_repeats: answer a request again when its recordings are used up.
        allow_unused: let a block end well although recorded interactions were not asked for.
        block_network: refuse socket connections from inside a session; None means: while it replays.
        allowed_hosts: hosts that may be connected to all the same, by name or address, `*` standing for any part;
            loopback always may.
        max_age: how old a recording may be; None for any age. Written as `30d`, `12h`, `2w`, in seconds, or `off`.
        max_age_action: what happens to an older one.
        prune: with mode `extend`, drop the recorded interactions that were not used.
        redact_personal: which personal data to redact, by name.
        freeze: what stands still while recording and replaying: `time` (or `clock`, which runs), `uuid`, `random`.
        compress: record into files packed with Zstandard, `*.json.zst` (the extra `zstd`).
        pace: how fast streams are replayed: `instant`, `recorded`, or how many times as fast as recorded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    mode: Annotated[Mode, BeforeValidator(Mode.parse)] = Mode.AUTO
    directory: Path = Path("cassettes")
    match: Annotated[Any, BeforeValidator(match_value)] = "exact"
    allow_repeats: bool = False
    allow_unused: bool = False
    block_network: bool | None = None
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(hosts)] = ()
    max_age: Annotated[timedelta | None, BeforeValidator(age)] = None
    max_age_action: Annotated[Literal["warn", "fail"], choice("max_age_action", "warn", "fail")] = "warn"
    prune: bool = False
    redact_personal: Annotated[tuple[str, ...], BeforeValidator(items)] = ()
    freeze: Annotated[tuple[str, ...], BeforeValidator(freezable)] = ()
    compress: bool = False
    pace: Annotated[float, BeforeValidator(speed)] = math.inf

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    def origin(self, name: str) -> str:
        """Where the value of this setting was said: `code`, a variable, the path of a project file, or `default`."""
        return self._origins.get(name, _DEFAULT)

    def __str__(self) -> str:
        """One line for each setting: its name, its value, and where that was said."""
        rows = [("setting", "value", "from")]
        rows += [(name, shown(getattr(self, name)), self.origin(name)) for name in type(self).model_fields]
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {place}".rstrip() for name, value, place in rows)


SETTING_NAMES: Final = tuple(Settings.model_fields)


def resolve_settings(
    code: Mapping[str, object] | None = None,
    *,
    checks: Mapping[str, Check] | None = None,
    environ: Mapping[str, str] = os.environ,
    start: Path | None = None,
) -> Settings:
    """The settings in force for a session whose arguments are `code`.

    An argument that is None says nothing. `checks` validates further what only an upper layer understands (`match`),
    and its results are kept. `environ` is the environment, `start` the folder where the search for the project file
    begins.

    Raises:
        ConfigurationError: a key that names no setting, a value that cannot be meant, or settings that contradict each
            other; the message names the setting and the place.
    """
    project, file = from_project(SETTING_NAMES, start)
    environment = from_environment(SETTING_NAMES, environ)
    in_code = _from_code(code or {})
    said = [_read(source, checks or {}) for source in (project, environment, in_code)]
    if file is not None and "directory" in said[0]:
        said[0]["directory"] = file.parent / said[0]["directory"]

    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for source, read in zip((project, environment, in_code), said, strict=True):
        values.update(read)
        origins.update({name: source.places[name] for name in read})
    values["mode"], decider = choose_mode(
        project=said[0].get("mode"), environment=said[1].get("mode"), code=said[2].get("mode")
    )
    origins["mode"] = _mode_origin(decider, environment, in_code, project)
    # Everything was validated where it stands; what a check gave need not fit the field any more.
    settings = Settings.model_construct(**values)
    settings._origins.update(origins)
    return settings


def settings() -> Settings:
    """The settings that a session gets which names none in code; printing them shows where each was said.

    Raises:
        ConfigurationError: as for `resolve_settings`.
    """
    return resolve_settings()


def _from_code(arguments: Mapping[str, object]) -> Source:
    for name in arguments:
        if name not in SETTING_NAMES:
            raise ConfigurationError.unknown_setting(name, SETTING_NAMES, _CODE)
    said = {name: value for name, value in arguments.items() if value is not None}
    return Source(said, dict.fromkeys(said, _CODE))


def _read(source: Source, checks: Mapping[str, Check]) -> dict[str, Any]:
    """What one source says, validated; only the settings that it names."""
    try:
        read = Settings.model_validate(dict(source.values))
    except ValidationError as error:
        first = error.errors()[0]
        raise _refused(source, str(first["loc"][0]), first.get("ctx", {}).get("error") or first["msg"]) from error
    said = {name: getattr(read, name) for name in source.values}
    for name in said.keys() & checks.keys():
        said[name] = _checked(source, name, said[name], checks[name])
    mode = said.get("mode", Mode.EXTEND)
    if said.get("prune") and mode is not Mode.EXTEND:
        why = f"it belongs to mode='extend', and the same place says mode={mode.value!r}"
        raise _refused(source, "prune", why)
    return said


def _checked(source: Source, name: str, value: object, check: Check) -> object:
    try:
        return check(value)
    except ValueError as error:
        raise _refused(source, name, error) from error


def _refused(source: Source, name: str, why: object) -> ConfigurationError:
    return ConfigurationError.bad_setting(name, source.values[name], why, source.places[name])


def _mode_origin(decider: Decider, environment: Source, code: Source, project: Source) -> str:
    """Where the mode was said, and what else was said that lost to safety."""
    if decider is Decider.DEFAULT:
        return _DEFAULT
    if decider is Decider.PROJECT:
        return project.places["mode"]
    lost, won = (code, environment) if decider is Decider.ENVIRONMENT else (environment, code)
    text = won.places["mode"]
    if "mode" in lost.values and Mode.parse(lost.values["mode"]) is not Mode.parse(won.values["mode"]):
        text += f" (over mode {lost.values['mode']!s} of {lost.places['mode']})"
    return text
