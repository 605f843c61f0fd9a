"""Promise: no credential reaches the disk, whichever way it came into a call."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import agentreplay
from demo.provider import Behaviour, Provider

CLIENT_KEY = "acme-live-9f8e7d6c5b4a39281706"
HEADER_KEY = "tenant/secret+token==771"
ENVIRONMENT_KEY = "env-held-value-5551212"
TYPED_KEYS = [
    "sk-proj-" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3",
    "sk-ant-api03-" + "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8Ba7Zx9Yw8Vu7Ts6-AA",
    "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
]
ALL = [CLIENT_KEY, HEADER_KEY, ENVIRONMENT_KEY, *TYPED_KEYS]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A directory for cassettes; afterwards no file under it holds a secret in any form."""
    yield tmp_path
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        text = path.read_text("utf-8")
        for secret in ALL:
            for form in (
                secret,
                quote(secret, safe=""),
                base64.b64encode(secret.encode()).decode(),
                json.dumps(secret),
            ):
                assert form.strip('"') not in text


def ask(provider: Provider, text: str, **arguments: object) -> str:
    """One call by a client that holds secrets, with `text` as the user's words; gives the answer's words."""
    from openai import OpenAI

    client = OpenAI(
        base_url=provider.openai_url, api_key=CLIENT_KEY, default_headers={"X-Tenant-Token": HEADER_KEY}, max_retries=0
    )
    with client:
        create: Any = client.chat.completions.create
        answer = create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": text}],
            **arguments,
        )
        if not arguments.get("stream"):
            return str(answer.choices[0].message.content)
        return "".join(chunk.choices[0].delta.content or "" for chunk in answer if chunk.choices)


@pytest.mark.parametrize("secret", ALL)
@pytest.mark.parametrize("stream", [False, True])
def test_a_secret_in_the_words_of_a_call_is_replaced_and_replays(
    provider: Provider, folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str, stream: bool
) -> None:
    """A secret in the prompt reaches the provider, never the file; the same call is answered from the file later."""
    monkeypatch.setenv("INTERNAL_API_TOKEN", ENVIRONMENT_KEY)
    text = f"Is {secret} still valid? I sent it as ?t={quote(secret, safe='')} too."
    with agentreplay.cassette("asks", directory=folder) as session:
        live = ask(provider, text, stream=stream)
    assert secret in str(provider.requests[-1].body)
    assert "[REDACTED:" in str(session.interactions[0].request.body)
    with provider.stopped(), agentreplay.cassette("asks", directory=folder, mode="replay"):
        replayed = ask(provider, text, stream=stream)
    if secret not in live:
        assert replayed == live


def test_a_secret_in_an_answer_is_replaced(provider: Provider, folder: Path) -> None:
    """What the provider sends back (its echo of every header, here) is searched as well."""
    provider.script(Behaviour(echo=True))
    with agentreplay.cassette("echo", directory=folder):
        with pytest.raises(Exception, match=r"."):
            ask(provider, "hello")
        from openai import OpenAI

        with OpenAI(base_url=provider.openai_url, api_key=CLIENT_KEY) as client:
            provider.script(Behaviour(echo=True))
            echoed = client.post("/echo", cast_to=object, body={"mine": HEADER_KEY, "password": TYPED_KEYS[0]})
    assert CLIENT_KEY in str(echoed)


def test_a_secret_in_an_error_is_replaced(provider: Provider, folder: Path) -> None:
    """A provider that quotes the key it refuses does not bring it into the file."""
    from openai import AuthenticationError

    provider.script(Behaviour(status=401, message=f"Incorrect API key provided: {CLIENT_KEY}."))
    with agentreplay.cassette("refused", directory=folder), pytest.raises(AuthenticationError) as live:
        ask(provider, "hello")
    assert CLIENT_KEY in str(live.value)


@pytest.mark.parametrize("looked_at", [False, True])
@pytest.mark.parametrize("secret", ALL)
def test_a_secret_in_the_name_of_a_test_is_replaced(
    provider: Provider, folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str, looked_at: bool
) -> None:
    """A parametrized test has its arguments in its name: it stands in no file, and the recording is found again."""
    monkeypatch.setenv("INTERNAL_API_TOKEN", ENVIRONMENT_KEY)
    name = f"tests/test_keys.py::test_login[{secret}]"
    with agentreplay.cassette(name, directory=folder) as session:
        live = ask(provider, "hello")
        if looked_at:
            assert session.interactions
    with provider.stopped(), agentreplay.cassette(name, directory=folder, mode="replay"):
        assert ask(provider, "hello") == live
    assert agentreplay.Cassette.load(session.path or "").meta.test_id.startswith("tests/test_keys.py::test_login[")


@pytest.mark.parametrize("secret", TYPED_KEYS)
def test_a_secret_of_a_known_form_names_no_folder(provider: Provider, folder: Path, secret: str) -> None:
    """Two of one form have two folders all the same."""
    names = [secret, f"test[{secret}]", f"test[{secret[:-1]}z]", f"a/{secret}/b"]
    for name in names:
        with agentreplay.cassette(name, directory=folder):
            ask(provider, "hello")

    assert len([*folder.rglob("*.json")]) == len(names)
    assert secret[8:].lower() not in str([*folder.rglob("*")]).lower()


def test_a_recording_made_by_hand_is_searched_too(folder: Path) -> None:
    """`Cassette.save` writes no secret that was put into a cassette by hand."""
    recorder = agentreplay.CassetteRecorder("by hand")
    recorder.record_llm_call("chat.completions.create", {"prompt": f"key {TYPED_KEYS[0]}"}, {"text": TYPED_KEYS[1]})
    recorder.record_tool_call("login", {"password": CLIENT_KEY}, {"authorization": f"Bearer {HEADER_KEY}"})
    path = recorder.finalize().save(folder / "by_hand.json")
    assert agentreplay.Cassette.load(path).verify_integrity()


def test_no_message_shows_a_secret(provider: Provider, folder: Path) -> None:
    """The error for a miss, which quotes the request, quotes it without its secrets."""
    with agentreplay.cassette("quoted", directory=folder):
        ask(provider, "hello")
    with (
        agentreplay.cassette("quoted", directory=folder, mode="replay", allow_unused=True),
        pytest.raises(agentreplay.CassetteMismatchError) as miss,
    ):
        ask(provider, f"my key is {CLIENT_KEY} and {TYPED_KEYS[1]}")
    assert CLIENT_KEY not in str(miss.value)
    assert TYPED_KEYS[1] not in str(miss.value)
    assert CLIENT_KEY not in repr(miss.value.request)
