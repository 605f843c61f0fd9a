"""Secrets inside texts, known by what stands before them: `"password": "…"`, `API_KEY=…`, `Authorization: Bearer …`,
`?access_token=…`, `scheme://user:password@host`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from agentreplay._redaction._names import SecretName, is_no_value, looks_random, secret_name, secret_part
from agentreplay._redaction._spans import BARRIER, Span

_STEMS: Final = ("key", "token", "secret", "passw", "passphrase", "authoriz", "cookie", "credential")
"""In each certain name there is one of these; to look for them is much cheaper than to look for the names."""

_QUERY_SIGNATURES: Final = ("sig=", "signature=")
_SIGNS: Final = tuple((stem, stem.rstrip("=")) for stem in (*_STEMS, *_QUERY_SIGNATURES))
_BEFORE_DIVIDER: Final = 128
"""In how many bytes before a divider the stem of a name begins: see `_AFTER_STEM`."""

_AFTER_STEM: Final = re.compile(
    r"(?P<rest>[A-Za-z0-9_-]{0,32})(?P<close>\\{0,15}[\"'`])?\]?[ \t]{0,4}(?P<separator>=>|:=|==?|:)[ \t]{0,4}"
    r"(?:(?P<open>\\{0,15}[\"'`])(?:[rbf](?=[\"']))?)?"
)
_BEFORE_STEM: Final = re.compile(r"[A-Za-z0-9_-]{0,40}\Z")
_SCHEME: Final = re.compile(r"(?:bearer|basic|token|apikey|api-key|digest)[ \t]+", re.IGNORECASE)
_IN_WORD: Final = r"(?:[^\s\"'`<>&,;(){}\[\]|\\\0]|&(?![\w.%-]{1,64}=))"
"""A character of a value without quotes; an ampersand ends it where the next parameter of a query follows."""

_WORD: Final = re.compile(_IN_WORD + "{1,256}")
_WORD_GOES_ON: Final = re.compile(_IN_WORD + "{0,16128}")
_COOKIES: Final = re.compile(r"[^\s=;,\"'`\\\0]+=[^\s;,\"'`\\\0]+(?:;[^\r\n\"'`\\\0]*)?")
_PROSE_AFTER_SCHEME: Final = re.compile(
    r"(?:tokens?|auth|authentication|authorization|headers?|keys?|schemes?|is|are|and|or|with|in|for|to|the|a|an)\b",
    re.IGNORECASE,
)
_NAMING: Final = re.compile(
    r"[a-z]*\d?(?:_[a-z]*\d?)+"
    r"|(?:api|access|secret|client|private|refresh|auth|id)?(?:key|token|secret|password)",
    re.IGNORECASE,
)
"""Values in program text that name another thing: a variable, a setting."""

_BEARER: Final = re.compile(r"bearer[ \t]+([A-Za-z0-9._~+/-]{20,}=*)", re.IGNORECASE)
_USER_AND_PASSWORD: Final = re.compile(r"[^\s:/?#@\"'<>\\\0]{0,128}:([^\s/\"'<>\\\0]{1,256})@(?=[\w\[])")
_USER_ALONE: Final = re.compile(r"([^\s:/?#@\"'<>\\\0]{20,256})@(?=[\w\[])")
_LONGEST_VALUE: Final = 16_384


def find_named_values(text: str) -> Iterator[Span]:
    """The secrets in `text` that a name, a header's scheme or the form of a URL gives away."""
    # With a character for each byte, since that is many times faster, where it comes to the same: but two letters
    # become such of ASCII.
    is_ascii = text.isascii()
    flat = text.lower() if is_ascii else text.encode("utf-8", "surrogatepass").lower().decode("latin-1")
    exactly = is_ascii or not ("\u0130" in text or "\u212a" in text)
    stems = [stem for stem, sign in _SIGNS if not exactly or sign in flat] if _may_name(flat, exactly=exactly) else []
    lower = ""
    if stems or "bearer" in flat:
        lower = flat if is_ascii else text.lower()
        if len(lower) != len(text):
            # The one letter that grows in lower case.
            lower = text.replace("\u0130", "I").lower()
    for stem in stems:
        yield from (_find_signatures if stem in _QUERY_SIGNATURES else _find_after)(stem, text, lower)
    start = lower.find("bearer")
    while start >= 0:
        match = _BEARER.match(text, start)
        if match and looks_random(match[1], 20):
            yield Span(*match.span(1), "bearer-token")
        start = lower.find("bearer", start + 6)
    start = text.find("://") if "@" in text else -1
    while start >= 0:
        yield from _url_credentials(text, start + 3)
        start = text.find("://", start + 3)


def _may_name(flat: str, *, exactly: bool) -> bool:
    """Whether a name may stand with its value in a text, given in lower case, with a character for each byte.

    What divides the two must, and, where that can be looked for `exactly`, the stem of a name not far before it.
    """
    dividers = flat.count(":") + flat.count("=")
    if not dividers or not exactly or dividers * _BEFORE_DIVIDER * 2 > len(flat):
        return bool(dividers)
    near = " ".join([piece[-_BEFORE_DIVIDER:] for piece in flat.replace("=", ":").split(":")[:-1]])
    for _, sign in _SIGNS:  # noqa: SIM110 (a generator takes longer than the few searches)
        if sign in near:
            return True
    return False


def _find_after(stem: str, text: str, lower: str) -> Iterator[Span]:
    start = lower.find(stem)
    while start >= 0:
        match = _AFTER_STEM.match(text, start)
        start += len(stem)
        if match:
            begin = _start_of_name(text, match.start())
            name = secret_name(text[begin : match.end("rest")])
            span = _value_after(text, begin, match, name) if name else None
            if span:
                yield span
                start = span.end
        start = lower.find(stem, start)


def _start_of_name(text: str, position: int) -> int:
    match = _BEFORE_STEM.search(text[max(0, position - 40) : position])
    begin = position - len(match[0]) if match else position
    # The letter of an escape such as `\n` is not the name's.
    return begin + 1 if begin and text[begin - 1] == "\\" and text[begin] in "nrtbf" else begin


def _value_after(text: str, begin: int, match: re.Match[str], name: SecretName) -> Span | None:
    quote = match["open"]
    start = match.end()
    if quote:
        end, closed = _end_of_quoted(text, start, quote)
        if match["close"]:
            return _json_value(text, start, end, quote, name)
        return _code_value(text, start, end, name) if closed else None
    in_query = begin > 0 and text[begin - 1] in "?&" and match["separator"] == "="
    if in_query:
        return _query_value(text, start, name)
    return _bare_value(text, begin, match, name)


def _json_value(text: str, start: int, end: int, quote: str, name: SecretName) -> Span | None:
    value = text[start:end]
    part = secret_part(value, name)
    if part is None or (quote in "\"'`" and "\n" in value):
        return None
    secret = value[part[0] : part[1]]
    return Span(start + part[0], start + part[1], name.label, _unescaped(secret) if quote == '"' else None)


def _unescaped(secret: str) -> str | None:
    if "\\" not in secret:
        return None
    try:
        return str(json.loads(f'"{secret}"', strict=False))
    except ValueError:
        return None


def _code_value(text: str, start: int, end: int, name: SecretName) -> Span | None:
    value = text[start:end]
    part = secret_part(value, name)
    if part is None or end - start - part[0] < 6 or any(char.isspace() for char in value) or _NAMING.fullmatch(value):
        return None
    return Span(start + part[0], end, name.label)


def _query_value(text: str, start: int, name: SecretName) -> Span | None:
    match = _WORD.match(text, start)
    if not match or (not name.certain and not looks_random(match[0], 16)) or is_no_value(match[0]):
        return None
    return Span(start, _end_of_word(text, match), name.label)


def _end_of_word(text: str, match: re.Match[str]) -> int:
    """Where the word ends that `match` found the first 256 characters of, which are enough to judge it."""
    goes_on = _WORD_GOES_ON.match(text, match.end()) if len(match[0]) == 256 else None
    return goes_on.end() if goes_on else match.end()


def _bare_value(text: str, begin: int, before: re.Match[str], name: SecretName) -> Span | None:
    start = before.end()
    if name.label.endswith("cookie"):
        match = _COOKIES.match(text, start) if before["separator"] == ":" else None
        return Span(*match.span(), name.label) if match else None
    scheme = _SCHEME.match(text, start) if "authorization" in name.label else None
    match = _WORD.match(text, scheme.end() if scheme else start)
    if not match:
        return None
    value = match[0].rstrip(".:!?")
    if not value:
        return None
    if scheme:
        secret = not is_no_value(value) and not _PROSE_AFTER_SCHEME.match(value)
    elif _NAMING.fullmatch(value) or text.startswith("(", match.end()):
        return None
    else:
        variable = text[begin : before.end("rest")].isupper() and text[before.end("rest") : start] == "="
        sure = variable and name.certain and len(value) >= 6 and value.isalnum() and not is_no_value(value)
        secret = sure or looks_random(value, 8 if name.certain else 16)
    if not secret:
        return None
    end = _end_of_word(text, match)
    return Span(match.start(), end if end > match.end() else match.start() + len(value), name.label)


def _end_of_quoted(text: str, start: int, quote: str) -> tuple[int, bool]:
    """Where the value that `quote` opened before `start` ends, and whether it is closed there.

    The quote may itself stand inside a quoted text, and so be escaped: `n` backslashes before it open and close a
    value, and any other number belongs to the value (`2n + 1` make a quote in it, pairs make backslashes).
    """
    depth = len(quote) - 1
    limit = min(len(text), start + _LONGEST_VALUE)
    barrier = text.find(BARRIER, start, limit)
    limit = barrier if barrier >= 0 else limit
    end = text.find(quote[-1], start, limit)
    while end >= 0:
        first = end
        while first > start and text[first - 1] == "\\":
            first -= 1
        if (end - first) % (2 * depth + 2) == depth:
            return end - depth, True
        end = text.find(quote[-1], end + 1, limit)
    return limit, False


def _find_signatures(stem: str, text: str, lower: str) -> Iterator[Span]:
    start = lower.find(stem)
    while start >= 0:
        begin = _start_of_name(text, start)
        match = _WORD.match(text, start + len(stem))
        if begin and text[begin - 1] in "?&" and match and looks_random(match[0], 16):
            yield Span(*match.span(), "signature")
        start = lower.find(stem, start + len(stem))


def _url_credentials(text: str, start: int) -> Iterator[Span]:
    match = _USER_AND_PASSWORD.match(text, start)
    if match:
        if not is_no_value(match[1]):
            yield Span(*match.span(1), "url-password")
        return
    match = _USER_ALONE.match(text, start)
    if match and looks_random(match[1], 20):
        yield Span(*match.span(1), "url-token")
