"""A large file, whose interactions are read one by one as somebody asks for them."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._recorded import Interaction, Record, RecordedRequest, RecordedResponse
from agentreplay._replay_engine import ReplayEngine
from agentreplay._sealed_interactions import SealedInteractions
from agentreplay._sealing import LARGE, SEAL

Read = list[int]


def answer(number: int) -> dict[str, Any]:
    """An answer that has more in common with others than not."""
    boilerplate = {f"detail {place}": "as always " * 5 for place in range(40)}
    return {"id": f"answer-{number}", "text": f"It is {number}. " * 20, **boilerplate}


def large(count: int = 120) -> Cassette:
    """So many calls that have nothing to do with each other."""
    made = Cassette(
        meta=CassetteMeta(agentreplay_version="0"),
        interactions=[
            Interaction(
                request=RecordedRequest(kind="llm", method="create", body={"prompt": f"Question {number}? " * 80}),
                response=RecordedResponse(body=answer(number), duration_ms=2.5),
            )
            for number in range(count)
        ],
    )
    made.finalize()
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """The places of the interactions that are parsed, in order."""
    places: Read = []
    written = SealedInteractions.written

    def noted(self: SealedInteractions, place: int, part: str) -> dict[str, Any]:
        places.append(place)
        return written(self, place, part)

    monkeypatch.setattr(SealedInteractions, "written", noted)
    return places


def unread(cassette: Cassette) -> list[int]:
    """Where the interactions stand of which nobody has asked for the request or the answer."""
    return [
        place for place, each in enumerate(cassette.interactions) if not {"request", "response"} & vars(each).keys()
    ]


def test_loading_reads_no_interaction_and_asking_for_one_reads_no_other(tmp_path: Path, read: Read) -> None:
    """What nobody asks for is not even parsed; ids and numbers are known without."""
    made = large()
    path = made.save(tmp_path / "c.json")
    assert path.stat().st_size > LARGE
    loaded = Cassette.load(path)
    assert [each.id for each in loaded.interactions] == [each.id for each in made.interactions]
    assert [each.sequence for each in loaded.interactions] == [*range(120)]
    assert read == []
    assert loaded.interactions[7].request.body == made.interactions[7].request.body
    assert read == [7]
    assert unread(loaded) == [*range(7), *range(8, 120)]
    assert loaded == made


def test_finding_an_answer_reads_few_others(tmp_path: Path, read: Read) -> None:
    """Answers that are told by others stand whole every now and then, so that the last is had without reading all."""
    made = large(400)
    loaded = Cassette.load(made.save(tmp_path / "c.json"))
    engine = ReplayEngine(loaded)
    assert engine.match(made.interactions[399].request) == made.interactions[399].response
    told = json.loads((tmp_path / "c.json").read_bytes())["interactions"]
    assert sum("$as" in each["response"]["body"] for each in told) > 350, "or else this shows nothing"
    assert len({*read}) <= 34
    assert len(unread(loaded)) == 399


def test_what_is_done_to_an_interaction_reads_it_first(tmp_path: Path) -> None:
    """Changed, copied, pickled, shown or compared, it is what it would be if it had been read from the beginning."""
    made = large()
    data = made._for_disk()[1]
    expected = made.interactions[5]

    def interaction() -> Interaction:
        return Cassette.from_json(data).interactions[5]

    assert interaction() == expected
    assert expected == interaction()
    assert repr(interaction()) == repr(expected)
    assert interaction().model_dump() == expected.model_dump()
    assert interaction().model_dump_json() == expected.model_dump_json()
    assert copy.copy(interaction()) == copy.deepcopy(interaction()) == expected
    assert pickle.loads(pickle.dumps(interaction())) == expected
    assert dict(interaction()) == dict(expected)
    assert interaction().model_fields_set == (expected.model_fields_set | {"metadata"}) - {"parent"}
    renamed = interaction().model_copy(update={"id": "other"})
    assert renamed.id == "other"
    assert renamed == expected.model_copy(update={"id": "other"})
    assert renamed.short_key() == expected.short_key()
    asked = interaction().model_copy(update={"request": made.interactions[6].request})
    assert asked.short_key() == made.interactions[6].id
    changed = interaction()
    changed.metadata["note"] = "mine"
    changed.sequence = 9
    assert (changed.metadata, changed.sequence) == ({"note": "mine"}, 9)
    assert changed.response == expected.response
    with pytest.raises(AttributeError):
        interaction().nothing_of_this_name  # type: ignore[attr-defined] # noqa: B018


def test_members_that_no_class_knows_are_there(tmp_path: Path) -> None:
    """An interaction keeps what a later release, or somebody else, has added to it."""
    made = large()
    made.interactions[5] = Interaction.model_validate({**made.interactions[5]._plain(), "mood": {"good": True}})
    loaded = Cassette.from_json(made._for_disk()[1])
    assert loaded.interactions[5]._is_as_written()
    assert loaded.interactions[6].model_extra == {}
    assert loaded.interactions[5].mood == {"good": True}  # type: ignore[attr-defined]
    assert loaded.interactions[5]._plain() == made.interactions[5]._plain()


def test_an_answer_that_others_are_told_by_may_be_changed(tmp_path: Path) -> None:
    """Whoever changes an answer changes no other, whichever is asked for first."""
    made = large(400)
    data = made._for_disk()[1]
    for places in ([300, 301, 302], [302, 301, 300]):
        loaded = Cassette.from_json(data)
        for place in places:
            loaded.interactions[place].response.body.clear()
        for place in (*range(295, 300), *range(303, 310)):
            assert loaded.interactions[place].response.body == answer(place)


def test_several_threads_may_ask_at_once(tmp_path: Path) -> None:
    """Each gets what stands there."""
    made = large(400)
    loaded = Cassette.from_json(made._for_disk()[1])
    found: list[bool] = []

    def ask(first: int) -> None:
        for place in range(400):
            interaction = loaded.interactions[(first + place) % 400]
            found.append(interaction.response.body["id"] == f"answer-{(first + place) % 400}")

    threads = [threading.Thread(target=ask, args=(first,)) for first in (0, 100, 200, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 1600


def test_what_is_being_asked_may_have_been_read_by_another_thread_meanwhile() -> None:
    """Whatever was asked of a record before it became an ordinary one is answered as by that."""
    data = large()._for_disk()[1]
    sorts: list[Callable[[Interaction], Record]] = [lambda i: i, lambda i: i.request, lambda i: i.response]
    asked = [("_held_answer", "short_key"), ("_body", "key", "short_key"), ("_held", "_held_events", "_beside_events")]
    for sort, names in zip(sorts, asked, strict=True):
        for name in names:
            record = sort(Cassette.from_json(data).interactions[7])
            ask = getattr(record, name)
            record.model_dump()
            assert ask() == getattr(record, name)()
        record = sort(Cassette.from_json(data).interactions[7])
        look: Callable[[str], object] = cast("Any", record).__getattr__
        record.model_dump()
        for name in record.model_dump():
            assert look(name) == getattr(record, name)


def test_saving_what_was_loaded_reads_no_interaction_twice(tmp_path: Path) -> None:
    """A file that nobody changed is written as it was, also after a look into it; one that was changed is not."""
    path = large().save(tmp_path / "c.json")
    loaded = Cassette.load(path)
    assert loaded.save(tmp_path / "d.json").read_bytes() == path.read_bytes()
    assert loaded.interactions[3].response.status == "ok"
    assert loaded.save(tmp_path / "d.json").read_bytes() == path.read_bytes()
    loaded.interactions[3].response.body["text"] = "another"
    loaded.save(tmp_path / "d.json")
    assert Cassette.load(tmp_path / "d.json").interactions[3].response.body["text"] == "another"


def test_a_seal_covers_no_head_that_we_did_not_write(tmp_path: Path) -> None:
    """What was put in before the interactions is read with all care."""
    data = large()._for_disk()[1].decode()
    changed = data.replace('\n },\n "interactions"', '\n }, "more": 1,\n "interactions"')
    assert changed != data
    loaded = Cassette.from_json(changed)
    assert not loaded.interactions[0]._is_as_written()
    assert loaded.model_extra == {"more": 1}


def test_a_large_file_is_indented_by_one_and_hardly_larger_than_what_it_holds(tmp_path: Path) -> None:
    """White space and what stands around each body make less than a third of it."""
    made = large(400)
    path = made.save(tmp_path / "c.json")
    data = path.read_bytes()
    assert data.startswith(b'{\n "meta": {\n  "schema_version": 2')
    assert f'"{SEAL}"'.encode() in data
    bodies = [body for each in made.interactions for body in (each.request.body, each.response.body)]
    assert len(data) < 1.3 * sum(len(json.dumps(body, separators=(",", ":"))) for body in bodies)
