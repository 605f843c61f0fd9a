"""Secrets are known by the form that providers give them."""

from __future__ import annotations

import json

import pytest

from agentreplay._redaction import Redactor
from agentreplay._redaction._formats import FORMATS

from .samples import ALNUM, ANTHROPIC, CONTEXTS, GITHUB, HEX, OPENAI, nested_json, sample, secret_of

PREFIXES = [(prefix, each.label) for each in FORMATS for prefix in each.prefixes]


def _redact(value: object) -> str:
    return json.dumps(Redactor(environment=None).redact(value), ensure_ascii=False)


@pytest.mark.parametrize(("prefix", "label"), PREFIXES)
def test_a_secret_of_each_known_form_is_taken_out_and_named(prefix: str, label: str) -> None:
    """Whoever reads a cassette sees what sort of secret stood there."""
    shown = prefix if secret_of(prefix) != sample(prefix) else ""
    assert Redactor(environment=None).redact(sample(prefix)) == f"{shown}[REDACTED:{label}:1]"


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=list(CONTEXTS))
def test_no_secret_survives_whatever_stands_around_it(context: str) -> None:
    """Quotes, escapes of any depth, other alphabets and colours do not hide a secret."""
    for prefix, _ in PREFIXES:
        secret = secret_of(prefix)
        text = context.format(*[sample(prefix)] * context.count("{}"))
        assert secret in text
        assert secret not in Redactor(environment=None).redact(text)


@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("prefix", ["sk-proj-", "AKIA", "eyJ", "-----BEGIN ", "AccountKey=", "SG."])
def test_no_secret_survives_in_json_inside_json(prefix: str, depth: int) -> None:
    """A tool's arguments are text with JSON in it, which may hold text with JSON in it."""
    redacted = Redactor(environment=None).redact({"arguments": nested_json(sample(prefix), depth)})
    inner = redacted["arguments"]
    for _ in range(depth):
        inner = json.loads(inner)["inner"]
    assert "[REDACTED:" in inner
    assert secret_of(prefix) not in inner


@pytest.mark.parametrize(
    "text",
    [
        "a desk-" + ALNUM[:40],
        "the class sk-fading-circle-container-wrapper-outer",
        "set it to sk-your-api-key-goes-right-here",
        "Incorrect API key provided: sk-abc*********************wxyz.",
        "keys begin with sk-, ghp_, AKIA or xoxb-",
        "function_ghp_" + ALNUM[:36],
        "call_" + ALNUM[:24] + " and toolu_" + ALNUM[:24],
        "resp_" + HEX[:48] + " msg_" + HEX[:48] + " fc_" + HEX[:48] + " file-" + ALNUM[:22],
        "A PEM file begins with -----BEGIN PRIVATE KEY----- and then comes the key, which is never shown to anybody.",
        "-----BEGIN PUBLIC KEY-----\n" + ALNUM[:64] + "\n-----END PUBLIC KEY-----",
        "eyJhbGciOiJIUzI1NiJ9 is the first part of a token",
        "re_compile, pa-per, fc-barcelona, key-value, hf_hub_download, npm_config_cache, secret_santa",
        "commit " + HEX[:40] + ", sha256:" + HEX[:64],
    ],
)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    """Words, ids, hashes, public keys and talk about keys are not touched."""
    assert Redactor(environment=None).redact(text) is text


def test_the_most_telling_form_names_a_secret() -> None:
    """Several forms begin with the same letters."""
    assert _redact([ANTHROPIC, OPENAI, sample("sk-or-")]) == json.dumps(
        ["[REDACTED:anthropic-key:1]", "[REDACTED:openai-key:2]", "[REDACTED:openrouter-key:3]"]
    )


def test_several_secrets_in_one_text_are_all_taken_out() -> None:
    """What stands between them stays."""
    text = f"first {OPENAI} then {GITHUB}, {OPENAI} again"
    assert _redact(text) == json.dumps(
        "first [REDACTED:openai-key:1] then [REDACTED:github-token:2], [REDACTED:openai-key:1] again"
    )


def test_a_private_key_that_was_cut_off_is_taken_out_too() -> None:
    """An answer may end in the middle of it."""
    text = sample("-----BEGIN ")[:300]
    assert Redactor(environment=None).redact(f"{text}") == "[REDACTED:private-key:1]"


def test_a_secret_as_a_key_of_an_object_is_taken_out() -> None:
    """The order of the members stays."""
    value = {"a": 1, OPENAI: {"b": GITHUB}, "c": 2}
    redacted = Redactor(environment=None).redact(value)
    assert list(redacted.items()) == [
        ("a", 1),
        ("[REDACTED:openai-key:2]", {"b": "[REDACTED:github-token:1]"}),
        ("c", 2),
    ]
    assert list(value) == ["a", OPENAI, "c"]
