"""Any name becomes one short, portable path inside of the directory, and no two names the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from agentreplay._cassette import Cassette
from agentreplay._naming import safe_path

PORTABLE: Final = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
RESERVED: Final = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
ANY_NAME: Final = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=300)
LIKE_A_TEST: Final = st.lists(
    st.sampled_from(
        ["a", "A", "é", "e\u0301", "/", "//", "::", "-", ".", "..", "con", "NUL", ".json", " ", "_", "x" * 40]
    )
    | st.text("0123456789abcdef", min_size=12, max_size=16),
    max_size=8,
).map("".join)
NAMES: Final = LIKE_A_TEST | ANY_NAME


def folded(name: str) -> str:
    """The path as the least exact file system would compare it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", str(safe_path(name))).casefold())


@given(NAMES)
@example("")
@example("x" * 5000)
@example("/" * 5000)
@example("a/" * 2500)
@example("\0")
@settings(max_examples=150)
def test_a_path_is_short_portable_and_inside(name: str) -> None:
    """Each part is lower-case ASCII, no device of Windows and no hidden file; the whole is under 200 characters."""
    path = safe_path(name)
    assert not path.is_absolute()
    for part in path.parts:
        assert PORTABLE.fullmatch(part)
        assert not part.endswith((".", ".json"))
        assert part.split(".")[0] not in RESERVED
    whole = Cassette.cassette_path(".", name, "0123456789abcdef").as_posix()
    assert whole == f"{path}/0123456789ab.json"
    assert len(whole) < 200


@given(NAMES, NAMES)
@settings(max_examples=150)
def test_different_names_have_different_paths(one: str, other: str) -> None:
    """Also where a file system folds case and Unicode forms."""
    assume(one != other)
    assert folded(one) != folded(other)


@given(NAMES)
@settings(max_examples=100)
def test_a_name_s_path_is_no_other_name_s(name: str) -> None:
    """A name that is spelled as another's path gets a path of its own."""
    path = str(safe_path(name))
    assume(path != name)
    assert folded(path) != folded(name)


def swapped(name: str) -> str:
    return name.swapcase()


def composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


def with_backslashes(name: str) -> str:
    return name.replace("/", "\\")


@given(NAMES, st.sampled_from([swapped, composed, decomposed, with_backslashes, str.strip, str.casefold]))
@settings(max_examples=150)
def test_names_that_look_alike_have_different_paths(name: str, change: Callable[[str], str]) -> None:
    """Names that differ by case, Unicode form, slashes or outer white space alone are different names."""
    assume(change(name) != name)
    assert folded(change(name)) != folded(name)


@pytest.mark.parametrize("name", ["test_one", "tests/test_agent/test_one", "a.b-c_d/0", "weather-2", "x" * 60])
def test_a_portable_name_is_its_own_path(name: str) -> None:
    """Where nothing had to change, nothing did."""
    assert str(safe_path(name)) == name


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("tests/test_agent.py::TestAgent::test_one", "tests/test_agent.py-testagent-test_one-0d0e7b5b6cb1ac0f"),
        ("../../etc/passwd", "etc/passwd-"),
        ("/etc/passwd", "etc/passwd-"),
        ("C:\\Windows\\x", "c-windows-x-"),
        ("NUL", "_nul-"),
        ("a/con.txt/b", "a/_con.txt/b-"),
        ("a/0123456789ab.json/b", "a/0123456789ab.json_/b-"),
        ("Grüße aus Köln", "grue-aus-koln-"),
        ("日本語", "cassette-"),
        ("", "cassette-"),
        ("..", "cassette-"),
        ("a//b", "a/b-"),
        ("a/b/", "a/b-"),
        ("test-0123456789abcdef", "test-0123456789abcdef-"),
    ],
)
def test_a_changed_name_is_readable_and_has_its_hash(name: str, path: str) -> None:
    """A slug says which name it was, and sixteen digits that it is this one."""
    assert re.fullmatch(re.escape(path[:-16] if path[-1] != "-" else path) + "[0-9a-f]{16}", str(safe_path(name)))


def test_the_end_of_a_long_name_is_kept() -> None:
    """Of a deep path the last parts remain: they say which test it was."""
    path = str(safe_path("/".join(f"package{number}" for number in range(50)) + "/test_it"))
    assert "package49/test_it-" in path
