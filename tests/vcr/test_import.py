"""Recordings of vcrpy's, in every form it writes, become cassettes that replay through the SDKs."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import agentreplay
from agentreplay.cli import main

QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Grüß mich"}]}
ANSWER: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Grüezi"}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}
TEXT = json.dumps(ANSWER, indent=2)
JSON_HEADERS = {"Content-Type": ["application/json"], "X-Request-Id": ["req_1"], "Set-Cookie": ["session=1"]}
Entry = dict[str, Any]


def entry(request_body: Any, body: dict[str, Any], headers: dict[str, list[str]] | None = None) -> Entry:
    """One interaction as vcrpy keeps it."""
    return {
        "request": {
            "method": "POST",
            "uri": "https://api.openai.com/v1/chat/completions",
            "headers": {"authorization": ["Bearer sk-1234567890abcdefghij"], "content-type": ["application/json"]},
            **request_body,
        },
        "response": {"status": {"code": 200, "message": "OK"}, "headers": headers or JSON_HEADERS, **body},
    }


def gzipped() -> dict[str, list[str]]:
    return {**JSON_HEADERS, "Content-Encoding": ["gzip"]}


FORMS: dict[str, Callable[[], Entry]] = {
    "text": lambda: entry({"body": json.dumps(QUESTION)}, {"body": {"string": TEXT}}),
    "binary": lambda: entry({"body": json.dumps(QUESTION).encode()}, {"body": {"string": TEXT.encode()}}),
    "gzip": lambda: entry(
        {"body": json.dumps(QUESTION)}, {"body": {"string": gzip.compress(TEXT.encode())}}, gzipped()
    ),
    "undone gzip": lambda: entry({"body": json.dumps(QUESTION)}, {"body": {"string": TEXT}}, gzipped()),
    "base64": lambda: entry(
        {"body": json.dumps(QUESTION)}, {"body": {"base64_string": base64.b64encode(TEXT.encode()).decode()}}
    ),
    "parsed": lambda: entry({"parsed_body": QUESTION}, {"parsed_body": ANSWER}),
}


def write(path: Path, *entries: Entry) -> Path:
    """A recording in YAML or JSON, by the ending of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    recording = {"interactions": list(entries), "version": 1}
    path.write_text(json.dumps(recording) if path.suffix == ".json" else yaml.safe_dump(recording), "utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_each_form_of_a_body_replays_through_the_sdk(tmp_path: Path, form: str, ending: str) -> None:
    """What was recorded below the SDK is answered at the SDK: the same words, request id and token counts."""
    if ending == "json" and form in {"binary", "gzip"}:
        ending = "yml"
    write(tmp_path / "test_chat" / f"test_greets.{ending}", FORMS[form]())
    assert main(["import-vcr", str(tmp_path)]) == 0
    from openai import OpenAI

    with agentreplay.cassette("test_greets", directory=tmp_path / "test_chat", mode="replay") as session:
        create: Any = OpenAI().chat.completions.create
        answer = create(**QUESTION)
    assert answer.choices[0].message.content == "Grüezi"
    assert answer._request_id == "req_1"
    assert answer.model_dump(exclude_unset=True) == ANSWER
    assert session.report().prompt_tokens == 9
    assert "sk-1234567890" not in str(session.path.read_text("utf-8") if session.path else "")


def test_streams_and_both_protocols_are_told_by_what_they_are(tmp_path: Path) -> None:
    """Events become readable events, and a message of Anthropic's is one, wherever its host."""
    events = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    message = entry(
        {"body": json.dumps({"model": "claude-x", "max_tokens": 5, "messages": [], "stream": True})},
        {"body": {"string": events}},
        {"content-type": ["text/event-stream"], "request-id": ["req_2"]},
    )
    message["request"]["uri"] = "https://api.anthropic.com/v1/messages"
    router = FORMS["text"]()
    router["request"]["uri"] = "https://openrouter.ai/api/v1/chat/completions"
    azure = FORMS["text"]()
    azure["request"]["uri"] = "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21"
    write(tmp_path / "TestBoth.test_all[a-1].yaml", message, router, azure)
    assert main(["import-vcr", str(tmp_path)]) == 0
    with agentreplay.cassette(
        "TestBoth::test_all[a-1]", directory=tmp_path, mode="replay", allow_unused=True
    ) as session:
        recorded = session.cassette.interactions
    assert [item.request.method for item in recorded] == [
        "messages.create",
        "chat.completions.create",
        "chat.completions.create",
    ]
    assert recorded[1].request == recorded[2].request
    assert recorded[0].response.events == [agentreplay.StreamEvent(event="message_stop", data={"type": "message_stop"})]


def test_a_form_with_a_file_is_matched_by_its_digest(tmp_path: Path) -> None:
    """A multipart request is taken with its fields and the name, type, size and digest of its file."""
    boundary = "b0undary"
    form = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\nhello\r\n--{boundary}--\r\n"
    )
    uploaded = {
        "id": "file-1",
        "object": "file",
        "bytes": 5,
        "created_at": 1,
        "filename": "a.txt",
        "status": "processed",
    }
    upload = entry({"body": form}, {"body": {"string": json.dumps({**uploaded, "purpose": "assistants"})}})
    upload["request"]["uri"] = "https://api.openai.com/v1/files"
    upload["request"]["headers"] = {"content-type": [f"multipart/form-data; boundary={boundary}"]}
    write(tmp_path / "test_upload.yaml", upload)
    assert main(["import-vcr", str(tmp_path)]) == 0
    from openai import OpenAI

    with agentreplay.cassette("test_upload", directory=tmp_path, mode="replay"):
        file = OpenAI().files.create(file=("a.txt", b"hello", "text/plain"), purpose="assistants")
    assert file.id == "file-1"


def test_what_cannot_be_taken_is_reported_and_the_rest_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exchange with another service, an unknown compression and a foreign file are named with the reason."""
    other = FORMS["text"]()
    other["request"]["uri"] = "https://example.com/search?q=1"
    packed = entry({"body": json.dumps(QUESTION)}, {"body": {"string": b"\xff\xfe\x00"}}, {"Content-Encoding": ["br"]})
    write(tmp_path / "test_mixed.yaml", other, packed, FORMS["text"]())
    (tmp_path / "notes.yaml").write_text("just: a file\n")
    (tmp_path / "evil.yaml").write_text("interactions: [!!python/object/apply:os.system ['true']]\n")
    assert main(["import-vcr", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "[0] left out: POST /search at example.com is no operation of the OpenAI protocol" in said
    assert "[1] left out: its body is compressed with br" in said
    assert "notes.yaml: left out: it holds no list `interactions`" in said
    assert "evil.yaml: left out: it is no YAML that could be read safely" in said
    assert "1 exchanges of 3 files taken; 2 exchanges and 2 files left out" in said


def test_a_cassette_that_is_there_is_left_unless_told_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second import changes nothing and says so; `--overwrite` replaces."""
    source = write(tmp_path / "old" / "test_a.yaml", FORMS["text"]())
    target = tmp_path / "new"
    assert main(["import-vcr", str(source.parent), "--to", str(target)]) == 0
    made = sorted(target.rglob("*.json"))
    assert main(["import-vcr", str(source), "--to", str(target)]) == 1
    assert "--overwrite replaces it" in capsys.readouterr().out
    assert main(["import-vcr", str(source), "--to", str(target), "--overwrite"]) == 0
    assert sorted(target.rglob("*.json")) == made
    shutil.rmtree(target)
