"""A made-up secret of each known form, put together here so that none stands in a file, and places to hide them."""

from __future__ import annotations

import json
from typing import Final

HEX: Final = "0a1b2c3d4e5f6789" * 10
ALNUM: Final = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xYz0" * 10
UPPER: Final = "A1B2C3D4E5F6G7H8" * 5

_LENGTHS: Final = {
    "AIza": 35, "npm_": 36, "secret_": 43, "github_pat_": 60, "pypi-": 60, "glpat-": 20, "fw_": 24, "sk-": 48,
}  # fmt: skip
_HEX: Final = {
    "sk_": 48, "fc-": 32, "e2b_": 40, "dop_v1_": 64, "doo_v1_": 64, "dor_v1_": 64, "dapi": 32, "sbp_": 40,
    "rubygems_": 48, "key-": 32, "SK": 32, "shpat_": 32, "shpca_": 32, "shppa_": 32, "shpss_": 32, "sntryu_": 64,
}  # fmt: skip
_BODIES: Final = {
    "sk-lf-": f"{HEX[:8]}-{HEX[:4]}-{HEX[:4]}-{HEX[:12]}",
    "lsv2_pt_": f"{HEX[:32]}_{HEX[:10]}",
    "lsv2_sk_": f"{HEX[:32]}_{HEX[:10]}",
    "AKIA": UPPER[:16],
    "ASIA": UPPER[:16],
    "ABIA": UPPER[:16],
    "ACCA": UPPER[:16],
    "ABSK": ALNUM[:110] + "==",
    "AccountKey=": ALNUM[:86] + "==",
    "SharedAccessKey=": ALNUM[:43] + "=",
    "dp.st.": "prod." + ALNUM[:40],
    "xapp-": f"1-{UPPER[:10]}-{ALNUM[:20]}",
    "hooks.slack.com/services/": f"T{UPPER[:9]}/B{UPPER[:9]}/{ALNUM[:24]}",
    "discord.com/api/webhooks/": "123456789012345678/" + ALNUM[:68],
    "SG.": f"{ALNUM[:22]}.{ALNUM[:43]}",
    "re_": f"{ALNUM[:8]}_{ALNUM[:24]}",
    "PMAK-": f"{HEX[:24]}-{HEX[:34]}",
    "glsa_": f"{ALNUM[:32]}_{HEX[:8]}",
    "NRAK-": UPPER[:27],
    "eyJ": f"{ALNUM[:30]}.eyJ{ALNUM[:40]}.{ALNUM[:43]}",
    "-----BEGIN ": "RSA PRIVATE KEY-----\n" + f"{ALNUM[:64]}\n" * 6 + "-----END RSA PRIVATE KEY-----",
    "AGE-SECRET-KEY-1": UPPER[:58],
    "ya29.": "a0AR-" + ALNUM[:60],
}


def sample(prefix: str) -> str:
    """A made-up secret that begins so."""
    if prefix in _BODIES:
        return prefix + _BODIES[prefix]
    if prefix in _HEX:
        return prefix + HEX[: _HEX[prefix]]
    return prefix + ALNUM[: _LENGTHS.get(prefix, 64)]


def secret_of(prefix: str) -> str:
    """The part of the sample that must not survive: without a prefix that only says what follows."""
    return sample(prefix)[len(prefix) :] if prefix.endswith(("=", "/")) else sample(prefix)


OPENAI: Final = sample("sk-proj-")
ANTHROPIC: Final = sample("sk-ant-")
GITHUB: Final = sample("ghp_")

CONTEXTS: Final = {
    "alone": "{}",
    "in prose": "My key is {}, please use it.",
    "in quotes": "key = '{}'",
    "after an equals sign": "KEY={}\nOTHER=1",
    "in a URL": "https://example.com/v1/{}/models",
    "in brackets": "[{}]({})",
    "after other letters": "Schlüssel für später — {} — ок",
    "in escaped JSON": "{{\"content\": \"KEY:\\n{}\\n\"}}",
    "in twice escaped JSON": "{{\\\"content\\\": \\\"KEY:\\\\n{}\\\\n\\\"}}",
    "after an escaped ampersand": "a=1\\u0026b={}",
    "after a quoted character": "https://example.com/?next=%2F%3Fkey%3D{}",
    "in a coloured line": "\x1b[32m{}\x1b[0m",
}  # fmt: skip
"""Texts with a secret in them."""


def nested_json(text: str, depth: int) -> str:
    """`text` as a member of an object, the object as text in another one, and so on."""
    for _ in range(depth):
        text = json.dumps({"inner": text})
    return text
