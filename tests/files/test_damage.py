"""Files damaged at any place, and files made of anything: no wrong data is loaded, and no other error comes."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError, CassetteSchemaWarning
from agentreplay._errors.files import CassetteFormatError
from agentreplay._json.values import is_array, is_object
from tests.files.cassettes import cassette, file_of
from tests.files.generated import JSON
from tests.files.messages import assert_fit_to_print

SOUND: Final = file_of(cassette(calls=1))
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
"""The folder of a test may serve all examples: each writes its own file anew."""


def test_a_file_cut_off_at_any_byte_is_refused(tmp_path: Path) -> None:
    """Each beginning of a file is an error; only the last line end may be missing."""
    path = tmp_path / "c.json"
    for length in range(len(SOUND) - 1):
        path.write_bytes(SOUND[:length])
        with pytest.raises(CassetteFormatError) as caught:
            Cassette.load(path)
        assert ("its end is missing" if length else "it is empty") in caught.value.reason
    path.write_bytes(SOUND[:-1])
    assert Cassette.load(path) == cassette(calls=1)


def test_a_flipped_bit_never_changes_what_is_replayed(tmp_path: Path) -> None:
    """A file with one bit flipped is refused, or holds the very same requests and answers."""
    path = tmp_path / "c.json"
    sound = [interaction._counted_part(0) for interaction in cassette(calls=1).interactions]
    for position in range(len(SOUND)):
        data = bytearray(SOUND)
        data[position] ^= 1 << position % 8
        path.write_bytes(data)
        loaded, error = outcome(path)
        if error is not None:
            assert_fit_to_print(error, path)
        if loaded is not None:
            assert [interaction._counted_part(0) for interaction in loaded.interactions] == sound


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@same_folder
def test_any_bytes_are_a_cassette_or_a_cassette_error(tmp_path: Path, data: bytes) -> None:
    """No other exception leaves `load`, whatever the file holds."""
    path = tmp_path / "c.json"
    path.write_bytes(data)
    with pytest.raises(CassetteError):
        Cassette.load(path)


@given(st.data())
@same_folder
def test_a_cassette_with_any_value_anywhere_is_refused_or_loads(tmp_path: Path, data: st.DataObject) -> None:
    """Each value in a file may be replaced by any other or be missing: the file loads or is one clear error."""
    raw = json.loads(SOUND)
    raw["meta"]["content_hash"] = ""
    place: Any = raw
    key = data.draw(st.sampled_from(names_in(place)))
    for _ in range(data.draw(st.integers(0, 5))):
        if names_in(place[key]):
            place = place[key]
            key = data.draw(st.sampled_from(names_in(place)))
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(JSON)
    path = tmp_path / "c.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    loaded, error = outcome(path)
    if error is not None:
        assert_fit_to_print(error, path)
    if loaded is not None:
        loaded.save(path)


def outcome(path: Path) -> tuple[Cassette | None, CassetteError | None]:
    """What loading gives: a cassette, which may be taken for one of an older schema, or the error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CassetteSchemaWarning)
            return Cassette.load(path), None
    except CassetteError as error:
        return None, error


def names_in(value: Any) -> list[Any]:
    """The names or positions of what is in an object or a list."""
    return list(value) if is_object(value) else list(range(len(value))) if is_array(value) else []
