"""Damaged and hostile files: each is one clear error, in little memory, and quotes next to nothing."""

from __future__ import annotations

import gc
import json
import tracemalloc
from pathlib import Path

import pytest

from agentreplay._cassette import Cassette
from agentreplay._errors import CassetteError
from agentreplay._errors.files import CassetteFormatError, CassetteIntegrityError, CassetteSchemaError
from tests.files.cassettes import cassette
from tests.files.hostile_files import GOOD, HOSTILE, MEGABYTES_10, changed
from tests.files.messages import assert_fit_to_print


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_is_no_cassette_is_one_clear_error(tmp_path: Path, case: str) -> None:
    """The error has the path, the place inside, the reason and a next step, and fits on a screen."""
    data, where, why = HOSTILE[case]
    path = tmp_path / "c.json"
    path.write_bytes(data)
    with pytest.raises(CassetteFormatError) as caught:
        Cassette.load(path)
    error = caught.value
    assert error.path == path
    assert error.where == where
    assert why in error.reason
    assert error.next_step
    assert str(error) == (f"{path}{f', at {where}' if where else ''}: {error.reason}.\n{error.next_step}")
    assert len(str(error)) < 600
    assert error.__cause__ is None, "a cause would be printed as well, and may quote the file"
    with pytest.raises(CassetteFormatError):
        Cassette.from_json(data)


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_is_no_cassette_takes_little_memory(tmp_path: Path, case: str) -> None:
    """At most 64 MiB above the file's size are in use while it is read."""
    data, _, _ = HOSTILE[case]
    path = tmp_path / "c.json"
    path.write_bytes(data)
    gc.collect()
    tracemalloc.start()
    try:
        with pytest.raises(CassetteFormatError):
            Cassette.load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= len(data) + 64 * 2**20


def test_nothing_of_a_file_is_quoted_beyond_80_characters(tmp_path: Path) -> None:
    """Neither names nor values of a file fill a message, and none of a value's text gets into it at all."""
    secret = "sk-" + "s" * 200
    for data in (
        changed('"llm"', f'["{secret}"]'),
        changed('"http_status": 200', f'"event_times_ms": "{secret}"'),
        changed('"http_status": 200', f'"encoding": "{secret}"'),
        changed('"http_status": 200', f'"headers": {{"{secret}": 1}}'),
        changed('"n": 0', f'"{secret}": {{"a": 1, "a": 2}}'),
        changed('"n": 0', f'"{secret}": 1, "{secret}": 2'),
        changed('"n": 0', f'"{secret[:50]}": {{"{secret[:60]}": {{"{secret[:70]}": {{"a": 1, "a": 2}}}}}}'),
        GOOD + b"<<<<<<< " + secret.encode() + b"\n",
    ):
        path = tmp_path / "c.json"
        path.write_bytes(data)
        with pytest.raises(CassetteError) as caught:
            Cassette.load(path)
        assert "s" * 81 not in str(caught.value)
        assert_fit_to_print(caught.value, path)


def test_control_characters_of_a_file_are_escaped(tmp_path: Path) -> None:
    """What a file holds can neither colour a terminal nor turn the direction of writing."""
    path = tmp_path / "c.json"
    path.write_bytes(changed('"http_status": 200', '"headers": {"\\u001b[31m\\n\u202e": 1}'))
    with pytest.raises(CassetteError) as caught:
        Cassette.load(path)
    assert caught.value.where == 'interactions[0].response.headers["\\x1b[31m\\n\\u202e"]'
    assert_fit_to_print(caught.value, path)


def test_a_hand_edited_file_says_how_to_keep_the_change(tmp_path: Path) -> None:
    """Editing is a right: the error asks whether it was meant, and names the command that makes it good."""
    path = tmp_path / "c.json"
    path.write_bytes(changed('"hello"', '"goodbye"'))
    with pytest.raises(CassetteIntegrityError) as caught:
        Cassette.load(path)
    assert str(caught.value) == (
        f"{path}, at meta.content_hash: its content is not what its content_hash says. Was it edited by hand?\n"
        f"If the change is meant, set the hash anew: agentreplay verify --fix {path}\n"
        "If not, bring the file back from version control, or record it again (mode='record')."
    )
    assert caught.value.stored == cassette().meta.content_hash
    assert caught.value.computed == Cassette.from_json(path.read_bytes()).compute_content_hash()


def test_what_changes_with_every_run_may_be_edited(tmp_path: Path) -> None:
    """Durations do not count for the hash, and a file without a hash is not checked."""
    path = tmp_path / "c.json"
    path.write_bytes(changed("12.5", "99.5"))
    assert Cassette.load(path).interactions[0].response.duration_ms == 99.5
    data = json.loads(changed('"hello"', '"goodbye"'))
    data["meta"]["content_hash"] = ""
    path.write_text(json.dumps(data), encoding="utf-8")
    assert Cassette.load(path).interactions[0].response.body["text"] == "goodbye"


def test_text_from_memory_is_not_checked_against_its_hash() -> None:
    """`from_json` leaves that to `verify_integrity`."""
    tampered = Cassette.from_json(changed('"hello"', '"goodbye"'))
    assert not tampered.verify_integrity()
    assert Cassette.from_json(GOOD).verify_integrity()


def test_text_with_a_raw_surrogate_is_refused() -> None:
    """A Python text that is no Unicode is no JSON text either."""
    with pytest.raises(CassetteFormatError, match="cassette text, at line 14"):
        Cassette.from_json(GOOD.decode().replace("llm", "\ud800"))


@pytest.mark.parametrize("version", [3, 10**20, 10**4000])
def test_a_newer_schema_is_refused(tmp_path: Path, version: int) -> None:
    """What a later release wrote is not guessed at."""
    path = tmp_path / "c.json"
    path.write_bytes(changed('"schema_version": 2', f'"schema_version": {version}'))
    with pytest.raises(CassetteSchemaError, match="this agentreplay knows schemas up to 2") as caught:
        Cassette.load(path)
    assert "Update agentreplay" in caught.value.next_step
    assert caught.value.found == version
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "value",
    [
        "\\ud83d",
        "123456789012345678901234567890",
        '"\\u0000"',
        f'"{"x" * MEGABYTES_10}"',
        "-0.0",
        "[" * 200 + "]" * 200,
    ],
)
def test_what_a_provider_may_send_is_legal(tmp_path: Path, value: str) -> None:
    """Escaped surrogates and NUL, integers beyond 64 bits, ten megabytes of text, 200 levels: data, no damage."""
    data = json.loads(GOOD)
    data["meta"]["content_hash"] = ""
    written = f'"{value}"' if value.startswith("\\") else value
    path = tmp_path / "c.json"
    path.write_text(json.dumps(data).replace('"hello"', written, 1), encoding="utf-8")
    loaded = Cassette.load(path)
    assert loaded.interactions[0].response.body["text"] == json.loads(written)
    loaded.finalize()
    assert Cassette.load(loaded.save(path)) == loaded


def test_the_collector_runs_again_after_a_failed_load() -> None:
    """Reading pauses Python's cyclic garbage collector, and leaves it as it was."""
    assert gc.isenabled()
    with pytest.raises(CassetteFormatError):
        Cassette.from_json("{")
    assert gc.isenabled()
    gc.disable()
    try:
        Cassette.from_json(GOOD)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_no_value_of_a_file_stands_in_a_traceback(tmp_path: Path) -> None:
    """Pydantic's own error quotes what it refused, so it is neither cause nor context of ours."""
    path = tmp_path / "c.json"
    path.write_bytes(changed('"llm"', '["sk-secret"]'))
    with pytest.raises(CassetteError) as caught:
        Cassette.load(path)
    seen: BaseException | None = caught.value
    while seen is not None:
        assert "sk-secret" not in str(seen)
        seen = seen.__cause__ or seen.__context__
