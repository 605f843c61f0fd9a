"""Secrets whose value is known: the client's own key, its headers, and the environment's secret variables."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

from agentreplay._redaction._names import is_no_value, looks_random, secret_name
from agentreplay._redaction._spans import BARRIER, Span, rare_in

SHORTEST_KNOWN: Final = 8
"""A shorter value turns up in texts by chance."""

_LONGEST_KNOWN: Final = 8192

_STAND_INS: Final = frozenset(
    (
        "anything",
        "changeme",
        "default",
        "development",
        "disabled",
        "localhost",
        "lm-studio",
        "no-key-needed",
        "no-key-required",
        "not-needed",
        "not-required",
        "openai-key",
        "password",
        "placeholder",
        "postgres",
        "postgresql",
        "production",
        "rabbitmq",
        "undefined",
        "unlimited",
    )
)
"""What people write where a key must be given and none is needed; as known secrets they would eat words of prose."""

_WORDS_OF_PROTOCOL: Final = frozenset(
    ("assistant", "completed", "developer", "end_turn", "function", "in_progress", "thinking", "tool_calls", "tool_use")
)
"""As known secrets they would make a recording unreadable to the SDK."""


class KnownForm(NamedTuple):
    """One form in which a text may hold a known secret; `base64` if the text may go on for some characters.

    `rare` is what is rare in it, and stands in what is rare in each text that holds it.
    """

    text: str
    secret: str
    label: str
    base64: bool
    rare: bytes


def is_worth_knowing(value: str) -> bool:
    """Whether `value` can be searched for without hitting words and templates."""
    return (
        SHORTEST_KNOWN <= len(value) <= _LONGEST_KNOWN
        and value.lower() not in _STAND_INS | _WORDS_OF_PROTOCOL
        and not value.isdigit()
        and BARRIER not in value
        and not is_no_value(value)
    )


def forms_of(secret: str, label: str) -> list[KnownForm]:
    """All forms of `secret` to search for: plain, quoted for URLs, escaped for JSON (once and twice), base64."""
    plain = {secret: None}
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        plain[quoted] = None
        plain[re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)] = None
    for escaped in (_json_escaped(secret, True), _json_escaped(secret, False)):
        plain[escaped] = None
        plain[escaped.replace("/", "\\/")] = None
        plain[_json_escaped(escaped, True)] = None
    encoded = dict.fromkeys(_base64_cores(secret))
    return [
        *(KnownForm(text, secret, label, False, rare_in(text)) for text in plain),
        *(KnownForm(text, secret, label, True, rare_in(text)) for text in encoded if text not in plain),
    ]


def _json_escaped(text: str, ascii_only: bool) -> str:
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _base64_cores(secret: str) -> Iterator[str]:
    """The characters which stand for `secret` in the base64 of any text that holds it, at each of three alignments.

    A character that stands for bits of its neighbours as well is left out.
    """
    data = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        first = -(-8 * before // 6)
        last = 8 * (before + len(data)) // 6
        core = base64.b64encode(bytes(before) + data).decode()[first:last]
        yield core
        yield core.replace("+", "-").replace("/", "_")


_BASE64_END: Final = re.compile("[A-Za-z0-9+/_-]?={1,2}")


def find_known(text: str, rare: bytes, forms: tuple[KnownForm, ...]) -> Iterator[Span]:
    """The places where `text`, in which that is `rare`, holds one of `forms`."""
    for form in forms:
        if form.rare not in rare:
            continue
        start = text.find(form.text)
        while start >= 0:
            end = start + len(form.text)
            padding = _BASE64_END.match(text, end) if form.base64 else None
            yield Span(start, padding.end() if padding else end, form.label, form.secret)
            start = text.find(form.text, end)


_SECRET_VARIABLE: Final = re.compile(
    r"SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AWS_.*KEY"
    r"|(?:^|_)(?:API_?KEY|ACCESS_?KEY|TOKEN|KEY|PAT|PWD|JWT)(?:_BASE)?(?:_?\d+)?$"
)
_MAYBE_SECRET_VARIABLE: Final = re.compile("KEY|TOKEN|AUTH|PASS|PWD")
_NO_SECRET_VARIABLE: Final = re.compile(
    r"(?:^|_)(?:FILE|PATH|DIR|NAME|URL|URI|ENDPOINT|HOST|PORT|TYPE|REGION|PROVIDER|HELPER|COMMAND|CMD|SOCK|COUNT|LIMIT"
    r"|LENGTH|SIZE|ALGORITHM|TTL|EXPIRY|EXPIRES|EXPIRATION|EXPIRES_IN|TIMEOUT|ENABLED|VERSION|FORMAT|MODE)$"
    r"|^(?:PWD|OLDPWD)$|^MAX_|_?PUBLIC_KEY$|(?:PAD|EOS|BOS|STOP|UNK|MASK|SEP|CLS)_TOKEN$"
)
_URL_PASSWORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/?#@]*:([^\s/]+)@")


def secrets_of_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The value and the name of each variable in `environment` whose name or form is that of a secret."""
    for name, value in ((name, value.strip()) for name, value in environment.items()):
        upper = name.upper()
        if "://" in value:
            match = _URL_PASSWORD.match(value)
            if match:
                yield match[1], "url-password"
        elif not _NO_SECRET_VARIABLE.search(upper) and (
            _SECRET_VARIABLE.search(upper) or (_MAYBE_SECRET_VARIABLE.search(upper) and looks_random(value, 16))
        ):
            yield value, name


_PLAIN_HEADER: Final = re.compile(
    r"accept(?:-.*)?|content-.*|user-agent|host|connection|cache-control|date|referer|http-referer|origin|x-title"
    r"|trace(?:parent|state)|idempotency-key|x-stainless-.*|.*-(?:version|beta|id|region|timeout|organization|project)"
)
_AUTH_SCHEME: Final = re.compile(r"(?:bearer|basic|token|apikey|digest)\s+", re.IGNORECASE)


def secrets_of_headers(headers: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The value and the name of each header that holds a secret, or may: a random value under an unknown name."""
    for header, value in headers.items():
        if not isinstance(value, str) or _PLAIN_HEADER.fullmatch(header.lower()):
            continue
        secret = without_scheme(value)
        if secret != value.strip() or secret_name(header) or looks_random(secret, 12):
            yield secret, header


def without_scheme(value: str) -> str:
    """`value` without white space around it and without the scheme of an authorization header (`Bearer`)."""
    value = value.strip()
    match = _AUTH_SCHEME.match(value)
    return value[match.end() :] if match else value
