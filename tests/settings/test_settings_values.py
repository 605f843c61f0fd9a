"""What settings may be, and what is said about what they may not be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from agentreplay._errors import ConfigurationError
from agentreplay._settings import Settings, resolve_settings


def resolved(code: Mapping[str, object], tmp_path: Path) -> Settings:
    return resolve_settings(code, environ={}, start=tmp_path)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30d", timedelta(days=30)),
        (" 12 H ", timedelta(hours=12)),
        ("1.5w", timedelta(weeks=1.5)),
        ("45", timedelta(seconds=45)),
        (90, timedelta(seconds=90)),
        (0.5, timedelta(milliseconds=500)),
        (timedelta(days=1), timedelta(days=1)),
        ("off", None),
        ("never", None),
    ],
)
def test_an_age_is_read_as_a_person_writes_it(written: object, meant: timedelta | None, tmp_path: Path) -> None:
    """Number and unit, plain seconds, a timedelta, or a word for no limit."""
    assert resolved({"max_age": written}, tmp_path).max_age == meant


@pytest.mark.parametrize("written", ["30 days", "d", "-3d", "", True, float("nan"), float("inf"), 1e300, "9" * 40, [1]])
def test_what_is_no_age_is_refused_with_the_form(written: object, tmp_path: Path) -> None:
    """The error names the argument, the value and how an age is written."""
    with pytest.raises(ConfigurationError, match=r"^max_age=.* \(in code\): ") as caught:
        resolved({"max_age": written}, tmp_path)
    assert "30d" in str(caught.value) or "longer than" in str(caught.value)


@pytest.mark.parametrize("written", [0, "0s", timedelta(seconds=-1)])
def test_an_age_is_more_than_zero(written: object, tmp_path: Path) -> None:
    """A limit that no recording can meet is a mistake."""
    with pytest.raises(ConfigurationError, match="more than zero"):
        resolved({"max_age": written}, tmp_path)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ({"mode": "recrod"}, "mode='recrod' is not known. Did you mean 'record'?"),
        ({"max_age_action": "fial"}, "max_age_action='fial' is not known. Did you mean 'fail'?"),
        ({"allow_repeats": "perhaps"}, "allow_repeats='perhaps' (in code): "),
        ({"allowed_hosts": 5}, "allowed_hosts=5 (in code): write a list of names"),
        ({"allowed_hosts": [5]}, "allowed_hosts=[5] (in code): "),
        ({"allowed_hosts": ["http://db.internal"]}, "allowed_hosts=['http://db.internal'] (in code): 'http://db.int"),
        ({"allowed_hosts": "db.internal:5432"}, "allowed_hosts='db.internal:5432' (in code): 'db.internal:5432' is m"),
        ({"allowed_hosts": "[::1]:80"}, "allowed_hosts='[::1]:80' (in code): '[::1]:80' is more than a host"),
        ({"redact_personal": {"mail": True}}, "redact_personal={'mail': True} (in code): write a list"),
        ({"directory": 7}, "directory=7 (in code): "),
        ({"match": "{ignore}"}, "match='{ignore}' (in code): this is no JSON object"),
        ({"mode": "replay", "prune": True}, "prune=True (in code): it belongs to mode='extend'"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(code: dict[str, object], told: str, tmp_path: Path) -> None:
    """The error begins with the argument and its value."""
    with pytest.raises(ConfigurationError) as caught:
        resolved(code, tmp_path)
    assert str(caught.value).startswith(told)


def test_a_bad_value_is_found_where_it_stands(tmp_path: Path) -> None:
    """The place is named, also where a later place says something better."""
    (tmp_path / "pyproject.toml").write_text("[tool.agentreplay]\nprune = 7\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"prune=7 \(in .*pyproject\.toml\)"):
        resolve_settings({"prune": True}, environ={}, start=tmp_path)
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"It stands in AGENTREPLAY_MODE"):
        resolve_settings({"mode": "replay"}, environ={"AGENTREPLAY_MODE": "repaly"}, start=tmp_path)


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("AGENTREPLAY_MODES", "Did you mean AGENTREPLAY_MODE?"),
        ("AGENTREPLAY_ALLOWED_HOST", "Did you mean AGENTREPLAY_ALLOWED_HOSTS?"),
        ("AGENTREPLAY_XYZZY", "There are: AGENTREPLAY_ALLOWED_HOSTS, "),
    ],
)
def test_an_unknown_variable_names_the_nearest_right_one(variable: str, near: str, tmp_path: Path) -> None:
    """A misspelt variable is an error: it would otherwise set nothing, silently."""
    with pytest.raises(ConfigurationError) as caught:
        resolve_settings(environ={variable: "1"}, start=tmp_path)
    assert near in str(caught.value)
    assert ("Did you mean" in str(caught.value)) == near.startswith("Did")


def test_an_unknown_key_names_the_nearest_right_one(tmp_path: Path) -> None:
    """In the project file and in code alike."""
    with pytest.raises(ConfigurationError, match=r"allow_unsued in code .*Did you mean allow_unused\?"):
        resolved({"allow_unsued": True}, tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.agentreplay]\nallow-repeats = true\n", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"allow-repeats in \[tool.agentreplay\] of .*Did you mean allow_repeats"
    ):
        resolved({}, tmp_path)


def test_one_name_alone_is_a_list_of_one(tmp_path: Path) -> None:
    """A host as plain text means that host, not its letters."""
    assert resolved({"allowed_hosts": "db.internal"}, tmp_path).allowed_hosts == ("db.internal",)
    assert resolved({"allowed_hosts": []}, tmp_path).allowed_hosts == ()


def test_addresses_of_both_kinds_are_hosts(tmp_path: Path) -> None:
    """The colons of an address are no port."""
    assert resolved({"allowed_hosts": ["::1", "10.0.0.5", "*.internal"]}, tmp_path).allowed_hosts == (
        "::1",
        "10.0.0.5",
        "*.internal",
    )


def test_an_upper_layer_checks_what_only_it_understands(tmp_path: Path) -> None:
    """A check's result is kept, and its error names the place that said the value."""

    def doubled(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("no text")
        return value * 2

    environ = {"AGENTREPLAY_MATCH": "ab"}
    assert resolve_settings(checks={"match": doubled}, environ=environ, start=tmp_path).match == "abab"
    with pytest.raises(ConfigurationError, match=r"match=\{\} \(in code\): no text\."):
        resolve_settings({"match": {}}, checks={"match": doubled}, environ={}, start=tmp_path)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    """What was resolved for a session stays as it is."""
    found = resolved({}, tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        found.prune = True


def test_a_wrong_option_is_one_error_without_a_chain_of_pydantic_words() -> None:
    """The last line that a person sees is ours."""
    program = "from agentreplay._settings import resolve_settings as r\nr({'prune': 'x'}, environ={})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("agentreplay._errors.ConfigurationError: prune='x' (in code): ")
