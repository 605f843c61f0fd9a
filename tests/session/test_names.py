"""Names of cassettes, as they lie on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentreplay
from demo.provider import Provider
from tests.session.calls import ask

NAMES = [
    "plain",
    "Plain",
    "tests/test_a.py::test_b[x/y-1]",
    "../up",
    "/absolute",
    "a" * 300,
    "a" * 301,
    "con",
    "café",
    "cafe\N{COMBINING ACUTE ACCENT}",
    "東京",
    " ",
    "a.",
    "a\nb",
    "{curly} $HOME ~ %TEMP%",
]


def test_any_name_is_found_again_under_the_directory(provider: Provider, tmp_path: Path) -> None:
    """Every string is a name: its recording lies under the directory, apart from all others, and replays."""
    directory = tmp_path / "some" / "cassettes"
    live: dict[str, str] = {}
    folders: set[str] = set()
    for name in NAMES:
        with agentreplay.cassette(name, directory=directory) as session:
            live[name] = ask(provider)
        assert session.path is not None
        assert directory.resolve() in session.path.resolve().parents
        assert session.cassette.meta.test_id == name
        folders.add(str(session.path.parent).casefold())
    assert len(folders) == len(NAMES)
    with provider.stopped():
        for name in NAMES:
            with agentreplay.cassette(name, directory=directory):
                assert ask(provider) == live[name]


@pytest.mark.parametrize("name", ["", None, 3])
def test_what_is_no_name_is_refused(name: object) -> None:
    """A name is a string that is not empty."""
    with pytest.raises(agentreplay.ConfigurationError, match="name="):
        agentreplay.cassette(name)  # type: ignore[arg-type]
