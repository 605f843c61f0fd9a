"""Files that an app sends and fetches: in every form that the SDKs take, and left as they were."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

import agentreplay
from demo.provider import Provider
from tests.conformance.app import App
from tests.conformance.everyway import EveryWay
from tests.conformance.offline import offline
from tests.conformance.vendors import Vendor

CONTENT = "naïve, 東京\r\n\x00".encode()

upload = pytest.mark.surface(openai="files.create", anthropic="files.upload or beta.files.upload")
openai_only = pytest.mark.surface(openai="files.create")

NAMED: list[Callable[[Path], Any]] = [
    lambda path: path,
    lambda path: path.open("rb"),
    lambda path: ("notes.txt", path.read_bytes()),
    lambda path: ("notes.txt", io.BytesIO(path.read_bytes())),
    lambda path: ("notes.txt", path.open("rb"), "text/plain"),
    lambda path: ("notes.txt", path.read_bytes(), "text/plain", {"x-part": "1"}),
]
NAMELESS: list[Callable[[Path], Any]] = [lambda path: path.read_bytes(), lambda path: io.BytesIO(path.read_bytes())]
FORMS = {"openai": NAMED + NAMELESS, "anthropic": NAMED}
"""OpenAI's SDK gives a name to a file that has none; Anthropic's does not, and the service refuses it."""


def send(app: App, file: Any) -> Any:
    """The vendor's upload of a file."""
    more = {"purpose": "assistants"} if app.vendor.package == "openai" else {}
    return app.surface(file=file, **more)


def written(tmp_path: Path) -> Path:
    path = tmp_path / "some.txt"
    path.write_bytes(CONTENT)
    return path


@upload
def test_files_are_sent_whole_in_every_form(everyway: EveryWay, tmp_path: Path) -> None:
    """In whichever form a file is given, the provider gets all of it, and the answer is the same."""
    path = written(tmp_path)

    async def program(app: App) -> None:
        with ExitStack() as stack:
            for form in FORMS[app.vendor.package]:
                file = form(path)
                opened = cast("Any", file)[1] if isinstance(file, tuple) else file
                if hasattr(opened, "close"):
                    stack.enter_context(opened)
                app.see(await app.wait(send(app, file)))

    outcome = everyway(program)
    assert [request.files[0].content for request in outcome.received] == [CONTENT] * len(outcome.responses)


@upload
def test_a_recording_holds_what_a_file_was_not_its_bytes(everyway: EveryWay, tmp_path: Path) -> None:
    """Of a file the recording keeps name, type, size and digest; of the form's other fields, all."""
    path = written(tmp_path)

    async def program(app: App) -> None:
        app.see(await app.wait(send(app, ("notes.txt", path.read_bytes(), "text/plain"))))

    outcome = everyway(program)
    body = outcome.cassette.interactions[0].request.body
    assert body["file"]["filename"] == "notes.txt"
    assert body["file"]["content_type"] == "text/plain"
    assert body["file"]["size"] == len(CONTENT)
    assert len(body["file"]["sha256"]) == 64
    assert "東京" not in outcome.text
    if everyway.vendor.package == "openai":
        assert body["purpose"] == "assistants"


@upload
def test_a_file_is_where_it_was_after_replay(
    vendor: Vendor, provider: Provider, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Replay reads a file to know it, and puts it back where it stood."""
    path = written(tmp_path)
    everyway = request.getfixturevalue("everyway")

    async def program(mode: str) -> None:
        app = App(vendor, vendor.client(provider), provider, everyway.surface)
        async with agentreplay.cassette("case", mode=mode, directory=tmp_path):
            with path.open("rb") as file:
                await app.wait(send(app, file))
                at_end = file.tell()
                file.seek(3)
                await app.wait(send(app, file))
                assert file.tell() == (at_end if mode == "record" else 3)

    vendor.run(program("record"))
    with offline():
        vendor.run(program("replay"))


@upload
def test_another_content_under_the_same_name_is_a_miss(
    vendor: Vendor, provider: Provider, tmp_path: Path, everyway: EveryWay
) -> None:
    """Files are told apart by what is in them, also where name and size are the same."""

    async def program(mode: str, content: bytes) -> None:
        app = App(vendor, vendor.client(provider), provider, everyway.surface)
        async with agentreplay.cassette("case", mode=mode, directory=tmp_path, allow_unused=True):
            await app.wait(send(app, ("notes.txt", content)))

    vendor.run(program("record", b"one"))
    with offline():
        vendor.run(program("replay", b"one"))
        with pytest.raises(agentreplay.CassetteMismatchError):
            vendor.run(program("replay", b"two"))


@upload
def test_files_are_fetched_again(everyway: EveryWay) -> None:
    """A file is retrieved, its content read, and it is deleted, with the same objects and bytes."""

    async def program(app: App) -> None:
        files = app.surface.__self__
        made = await app.wait(send(app, ("notes.bin", b"\xff\x00 some")))
        if app.vendor.package == "openai":
            app.see(await app.wait(files.retrieve(made.id)))
            content = await app.wait(files.content(made.id))
        else:
            app.see(await app.wait(files.retrieve_metadata(made.id)))
            content = await app.wait(files.download("file_there1"))
        app.see(content, await app.wait(content.read()))
        app.see(await app.wait(files.delete(made.id)))

    everyway(program)


@openai_only
def test_uploads_in_parts_are_replayed(everyway: EveryWay) -> None:
    """A file that is sent in parts is put together again, each part a call."""

    async def program(app: App) -> None:
        uploads = app.client.uploads
        made = await app.wait(
            uploads.create(bytes=6, filename="some.jsonl", mime_type="application/jsonl", purpose="batch")
        )
        parts = [
            await app.wait(uploads.parts.create(made.id, data=data)) for data in (b"abc", ("part", io.BytesIO(b"def")))
        ]
        app.see(*parts)
        app.see(await app.wait(uploads.complete(made.id, part_ids=[part.id for part in parts])))

    assert everyway(program).methods == [
        "uploads.create",
        "uploads.parts.create",
        "uploads.parts.create",
        "uploads.complete",
    ]


@pytest.mark.surface(openai="uploads.upload_file_chunked")
def test_the_upload_helper_is_replayed(everyway: EveryWay) -> None:
    """The SDK's helper that cuts a file into parts makes the same calls again."""

    async def program(app: App) -> None:
        half = len(CONTENT) // 2 + 1
        about = {"filename": "notes.txt", "bytes": len(CONTENT), "mime_type": "text/plain", "purpose": "assistants"}
        app.see(await app.wait(app.surface(file=CONTENT, part_size=half, **about)))

    assert len(everyway(program).methods) == 4
