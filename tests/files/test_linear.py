"""What repeats in a cassette stands once in its file, and is whole in memory."""

from __future__ import annotations

import copy
import difflib
import json
import math
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._errors.files import CassetteFormatError, CassetteIntegrityError
from agentreplay._linear import unfolding
from agentreplay._linear.bodies import BodyFolding, folded_events
from agentreplay._linear.distinct import Distinct
from agentreplay._linear.folding import Folding
from agentreplay._linear.marks import AS, escaped, interaction_back
from agentreplay._linear.plainest import plainly_changed
from agentreplay._linear.unfolding import Unfolded
from agentreplay._linear.weight import Weights, heaviest
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse, StreamEvent
from agentreplay._replay_engine import ReplayEngine
from agentreplay._sealing import LARGE, SEAL
from tests.files.conversations import KINDS, chat, conversation, messages_with_moving_marks, said
from tests.files.messages import assert_fit_to_print

_NAMES: Final = st.sampled_from(["a", "b", "messages", "$as", "$plain", "$order", "$then", "$without"])
_LEAVES: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [
        None,
        True,
        1,
        1.0,
        0.0,
        -0.0,
        "x",
        "[:]",
        "interaction -1",
        "event -1",
        ".",
        "[0]",
        "aaaabbb\ud83d",
        "words " * 60,
    ]
)
_JSON: Final[st.SearchStrategy[Any]] = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=16
)
_OBJECTS: Final = st.dictionaries(_NAMES, _JSON, max_size=5)


def text(value: Any) -> str:
    """The JSON text, which tells 1 from 1.0 and keeps the order of names."""
    return json.dumps(value)


@given(st.lists(_OBJECTS, min_size=2, max_size=4), st.data())
@settings(deadline=None)
def test_any_body_can_be_told_by_what_differs_from_any_other(bodies: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whatever two bodies hold, the difference gives the very same text, also where it looks like our notation."""
    distinct = Distinct()
    numbered = [distinct.numbered(body) for body in bodies]
    written: list[Any] = [escaped(bodies[0])]
    for position in range(1, len(bodies)):
        back = data.draw(st.integers(1, position))
        difference = Folding(distinct).difference(numbered[position], numbered[position - back])
        told = escaped(bodies[position]) if difference is None else {AS: interaction_back(back), **difference}
        written.append(json.loads(text(told)))
    unfolded = Unfolded(written, 10**9)
    assert [text(unfolded.value(position)) for position in range(len(bodies))] == [*map(text, bodies)]


@given(st.lists(_JSON, max_size=6))
@settings(deadline=None)
def test_any_events_come_back_as_they_were(events: list[Any]) -> None:
    """The data of events, whatever they are and however alike."""
    twice = [*events, *copy.deepcopy(events)]
    unfolded = Unfolded(json.loads(text(folded_events(twice))), 10**9, "event")
    assert [text(unfolded.value(position)) for position in range(len(twice))] == [*map(text, twice)]


@given(st.lists(st.tuples(_OBJECTS, _JSON, st.lists(_JSON, max_size=3)), max_size=4))
@settings(deadline=None)
def test_a_cassette_of_anything_comes_back_as_it_was(calls: list[tuple[dict[str, Any], Any, list[Any]]]) -> None:
    """Requests, answers and events, also such as look like our notation."""
    made = Cassette(
        interactions=[
            Interaction(
                request=RecordedRequest(kind="llm", body=body),
                response=RecordedResponse(body=answer, events=[StreamEvent(data=each) for each in events] or None),
            )
            for body, answer, events in [*calls, *calls]
        ]
    )
    again = Cassette.from_json(made._for_disk()[1])
    assert [text(each._plain()) for each in again.interactions] == [text(each._plain()) for each in made.interactions]


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversation_loads_whole_and_saves_to_the_same_bytes(tmp_path: Path, kind: Callable[..., Any]) -> None:
    """Each request has its whole body, in its own order; ids and hash fit; saving changes no byte."""
    made = conversation(kind, 30)
    path = made.save(tmp_path / "c.json")
    loaded = Cassette.load(path)
    assert loaded.save(tmp_path / "d.json").read_bytes() == path.read_bytes()
    assert loaded.verify_integrity()
    for one, other in zip(loaded.interactions, made.interactions, strict=True):
        assert one.request.key() == other.request.key()
        assert one.request.short_key() == one.id == other.id
        assert text(one.request.body) == text(other.request.body)
        assert one.request.key() == other.request.key(), "an own body has the same key"
    assert loaded == made
    assert loaded.save(tmp_path / "d.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_grows_with_the_conversation_and_not_with_its_square(kind: Callable[..., Any]) -> None:
    """Four times the turns make four times the file, whatever changes from turn to turn."""
    small, large = (len(conversation(kind, length)._for_disk()[1]) for length in (20, 80))
    assert math.log(large / small, 4) < 1.1


def test_the_whole_plain_form_is_to_be_had_on_request() -> None:
    """`to_json` writes every body whole, and that text loads as the same cassette."""
    made = conversation(chat, 5)
    plain = made.to_json()
    assert '"$as"' not in plain
    assert '"$as"' in made._for_disk()[1].decode()
    assert Cassette.from_json(plain) == made


def test_a_small_cassette_is_as_plain_as_if_nothing_repeated() -> None:
    """A short conversation with little in common is not worth any notation."""
    turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]
    made = Cassette(
        interactions=[
            Interaction(
                request=RecordedRequest(kind="llm", body={"messages": turns[:length]}),
                response=RecordedResponse(body={"text": "Hello."}),
            )
            for length in (1, 2)
        ]
    )
    assert made._for_disk()[1].decode() == made.to_json() + "\n"


def test_each_turn_shows_what_is_new_in_it() -> None:
    """What was said stands in the file where it was said first, and the turns after it name it."""
    raw = json.loads(conversation(chat, 4)._for_disk()[1])
    assert raw["interactions"][2]["request"]["body"] == {
        "$as": "interaction -1",
        "messages": [
            {"$as": "[:]"},
            {"role": "assistant", "content": said(1, "answer")},
            {"role": "user", "content": said(2, "question")},
        ],
    }


def test_a_mark_that_moves_is_told_by_itself() -> None:
    """Where only `cache_control` goes from a message, that it goes is all that is written of the message."""
    raw = json.loads(conversation(messages_with_moving_marks, 5)._for_disk()[1])
    messages = raw["interactions"][4]["request"]["body"]["messages"]
    assert messages[0] == {"$as": "[:-3]"}
    assert messages[1] == {"$as": "[-3]", "content": [{"$as": "[0]", "$without": ["cache_control"]}]}


def test_a_prompt_that_changed_shows_as_itself_in_a_diff() -> None:
    """Of the later turns only ids and hashes change, though each of them sends the changed prompt."""
    before, after = conversation(chat, 12), conversation(chat, 12)
    for interaction in after.interactions[3:]:
        interaction.request.body["messages"][7]["content"] = "Something else?"
        interaction.id = ""
    after.finalize()
    old, new = (made._for_disk()[1].decode().splitlines() for made in (before, after))
    added = [line[1:] for line in difflib.unified_diff(old, new, n=0, lineterm="") if line.startswith("+ ")]
    told = [line for line in added if '"id"' not in line and "_hash" not in line]
    assert [line.strip() for line in told] == ['"content": "Something else?"']


def test_events_keep_what_differs_from_event_to_event() -> None:
    """The first chunk of a stream is whole, of the later ones only the words are written."""
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1767225601, "model": "gpt-4o-mini"}
    choice = {"index": 0, "logprobs": None, "finish_reason": None}
    events = [{**chunk, "choices": [{**choice, "delta": {"content": word}}]} for word in ("a", "b")]
    assert folded_events(events) == [
        events[0],
        {"$as": "event -1", "choices": [{"$as": "[0]", "delta": {"content": "b"}}]},
    ]


def test_changing_one_body_changes_no_other(tmp_path: Path) -> None:
    """What is handed out is each request's own, whoever is asked first, and a change is saved."""
    path = conversation(chat, 6).save(tmp_path / "c.json")
    for changed in range(6):
        loaded = Cassette.load(path)
        loaded.interactions[changed].request.body["messages"][0]["content"] = "changed"
        loaded.interactions[changed].request.body["tools"].clear()
        others = [each.request.body for place, each in enumerate(loaded.interactions) if place != changed]
        assert [body["messages"][0]["content"] == "changed" for body in others] == [False] * 5
        assert all(body["tools"] for body in others)
        again = Cassette.load(loaded.save(tmp_path / "d.json"))
        assert again.interactions[changed].request.body["messages"][0]["content"] == "changed"
        assert again == loaded


def test_changing_one_event_changes_no_other(tmp_path: Path) -> None:
    """Events that are told by what differs share nothing that could be changed."""
    events = [StreamEvent(data={"usage": {"kept": "x" * 100}, "delta": number}) for number in range(3)]
    made = Cassette(interactions=[Interaction(request=RecordedRequest(kind="llm"), response=RecordedResponse())])
    made.interactions[0].response.events = events
    loaded = Cassette.load(made.save(tmp_path / "c.json"))
    read = loaded.interactions[0].response.events
    assert read is not None
    read[0].data["usage"]["kept"] = "changed"
    assert read[1].data["usage"]["kept"] == read[2].data["usage"]["kept"] == "x" * 100


def test_what_is_loaded_behaves_as_any_record(tmp_path: Path) -> None:
    """It can be compared, copied, pickled, shown and dumped before anybody asked for its body."""
    made = conversation(chat, 3)
    path = made.save(tmp_path / "c.json")
    expected = made.interactions[2].request

    def request() -> RecordedRequest:
        found = Cassette.load(path).interactions[2].request
        assert found._is_as_written()
        return found

    assert request() == expected
    assert expected == request()
    assert repr(request()) == repr(expected)
    assert request().model_dump_json() == expected.model_dump_json()
    assert copy.deepcopy(request()) == expected
    assert copy.copy(request()) == expected
    assert pickle.loads(pickle.dumps(request())) == expected
    assert dict(request()) == dict(expected)
    other = request().model_copy(update={"model": "other"})
    assert other.key() == expected.model_copy(update={"model": "other"}).key() != expected.key()
    changed = request()
    changed.model = "other"
    assert changed == other


def test_asking_for_no_body_builds_none(tmp_path: Path) -> None:
    """Replaying by hand finds its answers without the recorded bodies; equal parts are the same objects in memory."""
    made = conversation(chat, 150)
    path = made.save(tmp_path / "c.json")
    assert path.stat().st_size > LARGE
    loaded = Cassette.load(path)
    engine = ReplayEngine(loaded)
    for interaction in made.interactions:
        assert engine.match(interaction.request) == interaction.response
    assert all(interaction.request._is_as_written() for interaction in loaded.interactions)
    first, second = (interaction.request._body() for interaction in loaded.interactions[100:102])
    assert all(one is other for one, other in zip(first["messages"], second["messages"], strict=False))


def test_a_large_file_is_sealed_and_one_that_was_touched_is_read_with_care(tmp_path: Path) -> None:
    """Without its seal, or with another layout, it loads the same; with another content it is refused."""
    made = conversation(chat, 60)
    path = made.save(tmp_path / "c.json")
    data = path.read_bytes()
    raw = json.loads(data)
    assert len(raw["meta"][SEAL]) == 64
    assert SEAL not in json.loads(conversation(chat, 2)._for_disk()[1])["meta"]
    path.write_text(json.dumps(raw, indent=1), encoding="utf-8")
    assert Cassette.load(path) == made
    path.write_bytes(data.replace(b"answer-7", b"answer-0"))
    with pytest.raises(CassetteIntegrityError):
        Cassette.load(path)
    path.write_bytes(data[:-30])
    with pytest.raises(CassetteFormatError):
        Cassette.load(path)


@pytest.mark.parametrize(
    "value",
    [
        1e16,
        1e15,
        1e22,
        1e-7,
        5e-324,
        1.7976931348623157e308,
        0.1,
        -0.0,
        1.0,
        2**53 + 1,
        2**64,
        -(2**70),
        10**400,
        "\u2028\u2029",
        "\x7f\x00\x1f",
        '"\\/',
        "grüße 😀",
        "\ufffd",
        "half \ud83d of a pair",
        True,
        None,
    ],
    ids=ascii,
)
def test_both_ways_of_reading_give_the_same_values_and_keys(tmp_path: Path, value: Any) -> None:
    """A sealed file goes through a faster parser than one without a seal; no number, text or hash shows it."""
    made = conversation(chat, 60)
    for interaction in made.interactions:
        interaction.request.body["messages"][1]["value"] = [value, {"as a name": value}]
        interaction.response.body["value"] = value
        interaction.id = ""
    made.finalize()
    data = made._for_disk()[1]
    raw = json.loads(data)
    del raw["meta"][SEAL]
    sealed, careful = Cassette.from_json(data), Cassette.from_json(json.dumps(raw))
    assert [each.request.key() for each in sealed.interactions] == [each.request.key() for each in made.interactions]
    assert [each.request.key() for each in careful.interactions] == [each.request.key() for each in made.interactions]
    assert sealed.compute_content_hash() == careful.compute_content_hash() == made.meta.content_hash
    assert text(sealed.interactions[55]._plain()) == text(careful.interactions[55]._plain())
    assert text(sealed.interactions[55]._plain()) == text(made.interactions[55]._plain())


def test_ids_of_ones_own_are_kept_and_not_taken_for_keys(tmp_path: Path) -> None:
    """A large file whose ids are not taken of its requests has no seal, and its requests are found all the same."""
    made = conversation(chat, 60)
    made.interactions[5].id = "mine"
    made.finalize()
    path = made.save(tmp_path / "c.json")
    assert SEAL not in json.loads(path.read_bytes())["meta"]
    loaded = Cassette.load(path)
    assert loaded.interactions[5].id == "mine"
    assert ReplayEngine(loaded).match(made.interactions[5].request) == made.interactions[5].response


def test_secrets_are_taken_out_of_what_repeats(tmp_path: Path) -> None:
    """In each request in which it stands, and only the words around it stay."""
    key = "sk-proj-" + "aB3dE6gH9kL2" * 4
    made = conversation(chat, 6)
    for interaction in made.interactions[2:]:
        interaction.request.body["messages"][3]["content"] = f"My key is {key}, keep it. " + "More words. " * 50
        interaction.id = ""
    made.finalize()
    path = made.save(tmp_path / "c.json")
    assert key not in path.read_text(encoding="utf-8")
    found = [each.request.body["messages"][3]["content"][:40] for each in Cassette.load(path).interactions[2:]]
    assert found == ["My key is [REDACTED:openai-key:1], keep "] * 4


def hostile(*bodies: Any, **answer: Any) -> bytes:
    """The file of a cassette whose requests have these bodies, and whose answers are `answer`."""
    calls = [{"request": {"kind": "llm", "body": body}, "response": answer} for body in bodies]
    return json.dumps({"meta": {"schema_version": 2}, "interactions": calls}).encode()


LIST: Final = {"messages": [{"role": "user", "content": "x"}, 2]}
HOSTILE: Final[dict[str, tuple[bytes, str, str]]] = {
    "itself": (hostile({"$as": "interaction -0"}), "[0].request.body", "should name an earlier interaction"),
    "a later one": (hostile({"$as": "interaction 1"}, {}), "[0].request.body", "should name an earlier interaction"),
    "none": (hostile({}, {"$as": "interaction -2"}), "[1].request.body", "no interaction that far back"),
    "the first": (hostile({"$as": "interaction -1"}), "[0].request.body", "no interaction that far back"),
    "no text": (hostile({}, {"$as": 1}), "[1].request.body", "should name an earlier interaction"),
    "an event": (hostile({}, {"$as": "event -1"}), "[1].request.body", "should name an earlier interaction"),
    "a missing list": (hostile({}, {"$as": "interaction -1", "a": [{"$as": "[:]"}]}), "body.a[0]", "no list"),
    "items beyond": (
        hostile(LIST, {"$as": "interaction -1", "messages": [{"$as": "[1:5]"}]}),
        "[1].request.body.messages[0]",
        "no such items among 2",
    ),
    "items before": (
        hostile(LIST, {"$as": "interaction -1", "messages": [{"$as": "[-3:]"}]}),
        "[1].request.body.messages[0]",
        "no such items among 2",
    ),
    "a run with changes": (
        hostile(LIST, {"$as": "interaction -1", "messages": [{"$as": "[:]", "role": ""}]}),
        "[1].request.body.messages[0]",
        "no such items",
    ),
    "a changed number": (
        hostile(LIST, {"$as": "interaction -1", "messages": [{"$as": "[1]", "role": ""}]}),
        "[1].request.body.messages[0]",
        "only an object can have other members",
    ),
    "a missing member": (
        hostile({}, {"$as": "interaction -1", "a": {"$as": ".", "b": 1}}),
        "[1].request.body.a",
        "nothing in this place",
    ),
    "characters beyond": (
        hostile({"a": "abc"}, {"$as": "interaction -1", "a": {"$as": "[:9]", "$then": "x"}}),
        "[1].request.body.a",
        "no such characters among 3",
    ),
    "a missing name": (
        hostile({"a": 1}, {"$as": "interaction -1", "$without": ["b"]}),
        '[1].request.body["$without"]',
        "members that were there",
    ),
    "another order": (
        hostile({"a": 1}, {"$as": "interaction -1", "$order": ["a", "a"]}),
        '[1].request.body["$order"]',
        "each member once",
    ),
    "two at once": (hostile({"$plain": {}, "b": 1}, {}), "[0].request.body", "should stand alone"),
    "a text that doubles": (
        hostile({"a": "x" * 50}, *[{"$as": "interaction -1", "a": {"$as": "[:]", "$end": "[:]"}}] * 60),
        "request.body.a",
        "far larger than the file",
    ),
    "a list that doubles": (
        hostile({"a": [{"b": 1}]}, *[{"$as": "interaction -1", "a": [{"$as": "[:]"}, {"$as": "[:]"}]}] * 60),
        "request.body",
        "far larger than the file",
    ),
    "lists in lists that double": (
        hostile(
            {"a": [{"b": [{"c": "x"}]}]},
            *[{"$as": "interaction -1", "a": [{"$as": "[0]", "b": [{"$as": "[:]"}, {"$as": "[:]"}]}] * 2}] * 60,
        ),
        "request.body",
        "far larger than the file",
    ),
    "an answer": (hostile({}, body={"$as": "interaction -1"}), "[0].response.body", "no interaction that far back"),
    "an event's data": (
        hostile({}, events=[{"data": {}}, {"data": {"$as": "event -2"}}]),
        "[0].response.events[1].data",
        "no event that far back",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_difference_from_nothing_is_one_clear_error(tmp_path: Path, case: str) -> None:
    """No circle, no missing place and no small file of gigabytes is followed; the error says where and why."""
    data, where, why = HOSTILE[case]
    path = tmp_path / "c.json"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(CassetteFormatError) as caught:
            Cassette.load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= len(data) + 64 * 2**20
    assert why in caught.value.reason
    assert where in (caught.value.where or "")
    assert_fit_to_print(caught.value, path)


def test_what_is_written_is_never_more_than_what_may_be_read() -> None:
    """Where differences would tell of far more than the file has, they are not used: such a body is written whole."""
    bodies: list[Any] = [{"messages": [{"n": ""}] * 3**power} for power in range(1, 10)]
    folding = BodyFolding(Distinct())
    written = [folding.written(body, "") for body in bodies]
    size = len(json.dumps(written, indent=2))
    unfolded = Unfolded(written, heaviest(size))
    assert [unfolded.value(position) for position in range(len(bodies))] == bodies


def test_a_body_of_an_older_schema_that_looks_like_a_difference_is_none() -> None:
    """Schema 1 had no notation, so nothing in its files is one."""
    body = {"$as": "interaction -1"}
    old = {
        "meta": {"schema_version": 1},
        "interactions": [
            {"request": {"kind": "llm", "body": body}, "response": {"body": body, "events": [{"data": body}]}}
        ],
    }
    with pytest.warns(UserWarning, match="schema 1"):
        loaded = Cassette.from_json(json.dumps(old))
    [interaction] = loaded.interactions
    assert interaction.request.body == interaction.response.body == body
    assert interaction.response.events == [StreamEvent(data=body)]
    assert Cassette.from_json(loaded._for_disk()[1]) == loaded


def test_an_edited_file_of_an_older_schema_is_noticed(tmp_path: Path) -> None:
    """Its hash was taken in another way, and is checked in that way."""
    old = (Path(__file__).parent / "schemas" / "schema-1.json").read_bytes()
    path = tmp_path / "c.json"
    path.write_bytes(old.replace(b"Rain.", b"Sun."))
    with pytest.raises(CassetteIntegrityError):
        Cassette.load(path)


def test_an_empty_cassette_is_written_and_read() -> None:
    """Nothing repeats in it."""
    made = Cassette(meta=CassetteMeta(test_id="none"))
    assert Cassette.from_json(made._for_disk()[1]) == made


@given(_OBJECTS, _OBJECTS)
@settings(max_examples=300, deadline=None)
def test_the_plainest_differences_say_what_the_others_say(base: dict[str, Any], other: dict[str, Any]) -> None:
    """A difference that is told without weighing gives what it gives when it is weighed, in the same order."""
    difference: dict[str, Any] = {**other, AS: "event -1"}
    found = [one for one in (difference, folded_events([base, other])[1]) if AS in one]
    for written in found:
        plain = plainly_changed(written, base)
        if plain is not None:
            assert text(plain) == text(unfolding.changed(written, base, Weights(), heaviest(1_000_000)))


def test_most_events_differ_in_the_plainest_way() -> None:
    """A piece of text in a message in a list is told without weighing."""
    written = {AS: "event -1", "choices": [{AS: "[0]", "delta": {AS: ".", "content": "b"}}]}
    base = {"id": 1, "choices": [{"index": 0, "delta": {"content": "a", "role": "r"}}]}
    assert plainly_changed(written, base) == {
        "id": 1,
        "choices": [{"index": 0, "delta": {"content": "b", "role": "r"}}],
    }


@pytest.mark.parametrize("items", [[{AS: "[0]"}, {AS: "[0]"}], [{AS: "[:]"}], [{AS: "[1]"}], [{AS: "[0]"}, 1]])
def test_what_may_be_taken_twice_is_weighed(items: list[Any]) -> None:
    """A list that could double what it is taken from is left to who weighs it."""
    assert plainly_changed({AS: "event -1", "items": items}, {"items": [{"a": 1}, {"b": 2}]}) is None
