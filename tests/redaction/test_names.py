"""Secrets are known by the name that they stand under."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentreplay._redaction import Redactor

SECRET = "tr0ub4dor&3x"


def _redact(value: Any) -> Any:
    return Redactor(environment=None).redact(value)


NAMES = {
    "api_key": "api-key",
    "apikey": "api-key",
    "apiKey": "api-key",
    "API-KEY": "api-key",
    "x-api-key": "api-key",
    "X-Api-Key": "api-key",
    "OPENAI_API_KEY": "api-key",
    "openaiApiKey": "api-key",
    "authorization": "authorization",
    "Proxy-Authorization": "proxy-authorization",
    "access_token": "access-token",
    "accessToken": "access-token",
    "refresh_token": "refresh-token",
    "id_token": "id-token",
    "client_secret": "client-secret",
    "password": "password",
    "Password": "password",
    "db_password": "password",
    "passwd": "passwd",
    "passphrase": "passphrase",
    "secret": "secret",
    "private_key": "private-key",
    "aws_secret_access_key": "secret-access-key",
    "secretAccessKey": "secret-access-key",
    "session_token": "session-token",
}


@pytest.mark.parametrize(("name", "label"), NAMES.items())
def test_the_value_under_a_secret_name_is_taken_out(name: str, label: str) -> None:
    """Whatever it is; case, dashes and underscores of the name do not count."""
    assert _redact({"a": {name: SECRET}}) == {"a": {name: f"[REDACTED:{label}:1]"}}
    assert _redact({"a": {name: "radiance"}}) == {"a": {name: f"[REDACTED:{label}:1]"}}


@pytest.mark.parametrize(
    "template",
    [
        '{"user": "bob", "NAME": "SECRET", "n": 1}',
        '{ "NAME" :\t"SECRET" }',
        "{'NAME': 'SECRET'}",
        'Run this: {"NAME":"SECRET"} and tell me.',
        '{\\"NAME\\": \\"SECRET\\"}',
        '{\\\\\\"NAME\\\\\\": \\\\\\"SECRET\\\\\\"}',
        '{"a": 1, "NAME": "SECRET',
    ],
)
def test_so_is_the_value_in_json_inside_a_text(template: str) -> None:
    """In the arguments of tools, at any depth of escaping, and cut off; the rest of the text keeps its bytes."""
    for name, label in NAMES.items():
        text = template.replace("NAME", name).replace("SECRET", SECRET)
        assert _redact(text) == text.replace(SECRET, f"[REDACTED:{label}:1]")


def test_a_quote_inside_the_value_does_not_end_it() -> None:
    """The value is read as JSON reads it, and has one placeholder wherever it stands."""
    value = 'a"b\\c\\'
    redactor = Redactor(environment=None)
    redacted = redactor.redact([{"password": value}, json.dumps({"password": value, "n": "x"})])
    assert redacted == [{"password": "[REDACTED:password:1]"}, '{"password": "[REDACTED:password:1]", "n": "x"}']
    twice = json.dumps(json.dumps({"password": value, "n": "x"}))
    assert json.loads(json.loads(redactor.redact(twice)))["n"] == "x"
    assert "b\\" not in redactor.redact(twice)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer {}"),
        ("Authorization: Bearer xyz", "Authorization: Bearer {}"),
        ("authorization: Basic Ym9iOnNlY3JldA==", "authorization: Basic {}"),
        (f"curl -H 'x-api-key: {SECRET}' -d 1", "curl -H 'x-api-key: {}' -d 1"),
        (f"> X-Auth-Token: {SECRET}\n> Accept: */*", "> X-Auth-Token: {}\n> Accept: */*"),
        ("Cookie: sid=abc; theme=dark\nHost: x", "Cookie: {}\nHost: x"),
        ("GET /v1?api_key=xyz&page=2 HTTP/1.1", "GET /v1?api_key={}&page=2 HTTP/1.1"),
        ("https://x.example/?page=2&access_token=xyz", "https://x.example/?page=2&access_token={}"),
        ("https://x.example/f?sv=1&sig=abcDEF123%2Bghi456jkl", "https://x.example/f?sv=1&sig={}"),
        (f"export OPENAI_API_KEY={SECRET}\n", "export OPENAI_API_KEY={}\n"),
        ("DB_PASSWORD=swordfish\nDB_USER=me", "DB_PASSWORD={}\nDB_USER=me"),
        (f"password: {SECRET}\nuser: me", "password: {}\nuser: me"),
        (f'client = Client(api_key="{SECRET}", n=1)', 'client = Client(api_key="{}", n=1)'),
        ("A=1\\napi_key=abc12345\\nB=2", "A=1\\napi_key={}\\nB=2"),
        ("the header was Bearer abcdefghij0123456789xyz.", "the header was Bearer {}"),
    ],
)
def test_so_is_the_value_in_headers_queries_and_settings(text: str, kept: str) -> None:
    """Scheme, name and what comes after stay."""
    redacted = _redact(text)
    before, after = kept.split("{}")
    assert redacted.startswith(f"{before}[REDACTED:")
    assert redacted.endswith(f":1]{after}")


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgres://user:pass@host/db", "pass"),
        ("https://bob:p@ss:w0rd@example.com", "p@ss:w0rd"),
        ("redis://:s3cr3t@cache:6379/0", "s3cr3t"),
        ("mongodb+srv://me:x%2Fy@c.example.net", "x%2Fy"),
        ("https://0123456789abcdefghij@github.com/a/b", "0123456789abcdefghij"),
    ],
)
def test_the_credentials_in_a_url_are_taken_out(url: str, secret: str) -> None:
    """User and host stay."""
    before, after = url.split(secret)
    redacted = _redact(f"see {url} there")
    assert redacted.startswith(f"see {before}[REDACTED:url-")
    assert redacted.endswith(f":1]{after} there")


@pytest.mark.parametrize(
    "value",
    [
        {"type": "object", "properties": {"password": {"type": "string"}, "api_key": {"type": "string"}}},
        {"required": ["password", "api_key"], "secret": None, "password": True, "cookie": 5},
        {"max_tokens": 5, "token_count": 3, "prompt_tokens": 1, "total_tokens": "many of them", "tokens": ["a", "b"]},
        {"logprobs": {"content": [{"token": "Hello", "logprob": -0.1, "bytes": [72], "top_logprobs": []}]}},
        {"token": "Hello", "key": "user_preferences_2024_v1", "next_page_token": "CAUQAA0123456789abcdef"},
        {"password": "${DB_PASSWORD}", "api_key": "<your key>", "secret": "***", "access_token": "string"},
        {"authorization": "none", "cookie": "chocolate chip", "api_key": "", "password": "YOUR_PASSWORD"},
        {"name": "city", "value": SECRET},
        {"session": "2026-01-15T10:00:00Z", "auth": "oauth"},
    ],
)
def test_names_alone_make_no_secret(value: Any) -> None:
    """Schemas, numbers, pieces of text, templates and words that only describe a secret stay: the same object."""
    assert _redact(value) is value


@pytest.mark.parametrize(
    "text",
    [
        "The API key: you need one. Token: none. Your password must be at least 8 characters.",
        "password: string\napi_key: Optional[str]\nsecret: required",
        "Authorization: Bearer tokens are explained in RFC 6750; use Bearer authentication.",
        "Authorization: Bearer <token>",
        "password = getpass()\napi_key=os.environ['OPENAI_API_KEY']\ntoken = get_token(name='x')",
        "api_key=settings.api_key_v2, secret_key = load_secret(name), password=sha256hex(word), access_token: v2_token",
        'ENV_API_KEY = "ANTHROPIC_API_KEY"',
        "cookie = response.cookies.get(name='x1y2z3')",
        '{"properties": {"password": {"type": "string"}}, "required": ["password"]}',
        '{"token": "Hello", "logprob": -0.5, "max_tokens": 12}',
        "http://localhost:8080/a@b and mailto:someone@example.com, 12:30@home",
        "https://example.com/?page_token=abc&key=name&sort=up",
        "the secret: it is a secret key to success, a token of love",
        "invalid x-api-key",
        'He said "password": no more.',
    ],
)
def test_talk_about_secrets_stays(text: str) -> None:
    """Prose, types and program text that only name a secret are not touched: the same object."""
    assert _redact(text) is text


def test_a_list_under_a_secret_name_is_taken_out_item_by_item() -> None:
    """As headers are listed that come more than once."""
    assert _redact({"set-cookie": ["a=1", "b=2"]}) == {
        "set-cookie": ["[REDACTED:set-cookie:1]", "[REDACTED:set-cookie:2]"]
    }


def test_a_name_may_stand_beside_its_value() -> None:
    """As in lists of headers and of environment variables."""
    value = [{"name": "Authorization", "value": "Bearer xyz"}, {"key": "DB_PASSWORD", "value": "swordfish"}]
    assert _redact(value) == [
        {"name": "Authorization", "value": "Bearer [REDACTED:authorization:1]"},
        {"key": "DB_PASSWORD", "value": "[REDACTED:password:2]"},
    ]


def test_a_doubtful_name_makes_a_secret_of_what_looks_like_one() -> None:
    """`token` may be anything; generated values are taken out."""
    value = {"token": "9f8e7d6c5b4a39281706", "hub_token": "hello"}
    assert _redact(value) == {"token": "[REDACTED:token:1]", "hub_token": "hello"}


def test_of_a_header_only_what_follows_the_scheme_is_secret() -> None:
    """So a key has the same placeholder with and without its scheme."""
    assert _redact({"a": SECRET, "authorization": f"Bearer {SECRET}", "api_key": SECRET}) == {
        "a": SECRET,
        "authorization": "Bearer [REDACTED:authorization:1]",
        "api_key": "[REDACTED:authorization:1]",
    }
