"""What lies where a cassette should, and is none: it neither makes a reader wait nor leads it elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors.files import CassetteFileError
from agentreplay._storage import find_recording, store_recording
from tests.files.cassettes import cassette


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        # The path of a socket may have about a hundred characters, fewer than a test's folder.
        before = Path.cwd()
        os.chdir(path.parent)
        try:
            listening.bind(path.name)
        finally:
            os.chdir(before)


def make_nothing(path: Path) -> None:
    assert not path.exists()


def link_to(target: str) -> Callable[[Path], object]:
    return partial(Path.symlink_to, target=target)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        pytest.param(Path.mkdir, "it is a folder", id="folder"),
        pytest.param(os.mkfifo, "it is a FIFO", id="FIFO"),
        pytest.param(make_socket, "it is a socket", id="socket"),
        pytest.param(link_to("/dev/zero"), "a symbolic link leads out of", id="device"),
        pytest.param(link_to("/etc/passwd"), "a symbolic link leads out of", id="system file"),
        pytest.param(link_to("../outside.json"), "a symbolic link leads out of", id="outside"),
        pytest.param(link_to("0123456789ab.json"), "it cannot be read: ", id="loop"),
        pytest.param(link_to("nothing"), "it cannot be read: there is no such file", id="dangling"),
        pytest.param(make_nothing, "it cannot be read: there is no such file", id="missing"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], object], what: str) -> None:
    """Loading it is one error with its path, that says what it is, and nothing waits or is read from elsewhere."""
    cassette().save(tmp_path / "outside.json")
    (tmp_path / "inside").mkdir()
    path = tmp_path / "inside" / "0123456789ab.json"
    make(path)
    with pytest.raises(CassetteFileError) as caught:
        Cassette.load(path)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: {what}")
    assert caught.value.next_step


def test_a_device_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a device can already do something, so what it is is asked first."""

    def opened(*_: object) -> int:
        raise AssertionError("it was opened")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", opened)
        with pytest.raises(CassetteFileError, match="it is a device"):
            Cassette.load("/dev/null")


@pytest.mark.parametrize(
    ("make", "what"),
    [(os.mkfifo, "it is a FIFO"), (link_to("/etc/passwd"), "it cannot be read: ")],
    ids=["FIFO", "link"],
)
def test_a_file_exchanged_while_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object], what: str
) -> None:
    """What was a file when it was looked at, and is none when it is opened, neither hangs nor is followed."""
    path = cassette().save(tmp_path / "c.json")
    really_open = os.open

    def exchange_and_open(opened: Path, flags: int) -> int:
        path.unlink()
        make(path)
        return really_open(opened, flags)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", exchange_and_open)
        with pytest.raises(CassetteFileError) as caught:
            Cassette.load(path)
    assert str(caught.value).startswith(f"{path}: {what}")


def test_a_link_to_a_file_beside_it_is_followed(tmp_path: Path) -> None:
    """A link that stays in its folder, or leads below it, is as good as the file."""
    (tmp_path / "below").mkdir()
    cassette().save(tmp_path / "below" / "c.json")
    (tmp_path / "latest.json").symlink_to("below/c.json")
    assert Cassette.load(tmp_path / "latest.json") == cassette()


def test_saving_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    """Writing does not follow a link either: the file it leads to keeps its content."""
    outside = tmp_path / "outside.json"
    outside.write_text("precious")
    (tmp_path / "inside").mkdir()
    link = tmp_path / "inside" / "c.json"
    link.symlink_to(outside)
    cassette().save(link)
    assert outside.read_text() == "precious"
    assert not link.is_symlink()
    assert Cassette.load(link) == cassette()


def test_a_fifo_in_the_place_of_a_recording_is_replaced_by_the_next(tmp_path: Path) -> None:
    """Finding and storing do not open it."""
    folder = tmp_path / "test_one"
    folder.mkdir()
    os.mkfifo(folder / "0123456789ab.json")
    assert find_recording(tmp_path, "test_one") == folder / "0123456789ab.json"
    new = store_recording(cassette(), tmp_path, "test_one")
    assert list(folder.iterdir()) == [new]


@pytest.mark.parametrize("name", ["a\0b.json", "x" * 300 + ".json", "\ud800.json"], ids=["NUL", "long", "surrogate"])
def test_a_path_that_the_system_does_not_take_is_a_clear_error(tmp_path: Path, name: str) -> None:
    """Loading and saving say so with the library's own error, whose text can be printed."""
    with pytest.raises(CassetteFileError) as caught:
        Cassette.load(tmp_path / name)
    assert str(caught.value).replace("\n", "").isprintable()
    if "\ud800" not in name:
        with pytest.raises(CassetteFileError):
            cassette().save(tmp_path / name)


def test_control_characters_of_a_path_are_escaped_in_a_message(tmp_path: Path) -> None:
    """A file's name can neither colour a terminal nor begin a line of its own; the attribute is the path as it is."""
    path = tmp_path / "\x1b[31m\nok\u202e.json"
    with pytest.raises(CassetteFileError) as caught:
        Cassette.load(path)
    assert caught.value.path == path
    assert "\\x1b[31m\\nok\\u202e.json: it cannot be read" in str(caught.value)
