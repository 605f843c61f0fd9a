"""What is written loads back equal, and saving what was loaded changes no byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from pydantic import BaseModel

from agentreplay._cassette import Cassette, CassetteMeta
from agentreplay._errors.files import CassetteFormatError
from agentreplay._recorded import Interaction, RecordedRequest, RecordedResponse, StreamEvent
from agentreplay._storage import store_recording
from tests.files.cassettes import cassette
from tests.files.generated import CASSETTES

same_folder = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
"""The folder of a test may serve all examples: each writes its own file anew."""

EARLIER = """{
  "meta": {
    "schema_version": 2,
    "checkagent_version": "0.3.0",
    "recorded_at": "2025-01-01T00:00:00+00:00",
    "content_hash": "0123",
    "test_id": "test_one"
  },
  "interactions": [
    {
      "id": "6c1c", "sequence": 0,
      "request": {"kind": "llm", "method": "", "model": null, "body": {}},
      "response": {"status": "ok", "body": null, "prompt_tokens": null, "completion_tokens": 3, "duration_ms": 1e1},
      "metadata": {"z": 1, "a": {}}
    }
  ]
}"""
"""As an earlier tool could have written it: an unknown field first, nulls, no line end, a hash of its own."""


@given(CASSETTES)
@same_folder
def test_what_is_saved_loads_equal_and_saves_to_the_same_bytes(tmp_path: Path, made: Cassette) -> None:
    """Floats, lone surrogates, integers beyond 64 bits, empty objects and nulls all come back as they were."""
    made.finalize()
    assume(made.without_secrets() is made)
    path = made.save(tmp_path / "c.json")
    written = path.read_bytes()
    loaded = Cassette.load(path)
    assert loaded == made
    assert loaded.save(tmp_path / "d.json").read_bytes() == written
    assert loaded._for_disk()[1] == written
    if b'"$as"' not in written:
        assert loaded.to_json() + "\n" == written.decode()
    assert Cassette.from_json(loaded.to_json()) == made


@given(CASSETTES)
@same_folder
def test_an_unfinished_cassette_saves_without_a_hash(tmp_path: Path, made: Cassette) -> None:
    """A cassette that was not finalized is saved as it is, with an empty hash, and loads."""
    assume(made.without_secrets() is made)
    path = made.save(tmp_path / "c.json")
    assert Cassette.load(path) == made
    assert Cassette.load(path).meta.content_hash == ""


def test_a_file_ends_with_one_line_end_and_is_utf_8(tmp_path: Path) -> None:
    """The text of a file is readable: not escaped beyond need, indented by two, one line end at its end."""
    text = cassette("grüße 😀").save(tmp_path / "c.json").read_bytes().decode("utf-8")
    assert "grüße 😀" in text
    assert text.startswith('{\n  "meta": {\n    "schema_version": 2')
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")


def test_a_lone_surrogate_is_written_escaped(tmp_path: Path) -> None:
    """Half of an emoji, as the event of a stream may end with, stands in the file by its number."""
    made = cassette()
    made.interactions[0].response.events = [StreamEvent(data={"t": "a\ud83d"}), StreamEvent(data={"t": "\ude00b"})]
    made.finalize()
    path = made.save(tmp_path / "c.json")
    assert '"a\\ud83d"' in path.read_text(encoding="utf-8")
    assert Cassette.load(path) == made


def test_an_event_without_data_keeps_its_null(tmp_path: Path) -> None:
    """An event whose data is the JSON null is not taken for one that has none."""
    made = cassette()
    made.interactions[0].response.events = [StreamEvent(event="ping", data=None), StreamEvent(text="[DONE]")]
    path = made.save(tmp_path / "c.json")
    events = json.loads(path.read_bytes())["interactions"][0]["response"]["events"]
    assert events == [{"event": "ping", "data": None}, {"text": "[DONE]"}]
    assert Cassette.load(path) == made


def test_names_whose_order_means_nothing_are_sorted(tmp_path: Path) -> None:
    """Headers and SDK versions stand sorted in the file, however they were recorded."""
    made = cassette()
    made.interactions[0].response.headers = {"x-b": "2", "x-a": "1"}
    made.meta.sdks = {"openai": "3", "anthropic": "2"}
    data = json.loads(made.save(tmp_path / "c.json").read_bytes())
    assert list(data["interactions"][0]["response"]["headers"]) == ["x-a", "x-b"]
    assert list(data["meta"]["sdks"]) == ["anthropic", "openai"]


def test_a_file_of_an_earlier_tool_loads_and_saves_to_the_same_bytes(tmp_path: Path) -> None:
    """Unknown fields, explicit nulls, another layout and another tool's hash are taken as they are."""
    path = tmp_path / "c.json"
    path.write_text(EARLIER, encoding="utf-8")
    loaded = Cassette.load(path)
    assert loaded.interactions[0].response.completion_tokens == 3
    assert loaded.save(tmp_path / "d.json").read_text(encoding="utf-8") == EARLIER


def test_a_changed_file_of_an_earlier_tool_is_written_in_our_form_and_loads(tmp_path: Path) -> None:
    """One change, and the file is written anew: with unknown fields kept and a hash of ours."""
    path = tmp_path / "c.json"
    path.write_text(EARLIER, encoding="utf-8")
    loaded = Cassette.load(path)
    loaded.interactions[0].response.body = "changed"
    loaded.save(path)
    again = Cassette.load(path)
    assert again.verify_integrity()
    assert again.interactions[0].response.body == "changed"
    assert json.loads(path.read_bytes())["meta"]["checkagent_version"] == "0.3.0"


def test_the_plainest_shape_is_written_by_pydantic_s_serializer_alone(tmp_path: Path) -> None:
    """A file with the first fields of the models in their order is what we write ourselves, but for nothing."""
    made = cassette()
    for interaction in made.interactions:
        interaction.response.http_status = None
    made.finalize()
    data = made.model_dump_json(indent=2) + "\n"
    assert made.save(tmp_path / "c.json").read_text(encoding="utf-8") == data
    assert Cassette.from_json(data).model_dump_json(indent=2) + "\n" == data


@pytest.mark.parametrize(("before", "after"), [(1, 1.0), (1, True), (0, False), ("1", 1)])
def test_a_change_between_equal_values_is_saved(tmp_path: Path, before: Any, after: Any) -> None:
    """Python takes 1, 1.0 and True for equal; a file does not, and such a change is not lost."""
    made = cassette()
    made.interactions[0].response.body = before
    loaded = Cassette.load(made.save(tmp_path / "c.json"))
    loaded.interactions[0].response.body = after
    again = Cassette.load(loaded.save(tmp_path / "c.json"))
    assert type(again.interactions[0].response.body) is type(after)


def test_saving_sets_a_hash_that_no_longer_fits(tmp_path: Path) -> None:
    """A cassette that was changed in code after it was finalized is saved with the hash of what it holds."""
    made = cassette()
    made.interactions[0].response.body = "changed"
    loaded = Cassette.load(made.save(tmp_path / "c.json"))
    assert loaded.interactions[0].response.body == "changed"
    assert loaded.verify_integrity()


def test_a_secret_in_a_value_that_is_no_json_yet_is_taken_out(tmp_path: Path) -> None:
    """Whatever becomes text only in the file is looked through as well, and a file that was loaded is cleaned too."""

    class Settings(BaseModel):
        api_key: str

    key = "sk-proj-" + "aB3dE6gH9kL2" * 4
    made = Cassette(interactions=[_call(Settings(api_key=key))])
    path = made.save(tmp_path / "c.json")
    assert key not in path.read_text(encoding="utf-8")
    path.write_text(made.to_json(), encoding="utf-8")
    assert key in path.read_text(encoding="utf-8")
    assert key not in Cassette.load(path).save(path).read_text(encoding="utf-8")


def test_a_file_saved_where_folders_are_missing(tmp_path: Path) -> None:
    """Missing folders are made, a text does for a path, and the path comes back."""
    path = tmp_path / "new" / "newer" / "c.json"
    assert cassette().save(str(path)) == path
    assert Cassette.load(str(path)) == cassette()


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def test_deep_nesting_beyond_pydantic_s_own_limit_is_kept(tmp_path: Path) -> None:
    """A body nested 300 levels deep, more than pydantic's serializer writes, is saved and loads."""
    made = Cassette(interactions=[_call(nested(300))])
    assert Cassette.load(made.save(tmp_path / "c.json")) == made


def test_names_that_are_numbers_are_saved_as_the_texts_they_become(tmp_path: Path) -> None:
    """A body with integers for names, as a `logit_bias` has them, hashes like the file in which they are texts."""
    made = Cassette(interactions=[_call({10: 1, 9: {100: 1, 20: 2}})])
    made.finalize()
    loaded = Cassette.load(made.save(tmp_path / "c.json"))
    assert loaded.interactions[0].response.body == {"10": 1, "9": {"100": 1, "20": 2}}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "Infinity"),
        (10**5000, "digits"),
        (nested(100_000), "recursion"),
        (object(), "serialize"),
    ],
    ids=["NaN", "Infinity", "giant integer", "deep", "no JSON"],
)
def test_what_no_file_could_hold_is_refused_before_anything_is_written(tmp_path: Path, body: Any, reason: str) -> None:
    """A value that is no JSON, or that our own reader would refuse, is an error at once, and the old file stays."""
    path = cassette().save(tmp_path / "c.json")
    with pytest.raises(CassetteFormatError, match=reason) as caught:
        Cassette(interactions=[_call(body)]).save(path)
    assert "Nothing was written" in str(caught.value)
    assert Cassette.load(path) == cassette()
    with pytest.raises(CassetteFormatError, match="this cannot be written: "):
        store_recording(Cassette(interactions=[_call(body)]), tmp_path, "test_one")
    with pytest.raises(CassetteFormatError, match="this cannot be written: "):
        Cassette(meta=CassetteMeta(content_hash="0"), interactions=[_call(body)]).save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.json"]


def _call(answer: Any) -> Interaction:
    return Interaction(request=RecordedRequest(kind="llm"), response=RecordedResponse(body=answer))
