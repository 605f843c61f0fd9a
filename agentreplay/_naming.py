"""How the name of a test becomes a folder: any string gives one short, portable path, no two strings the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from agentreplay._redaction import without_formats

_SAFE_SEGMENT: Final = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
_NOT_SAFE: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Device names of Windows, which no file may bear, with or without an ending."""
_LOOKS_HASHED: Final = re.compile(r"-[0-9a-f]{16}")
"""The end of the folder that a changed name gets. A name that has it by itself is changed as well."""
_DIGEST_LENGTH: Final = 16
"""Sixteen digits: names that share them are beyond what a person could come upon, or look for with patience."""
_SEGMENT_LIMIT: Final = 60
_PATH_LIMIT: Final = 150
"""Leaves room under 200 characters for a slash, the file's twelve-digit hash and its ending."""


def safe_path(name: str) -> PurePosixPath:
    """The relative folder in which recordings of `name` lie.

    A name that is portable as it stands (lower-case ASCII, no reserved word, short; `/` makes folders) is kept. Any
    other gives a readable slug and sixteen digits of its SHA-256, so that names which differ by case, by Unicode form
    or by one forbidden character never share a folder, on no file system. All of it is lower-case ASCII, at most 150
    characters, never absolute, never upwards. A secret of a known form stands in none of it.
    """
    shown = without_formats(name)
    segments = shown.split("/")
    if shown == name and len(name) <= _PATH_LIMIT and all(_is_portable(segment) for segment in segments):
        return PurePosixPath(*segments)
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    slugs = [slug for segment in segments if (slug := _slug(segment))]
    kept = _fit(slugs, _PATH_LIMIT - len(digest) - 1)
    last = f"{kept.pop()}-{digest}" if kept else f"cassette-{digest}"
    return PurePosixPath(*kept, last)


def _is_portable(segment: str) -> bool:
    return (
        len(segment) <= _SEGMENT_LIMIT
        and _SAFE_SEGMENT.fullmatch(segment) is not None
        and not segment.endswith((".", ".json"))
        and not _RESERVED.fullmatch(segment)
        and not _LOOKS_HASHED.fullmatch(segment[-_DIGEST_LENGTH - 1 :])
    )


def _slug(segment: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", segment[: 4 * _SEGMENT_LIMIT]).encode("ascii", "ignore").decode()
    slug = _NOT_SAFE.sub("-", ascii_text).lower()[:_SEGMENT_LIMIT].strip("-.")
    # A slug in the middle of the path becomes a folder of its own, so it must be no device's name and no recording's.
    start = "_" if _RESERVED.fullmatch(slug) else ""
    end = "_" if slug.endswith(".json") else ""
    return f"{start}{slug}{end}"


def _fit(slugs: list[str], limit: int) -> list[str]:
    """The last slugs that fit into `limit` characters: the end of a test id tells most."""
    kept: list[str] = []
    used = 0
    for slug in reversed(slugs):
        used += len(slug) + 1
        if used > limit:
            break
        kept.insert(0, slug)
    return kept
