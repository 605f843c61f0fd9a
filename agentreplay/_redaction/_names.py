"""Secrets that are known by the name they go under: keys of JSON, headers, variables, query parameters."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple


class SecretName(NamedTuple):
    """What a name says of its value.

    A `certain` name makes any value a secret; another one only a value that looks like one (`looks_random`).
    """

    label: str
    certain: bool


_CERTAIN: Final = (
    "access-key",
    "access-token",
    "account-key",
    "api-key",
    "api-secret",
    "api-token",
    "app-secret",
    "auth-token",
    "authorization",
    "authorization-token",
    "bearer-token",
    "client-key",
    "client-secret",
    "cookie",
    "encryption-key",
    "id-token",
    "oauth-token",
    "passphrase",
    "passwd",
    "password",
    "private-key",
    "private-token",
    "proxy-authorization",
    "refresh-token",
    "secret",
    "secret-access-key",
    "secret-key",
    "session-token",
    "set-cookie",
    "shared-access-key",
    "signing-key",
    "signing-secret",
    "subscription-key",
    "webhook-secret",
)
"""Names that are secret, alone or as the last words of a longer name (`openai_api_key`, `x-api-key`)."""

_UNCERTAIN: Final = ("token", "credential", "credentials", "auth", "jwt")
_HARMLESS_TOKEN: Final = re.compile(
    r"\b(?:page|next|prev|previous|continuation|sync|cursor|pad|eos|bos|stop|special|mask|sep|cls|unk|start|end|max|min)\b"
)
"""Tokens that are places in a list or pieces of text."""

_GLUED: Final = {name.replace("-", ""): name for name in _CERTAIN}
_SUFFIXES: Final = tuple(sorted((f"-{name}" for name in _CERTAIN), key=len, reverse=True))
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DIVIDERS: Final = re.compile(r"[\s_.-]+")
_LAST_WORDS: Final = 64
"""How many characters at the end of a name are looked at."""


def secret_name(name: str) -> SecretName | None:
    """What `name` says of its value, or None where it says nothing. Case, dashes and underscores do not count."""
    return _secret_name(name[-_LAST_WORDS:]) if len(name) > 2 else None


@lru_cache(maxsize=4096)
def _secret_name(name: str) -> SecretName | None:
    words = _DIVIDERS.sub("-", _CAMEL.sub("-", name)).lower().strip("-")
    glued = _GLUED.get(words.replace("-", "").removeprefix("x"))
    if glued:
        return SecretName(glued, certain=True)
    for suffix in _SUFFIXES:
        if words.endswith(suffix):
            return SecretName(suffix[1:], certain=True)
    last = words.rpartition("-")[2]
    if last in _UNCERTAIN and not _HARMLESS_TOKEN.search(words):
        return SecretName(last, certain=False)
    return None


_NO_VALUE: Final = re.compile(
    r"(?:string|str|text|null|none|nil|undefined|true|false|yes|no|on|off|required|optional|bearer|basic|oauth2?|api[-_]?key"
    r"|number|integer|int|boolean|bool|object|array|any|unknown|empty|hidden|masked|redacted)"
    r"|\$\{.*\}|\$\(.*\)|\{\{.*\}\}|\{[\w.]*\}|<[^<>]*>(?::<[^<>]*>)?|\[[^\[\]]*\]|\$[A-Za-z_]\w*|%\w+%|%[sr]|[\s*xX•.…-]+"
    r"|your[-_ ].*|insert[-_ ].*|replace[-_ ].*",
    re.IGNORECASE | re.DOTALL,
)
"""What stands under a secret's name without being one: types, words that say whether, templates, masks."""


def is_no_value(value: str) -> bool:
    """Whether `value` says what a secret would be (`string`, `${TOKEN}`, `<your key>`, `***`) instead of being one."""
    return len(value) <= 200 and _NO_VALUE.fullmatch(value) is not None


_RANDOM: Final = re.compile(r"(?=\D*\d)(?=[\W\d_]*[^\W\d_])[^\s(){}\[\]<>]+")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[a-z]+://.*", re.DOTALL)


def looks_random(value: str, least: int) -> bool:
    """Whether `value` is one word of at least `least` characters with digits and letters, as generated secrets are."""
    return (
        least <= len(value) <= 4096
        and _RANDOM.fullmatch(value) is not None
        and _DOTTED.fullmatch(value) is None
        and not is_no_value(value)
    )


_SCHEME: Final = re.compile(r"\s*(?:bearer|basic|token|apikey|api-key|digest|negotiate)\s+", re.IGNORECASE)


def secret_part(value: str, name: SecretName) -> tuple[int, int] | None:
    """Where in `value`, which stands under `name`, the secret is; None where there is none.

    The scheme of a header (`Bearer`) is not part of it.
    """
    scheme = _SCHEME.match(value) if "authorization" in name.label else None
    start = scheme.end() if scheme else 0
    secret = value[start:]
    if not any(char.isalnum() for char in secret) or is_no_value(secret):
        return None
    if name.label.endswith("cookie") and "=" not in secret:
        return None
    if not name.certain and not looks_random(secret, 16):
        return None
    return start, len(value)
