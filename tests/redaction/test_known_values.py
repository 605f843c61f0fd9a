"""Secrets that are known by their value are found in whatever form they stand."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from agentreplay._redaction import Redactor

SECRETS = [
    "correct-horse-7",
    "pa/ss+wo=rd&x?y",
    'quo"te\\back\nline',
    "schlüssel-straße",
    "ключ-от-дома-✓",
    "1234abcd" * 12,
]


def _knowing(secret: str, label: str = "client-key") -> Redactor:
    redactor = Redactor(environment=None)
    redactor.learn(secret, label)
    return redactor


def _basic(secret: str, user: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: f"it is {secret}!",
    "inside a word": lambda secret: f"x{secret}x",
    "quoted for a URL": lambda secret: f"https://a.example/?q={quote(secret)}",
    "quoted whole": lambda secret: f"https://a.example/?q={quote(secret, safe='')}&r=1",
    "quoted with plus signs": lambda secret: f"q={quote_plus(secret)}",
    "quoted in lower case": lambda secret: "q=" + re.sub("%..", lambda code: code[0].lower(), quote(secret, safe="")),
    "escaped for JSON": lambda secret: json.dumps({"a": [secret]}),
    "escaped for JSON, not ASCII": lambda secret: json.dumps({"a": [secret]}, ensure_ascii=False),
    "escaped twice": lambda secret: json.dumps({"a": json.dumps({"b": secret})}),
    "escaped by others": lambda secret: json.dumps(secret).replace("/", "\\/"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
@pytest.mark.parametrize("secret", SECRETS)
def test_a_known_secret_survives_in_no_form(secret: str, form: Callable[[str], str]) -> None:
    """Plain, quoted for URLs, escaped for JSON once or twice."""
    redacted = _knowing(secret).redact(form(secret))
    assert redacted.count("[REDACTED:client-key:1]") == 1
    assert redacted.replace("[REDACTED:client-key:1]", "") == form("")


@pytest.mark.parametrize("user", ["", "u", "us", "use", "user", "a.long.user@example.com"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_known_secret_in_base64_is_found_wherever_it_begins(secret: str, user: str) -> None:
    """Basic authentication encodes it together with a user's name, at one of three alignments."""
    encoded = _basic(secret, user)
    redacted = _knowing(secret).redact(f"header {encoded} end")
    assert "[REDACTED:client-key:1]" in redacted
    rest = redacted.replace("[REDACTED:client-key:1]", "")
    assert not any(encoded[start : start + 8] in rest for start in range(len(_basic("", user)), len(encoded) - 8))


def test_all_forms_of_a_secret_have_one_placeholder() -> None:
    """The reader sees that it is the same one."""
    secret = "pa/ss+wo=rd&x?y"
    forms = [secret, quote(secret, safe=""), json.dumps(secret), base64.b64encode(secret.encode()).decode()]
    redacted = _knowing(secret).redact(forms)
    assert all("[REDACTED:client-key:1]" in text for text in redacted)


def test_the_scheme_of_a_header_is_no_part_of_the_secret() -> None:
    """`Bearer xyz` teaches `xyz`."""
    redactor = _knowing("Bearer opaque-value-of-mine")
    assert redactor.redact("I sent opaque-value-of-mine.") == "I sent [REDACTED:client-key:1]."


@pytest.mark.parametrize(
    "value", ["", "short12", "       ", "not-needed", "placeholder", "POSTGRES", "12345678", "${MY_KEY}"]
)
def test_what_is_too_short_or_no_secret_is_not_learned(value: str) -> None:
    """It would eat words out of texts."""
    text = f"say {value} or nothing, a placeholder, postgres, not-needed, 12345678"
    assert _knowing(value).redact(text) is text


def test_a_known_secret_with_a_provider_form_is_named_by_it() -> None:
    """So it has one name, whether or not the session that replays knows it."""
    key = "sk-proj-" + "a1B2c3D4" * 6
    assert _knowing(key, "my-client").redact(key) == Redactor(environment=None).redact(key) == "[REDACTED:openai-key:1]"


ENVIRONMENT = {
    "OPENAI_API_KEY": "value-one-1",
    "HF_TOKEN": "value-two-2",
    "DJANGO_SECRET_KEY": "value-three-3",
    "PGPASSWORD": "value-four-4",
    "MY_CLIENT_SECRET_2": "value-five-5",
    "AWS_SECRET_ACCESS_KEY": "value-six-6",
    "aws_access_key_id": "value-seven-7",
    "GITHUB_PAT": "value-eight-8",
    "STRIPE_KEY": "value-nine-9",
    "SECRET_KEY_BASE": "value-ten-10",
    "VAULT_CREDENTIALS": "value-eleven-11",
    "API_TOKEN_PROD": "value-twelve-12-xy",
    "GATEWAY_AUTH": "value-thirteen-13",
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_an_environment_variable_with_a_secret_name_is_known(name: str) -> None:
    """Its value is taken out, and the placeholder says which variable it was."""
    redactor = Redactor(environment={name: ENVIRONMENT[name]})
    label = name.lower().replace("_", "-")
    assert redactor.redact(f"<{ENVIRONMENT[name]}>") == f"<[REDACTED:{label}:1]>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/local/bin"),
        ("PWD", "/home/someone"),
        ("HOME", "/home/someone"),
        ("KEYBOARD_LAYOUT", "de-nodeadkeys"),
        ("MAX_TOKENS", "many-tokens"),
        ("TOKENIZERS_PARALLELISM", "false-or-true"),
        ("SECRET_FILE", "/run/secrets/one"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
        ("API_KEY_NAME", "the-first-key"),
        ("SSH_PUBLIC_KEY", "ssh-rsa-abcdef"),
        ("PAD_TOKEN", "<|endoftext|>"),
        ("MONKEY", "bananas-and-more"),
        ("TOKEN_STRATEGY", "sliding-window"),
        ("AGENT_SECRET", "assistant"),
        ("HF_TOKEN", "true"),
        ("MY_TOKEN", "$OTHER_TOKEN"),
        ("API_KEY_URL", "https://example.com/keys"),
        ("DATABASE_URL", "postgres://localhost/things"),
    ],
)
def test_other_environment_variables_are_not(name: str, value: str) -> None:
    """Paths, names, switches, templates and addresses are ordinary words."""
    text = f"the value is {value}, indeed"
    assert Redactor(environment={name: value}).redact(text) is text


def test_the_password_in_a_database_url_of_the_environment_is_known() -> None:
    """It is found without the URL around it."""
    redactor = Redactor(environment={"DATABASE_URL": "postgresql://app:tr0ub4dor-and-3@db.internal:5432/app"})
    assert redactor.redact("log in with tr0ub4dor-and-3") == "log in with [REDACTED:url-password:1]"
    assert redactor.redact("postgresql is a database") == "postgresql is a database"


def test_secrets_of_headers_are_known_and_harmless_headers_are_not() -> None:
    """Keys, cookies and opaque values are; versions, agents and titles are not."""
    redactor = Redactor(environment=None)
    redactor.learn_headers(
        {
            "Authorization": "Bearer abcdefgh",
            "Helicone-Auth": "Bearer ijklmnop",
            "X-Api-Key": "qrstuvwx",
            "X-Gateway": "opaque-value-12345",
            "X-Environment": "production-eu",
            "User-Agent": "my-agent/1.0 (linux)",
            "anthropic-beta": "prompt-caching-2024-07-31",
            "OpenAI-Organization": "org-abcdefghij123",
            "X-Title": "My-App-Number-12",
            "X-Absent": object(),
        }
    )
    secrets = ["abcdefgh", "ijklmnop", "qrstuvwx", "opaque-value-12345"]
    assert all("[REDACTED:" in text for text in redactor.redact(secrets))
    harmless = ["production-eu", "my-agent/1.0 (linux)", "prompt-caching-2024-07-31", "My-App-Number-12"]
    assert redactor.redact(harmless) is harmless


def test_a_redactor_shows_no_secret() -> None:
    """Its text form counts what it knows."""
    redactor = _knowing("correct-horse-7")
    redactor.redact("correct-horse-7 and password='hunter2hunter2'")
    assert str(redactor) == repr(redactor) == "<Redactor: 1 known secrets, 2 placeholders given>"
