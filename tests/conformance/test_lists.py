"""Lists that come by pages, and things that take their time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.app import App
from tests.conformance.everyway import EveryWay

paged = pytest.mark.surface(openai="fine_tuning.jobs.list", anthropic="models.list or beta.models.list")


def listing(app: App) -> Any:
    """A list of more than two pages."""
    return app.surface(limit=2 if app.vendor.package == "openai" else 1)


@paged
def test_all_pages_come_one_after_the_other(everyway: EveryWay) -> None:
    """Iterating over a list fetches all three pages, each a call with a query of its own."""

    async def program(app: App) -> None:
        async for item in app.each(listing(app)):
            app.see(item)

    queries = [interaction.request.query for interaction in everyway(program).cassette.interactions]
    # The oldest SDKs ask for one page more, which is empty.
    assert len(queries) in {3, 4}
    assert len({str(query) for query in queries}) == len(queries)


@paged
def test_pages_are_turned_by_hand(everyway: EveryWay) -> None:
    """A page knows whether there is a next one, and fetches it."""

    async def program(app: App) -> None:
        page = await app.wait(listing(app))
        while page.has_next_page():
            app.see(page, page.next_page_info())
            page = await app.wait(page.get_next_page())
        app.see(page)

    assert len(everyway(program).responses) in {3, 4}


@paged
def test_an_iteration_over_pages_can_be_left(everyway: EveryWay) -> None:
    """An app that takes only the first item fetches only the first page, in replay as well."""

    async def program(app: App) -> None:
        app.see(await anext(app.each(listing(app))))

    assert len(everyway(program).responses) == 1


@pytest.mark.surface(openai="fine_tuning.jobs.list")
def test_raw_pages_are_the_same(everyway: EveryWay) -> None:
    """A page behind `with_raw_response` parses to the same page."""

    async def program(app: App) -> None:
        raw = await app.wait(app.client.fine_tuning.jobs.with_raw_response.list(limit=2))
        app.see(raw, await app.wait(raw.parse()))

    everyway(program)


@pytest.mark.surface(openai="batches.create")
def test_batches_are_the_same(everyway: EveryWay) -> None:
    """A batch is made, found, listed and cancelled."""

    async def program(app: App) -> None:
        batches = app.client.batches
        asked = {"endpoint": "/v1/chat/completions", "input_file_id": "file-there1", "metadata": {"a": "b"}}
        made = await app.wait(batches.create(completion_window="24h", **asked))
        app.see(made, await app.wait(batches.retrieve(made.id)), await app.wait(batches.cancel(made.id)))
        app.see(await app.every(batches.list(limit=4)))

    everyway(program)


@pytest.mark.surface(openai="vector_stores.create or beta.vector_stores.create")
def test_vector_stores_are_polled_without_waiting(everyway: EveryWay) -> None:
    """The polling helpers ask as often as they did while recording, and do not wait for what is recorded."""

    async def program(app: App) -> None:
        stores = app.surface.__self__
        made = await app.wait(stores.create(name="notes"))
        app.see(made)
        app.see(await app.wait(stores.files.create_and_poll("file-there1", vector_store_id=made.id)))
        app.see(await app.wait(stores.file_batches.create_and_poll(made.id, file_ids=["file-there1", "file-there2"])))
        app.see(await app.wait(stores.files.upload_and_poll(vector_store_id=made.id, file=("notes.txt", b"notes"))))
        app.see(await app.wait(stores.delete(made.id)))

    methods = everyway(program).methods
    assert len(methods) > 8


@pytest.mark.surface(openai="vector_stores.search")
def test_searches_of_vector_stores_are_the_same(everyway: EveryWay) -> None:
    """What a search finds comes as the same page."""

    async def program(app: App) -> None:
        made = await app.wait(app.client.vector_stores.create(name="notes"))
        app.see(await app.wait(app.client.vector_stores.search(made.id, query="parrots")))

    everyway(program)


@pytest.mark.surface(openai="vector_stores.file_batches.upload_and_poll")
def test_files_that_a_helper_uploads_in_a_thread_are_recorded(everyway: EveryWay) -> None:
    """The helper that uploads files from threads or tasks of its own has its calls in the recording."""

    async def program(app: App) -> None:
        made = await app.wait(app.client.vector_stores.create(name="notes"))
        # One alone: the helper names files to the batch in whatever order their uploads ended, which differs by run.
        app.see(await app.wait(app.surface(made.id, files=[("notes.txt", b"notes")])))

    assert "files.create" in everyway(program).methods
