"""Secrets that are known by their form: the prefixes that providers give their keys, and a few forms beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from agentreplay._redaction._spans import Span, rare_in, replaced, settled


class SecretFormat(NamedTuple):
    """One kind of secret: what a placeholder calls it, how it begins, and a pattern for what follows the beginning."""

    label: str
    prefixes: tuple[str, ...]
    rest: str


_WORD: Final = "[A-Za-z0-9_-]"
_ALNUM: Final = "[A-Za-z0-9]"
_HEX: Final = "[0-9a-fA-F]"
_BASE64: Final = "(?:[A-Za-z0-9+/]|%2[BbFf]|\\\\/)"

FORMATS: Final[tuple[SecretFormat, ...]] = (
    # Models and what agents use around them
    SecretFormat("openai-key", ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"), f"{_WORD}{{20,}}"),
    # Hyphened words (`sk-fading-circle`, `sk-your-api-key-here`) are no key: somewhere a key has a long run.
    SecretFormat("openai-key", ("sk-",), f"(?=(?:{_ALNUM}{{0,15}}[_-]){{0,9}}{_ALNUM}{{16}}){_WORD}{{20,}}"),
    SecretFormat("anthropic-key", ("sk-ant-",), f"{_WORD}{{20,}}"),
    SecretFormat("openrouter-key", ("sk-or-",), f"{_WORD}{{32,}}"),
    SecretFormat("langfuse-key", ("sk-lf-",), f"{_HEX}{{8}}-{_WORD}{{20,}}"),
    SecretFormat("helicone-key", ("sk-helicone-",), f"{_WORD}{{16,}}"),
    SecretFormat("google-key", ("AIza",), f"{_WORD}{{35}}"),
    SecretFormat("google-token", ("ya29.",), "[A-Za-z0-9_.-]{20,}"),
    SecretFormat("google-client-secret", ("GOCSPX-",), f"{_WORD}{{20,}}"),
    SecretFormat("huggingface-token", ("hf_",), f"{_ALNUM}{{30,}}"),
    SecretFormat("groq-key", ("gsk_",), f"{_ALNUM}{{32,}}"),
    SecretFormat("xai-key", ("xai-",), f"{_ALNUM}{{32,}}"),
    SecretFormat("perplexity-key", ("pplx-",), f"{_ALNUM}{{32,}}"),
    SecretFormat("replicate-token", ("r8_",), f"{_ALNUM}{{32,}}"),
    SecretFormat("fireworks-key", ("fw_",), f"{_ALNUM}{{20,}}"),
    SecretFormat("together-key", ("tgp_v1_",), f"{_WORD}{{32,}}"),
    SecretFormat("cerebras-key", ("csk-",), f"{_ALNUM}{{32,}}"),
    SecretFormat("nvidia-key", ("nvapi-",), f"{_WORD}{{40,}}"),
    SecretFormat("voyage-key", ("pa-",), f"(?=(?:{_ALNUM}{{0,11}}[_-]){{0,4}}{_ALNUM}{{12}}){_WORD}{{40,}}"),
    SecretFormat("jina-key", ("jina_",), f"{_ALNUM}{{40,}}"),
    SecretFormat("anyscale-key", ("esecret_",), f"{_ALNUM}{{20,}}"),
    SecretFormat("elevenlabs-key", ("sk_",), f"{_HEX}{{48}}"),
    SecretFormat("langsmith-key", ("lsv2_pt_", "lsv2_sk_"), f"{_HEX}{{32}}_{_HEX}{{6,}}"),
    SecretFormat("tavily-key", ("tvly-",), f"{_WORD}{{20,}}"),
    SecretFormat("firecrawl-key", ("fc-",), f"{_HEX}{{32}}"),
    SecretFormat("pinecone-key", ("pcsk_",), f"{_WORD}{{32,}}"),
    SecretFormat("e2b-key", ("e2b_",), f"{_HEX}{{40}}"),
    # Clouds
    SecretFormat("aws-access-key", ("AKIA", "ASIA", "ABIA", "ACCA"), "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    SecretFormat("aws-bedrock-key", ("ABSK",), f"{_BASE64}{{80,}}={{0,2}}"),
    SecretFormat("azure-account-key", ("AccountKey=", "SharedAccessKey="), f"{_BASE64}{{40,}}(?:=|%3[Dd]){{0,2}}"),
    SecretFormat("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), f"{_HEX}{{64}}"),
    SecretFormat("databricks-token", ("dapi",), f"{_HEX}{{32}}(?:-[0-9])?"),
    SecretFormat("heroku-key", ("HRKU-",), f"{_WORD}{{36,}}"),
    SecretFormat("vercel-key", ("vck_", "vcp_", "vercel_blob_rw_"), f"{_WORD}{{24,}}"),
    SecretFormat("supabase-key", ("sbp_",), f"{_HEX}{{40}}"),
    SecretFormat("supabase-key", ("sb_secret_",), f"{_WORD}{{20,}}"),
    SecretFormat("planetscale-token", ("pscale_tkn_", "pscale_pw_", "pscale_oauth_"), "[A-Za-z0-9_.=-]{32,}"),
    SecretFormat("vault-token", ("hvs.", "hvb."), f"{_WORD}{{24,}}"),
    SecretFormat("doppler-token", ("dp.pt.", "dp.sa.", "dp.ct.", "dp.scim.", "dp.audit."), f"{_ALNUM}{{40,}}"),
    SecretFormat("doppler-token", ("dp.st.",), f"(?:[a-z0-9_-]{{1,64}}\\.)?{_ALNUM}{{40,}}"),
    # Code hosts, package indexes, builds
    SecretFormat("github-token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), f"{_ALNUM}{{30,}}"),
    SecretFormat("github-token", ("github_pat_",), "[A-Za-z0-9_]{22,}"),
    SecretFormat("gitlab-token", ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-"), f"{_WORD}{{20,}}"),
    SecretFormat("npm-token", ("npm_",), f"{_ALNUM}{{36}}"),
    SecretFormat("pypi-token", ("pypi-",), f"{_WORD}{{50,}}"),
    SecretFormat("rubygems-key", ("rubygems_",), f"{_HEX}{{48}}"),
    SecretFormat("docker-token", ("dckr_pat_", "dckr_oat_"), f"{_WORD}{{24,}}"),
    # Chat, mail, work
    SecretFormat("slack-token", ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"), f"{_WORD}{{10,}}"),
    SecretFormat("slack-token", ("xapp-",), f"[0-9]-{_WORD}{{10,}}"),
    SecretFormat("slack-webhook", ("hooks.slack.com/services/",), "[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}"),
    SecretFormat("discord-webhook", ("discord.com/api/webhooks/",), f"[0-9]{{15,}}/{_WORD}{{40,}}"),
    SecretFormat("sendgrid-key", ("SG.",), f"{_WORD}{{16,64}}\\.{_WORD}{{16,}}"),
    SecretFormat("mailgun-key", ("key-",), f"{_HEX}{{32}}"),
    SecretFormat("resend-key", ("re_",), f"{_ALNUM}{{8}}_{_ALNUM}{{20,}}"),
    SecretFormat("twilio-key", ("SK",), "[0-9a-f]{32}(?![A-Za-z0-9])"),
    SecretFormat("notion-token", ("ntn_",), f"{_ALNUM}{{40,}}"),
    SecretFormat("notion-token", ("secret_",), f"{_ALNUM}{{43}}"),
    SecretFormat("linear-key", ("lin_api_", "lin_oauth_"), f"{_ALNUM}{{32,}}"),
    SecretFormat("atlassian-token", ("ATATT3",), "[A-Za-z0-9_=-]{50,}"),
    SecretFormat("figma-token", ("figd_",), f"{_WORD}{{36,}}"),
    SecretFormat("postman-key", ("PMAK-",), f"{_HEX}{{24}}-{_HEX}{{30,}}"),
    # Payment, shops, monitoring
    SecretFormat("stripe-key", ("sk_live_", "sk_test_", "rk_live_", "rk_test_"), f"{_ALNUM}{{16,}}"),
    SecretFormat("stripe-webhook-secret", ("whsec_",), "[A-Za-z0-9+/=]{24,}"),
    SecretFormat("shopify-token", ("shpat_", "shpca_", "shppa_", "shpss_"), f"{_HEX}{{32}}"),
    SecretFormat("sentry-token", ("sntrys_",), "[A-Za-z0-9+/=_-]{40,}"),
    SecretFormat("sentry-token", ("sntryu_",), f"{_HEX}{{64}}"),
    SecretFormat("grafana-token", ("glc_",), "[A-Za-z0-9+/=]{32,}"),
    SecretFormat("grafana-token", ("glsa_",), f"{_ALNUM}{{32}}_{_HEX}{{8}}"),
    SecretFormat("newrelic-key", ("NRAK-",), "[A-Z0-9]{27}"),
    SecretFormat("posthog-key", ("phx_",), f"{_ALNUM}{{40,}}"),
    # Of no one provider
    SecretFormat(
        "jwt",
        ("eyJ",),
        f"{_WORD}{{8,1024}}\\.(?:eyJ{_WORD}{{6,}}\\.{_WORD}*|{_WORD}*\\.{_WORD}+\\.{_WORD}+\\.{_WORD}+)",
    ),
    SecretFormat(
        "private-key",
        ("-----BEGIN ",),
        "(?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        "(?:(?:(?!-----)[^\\0]){40,30000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        # Cut off before its end: line upon line of base64.
        "|(?:(?:\\s|\\\\+[nr])*[A-Za-z0-9+/=]{32,})+(?:(?:\\s|\\\\+[nr])+[A-Za-z0-9+/=]+)?)",
    ),
    SecretFormat("age-key", ("AGE-SECRET-KEY-1",), "[0-9A-Z]{50,}"),
)

_STARTS_INSIDE_A_WORD: Final = re.compile(
    r"[A-Za-z0-9_](?<!\\[nrtbfv])(?<!\\u[0-9a-fA-F]{4})(?<!\\x[0-9a-fA-F]{2})(?<!%[0-9a-fA-F]{2})(?<!\x1b\[[0-9]m)(?<!\x1b\[[0-9]{2}m)"
)
"""The character before a prefix that makes it the middle of a word; the end of an escape is no such character."""


_RAREST_FIRST: Final = "_=/KJXQZBVGHUNFDRPLOMSECTAI-0123456789. "
"""Characters of prefixes, roughly from rare to frequent in what agents say; letters in lower case come after."""


class _Anchor(NamedTuple):
    """All prefixes that are looked for by one character of theirs.

    To look for one character, and only there at what stands around it, is many times faster than to look for each
    prefix, or for all of them by one pattern.
    """

    pattern: re.Pattern[str]
    prefixes: tuple[tuple[int, str], ...]


@cache
def _formats_by_prefix() -> dict[str, tuple[tuple[str, SecretFormat], ...]]:
    """The formats by the shortest prefixes that any of them begins with, those with longer prefixes first."""
    pairs = [(prefix, each) for each in FORMATS for prefix in each.prefixes]
    pairs.sort(key=lambda pair: len(pair[0]))
    shortest: dict[str, list[tuple[str, SecretFormat]]] = {}
    for prefix, each in pairs:
        start = next((known for known in shortest if prefix.startswith(known)), prefix)
        shortest.setdefault(start, []).insert(0, (prefix, each))
    return {start: tuple(same) for start, same in shortest.items()}


@cache
def _anchors() -> tuple[_Anchor, ...]:
    found: dict[str, list[tuple[int, str]]] = {}
    for prefix in _formats_by_prefix():
        rank = [_RAREST_FIRST.find(char) % 100 for char in prefix]
        offset = max(place for place, each in enumerate(rank) if each == min(rank))
        found.setdefault(prefix[offset], []).append((offset, prefix))
    return tuple(_Anchor(_pattern(char, prefixes), tuple(prefixes)) for char, prefixes in found.items())


_ANY: Final = -1
"""Stands for the byte of a sign that is empty."""


@cache
def _signs() -> dict[int, tuple[tuple[bytes, str, frozenset[int]], ...]]:
    """Signs that a prefix stands in a text, by a byte of theirs, and the numbers of the anchors that it is found by.

    A sign is what is left of a prefix without frequent characters; the prefix is with it where that says too little.
    """
    found: dict[tuple[bytes, str], set[int]] = {}
    for number, anchor in enumerate(_anchors()):
        for _, prefix in anchor.prefixes:
            rest = rare_in(prefix)
            found.setdefault((rest, "" if rest.strip(b".") else prefix), set()).add(number)
    by_byte: dict[int, list[tuple[bytes, str, frozenset[int]]]] = {}
    for (rest, prefix), numbers in found.items():
        byte = min(rest, key=_RAREST_FIRST.encode().find) if rest else _ANY
        by_byte.setdefault(byte, []).append((rest, prefix, frozenset(numbers)))
    return {byte: tuple(signs) for byte, signs in by_byte.items()}


def _pattern(char: str, prefixes: list[tuple[int, str]]) -> re.Pattern[str]:
    around: dict[tuple[int, str], list[str]] = {}
    for offset, prefix in prefixes:
        around.setdefault((offset, prefix[offset + 1 :]), []).append(re.escape(prefix[: offset + 1]))
    choices = (f"(?<={'|'.join(before)})" + re.escape(after) for (_, after), before in around.items())
    return re.compile(f"{re.escape(char)}(?:{'|'.join(choices)})")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def find_formats(text: str, rare: bytes) -> Iterator[Span]:
    """The secrets of a known form in `text`, in which that is `rare`."""
    formats = _formats_by_prefix()
    numbers: set[int] = set()
    signs = _signs()
    for byte in signs.keys() & {_ANY, *rare}:
        for sign, prefix, signed in signs[byte]:
            if sign in rare and not numbers.issuperset(signed) and prefix in text:
                numbers |= signed
    anchors = _anchors()
    for number in sorted(numbers):
        anchor = anchors[number]
        done = 0
        for match in anchor.pattern.finditer(text):
            for offset, prefix in anchor.prefixes:
                start = match.start() - offset
                if start >= done and text.startswith(prefix, start):
                    span = _at(text, start, formats[prefix])
                    if span:
                        done = span.end
                        yield span


def without_formats(text: str) -> str:
    """`text` with the label of its form in the place of each secret of a known form."""
    spans = settled(find_formats(text, rare_in(text)), text)
    return replaced([text], [(span.start, span.end, span.label) for span in spans])[0] if spans else text


def format_of(secret: str) -> str | None:
    """The label of the format that `secret` as a whole has, or None."""
    for span in find_formats(secret, rare_in(secret)):
        if span.start == 0 and span.end == len(secret):
            return span.label
    return None


def _at(text: str, start: int, formats: tuple[tuple[str, SecretFormat], ...]) -> Span | None:
    if start and _STARTS_INSIDE_A_WORD.match(text, start - 1):
        return None
    for prefix, each in formats:
        if text.startswith(prefix, start):
            match = _compiled(each.rest).match(text, start + len(prefix))
            if match:
                # What ends so says what follows, and is no secret.
                shown = prefix.endswith(("=", "/"))
                return Span(match.start() if shown else start, match.end(), each.label)
    return None
