"""Files that are no cassettes, or no more, and what their error must say."""

from __future__ import annotations

from typing import Final

from tests.files.cassettes import cassette, file_of

GOOD: Final = file_of(cassette())
MEGABYTES_10: Final = 10_000_000


def changed(old: str, new: str) -> bytes:
    """The good file with one text in it replaced."""
    assert old.encode() in GOOD
    return GOOD.replace(old.encode(), new.encode("utf-8", "surrogatepass"), 1)


HOSTILE: Final = {
    "empty": (b"", None, "it is empty"),
    "white space": (b" \n\t", None, "it is empty"),
    "an empty object": (b"{}", "meta", "this field is missing"),
    "no interactions": (b'{"meta": {}}', "interactions", "this field is missing"),
    "no meta": (b'{"interactions": []}', "meta", "this field is missing"),
    "meta is no object": (b'{"meta": [], "interactions": []}', "meta", "it should be an object"),
    "foreign JSON": (b'{"name": "left-pad", "version": "1.0.0"}', "meta", "this field is missing"),
    "a list": (b"[1, 2]", None, "it is JSON, but a list"),
    "a text": (b'"cassette"', None, "it is JSON, but a text"),
    "null": (b"null", None, "it is JSON, but null"),
    "no JSON": (b"hello", "line 1 column 1", "it is no JSON: expecting value"),
    "YAML": (b"interactions:\n- request:\n", "line 1 column 1", "it is no JSON"),
    "NUL bytes": (b"\0" * 4096, "line 1 column 1", "it is no JSON"),
    "a NUL in the middle": (changed('"llm"', '"l\0m"'), "line 14 column 19", "invalid control character"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "its first bytes", "byte order mark"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "its first bytes", "UTF-16"),
    "invalid UTF-8": (GOOD.replace(b"llm", b"l\xffm"), "line 14 byte 19", "the byte 0xff is no UTF-8"),
    "a lone surrogate unescaped": (changed("llm", "\ud800"), "line 14 byte 18", "the byte 0xed is no UTF-8"),
    "NaN": (changed("12.5", "NaN"), "line 29 byte 24", "NaN is no JSON number"),
    "Infinity": (changed("12.5", "-Infinity"), "line 29 byte 24", "-Infinity is no JSON number"),
    "a number beyond doubles": (changed("12.5", "1e999"), "line 29 byte 24", "1e999 is too large"),
    "a giant integer": (changed('"n": 0', '"n": ' + "9" * 5000), "line 18 byte 16", "has 5000 digits"),
    "10 MB of digits": (changed('"n": 0', '"n": ' + "9" * MEGABYTES_10), "line 18 byte 16", "has 10000000 digits"),
    "100,000 lists": (b"[" * 100_000, "line 1 byte 201", "nested too deep"),
    "100,000 lists, closed": (
        changed('"n": 0', '"n": ' + "[" * 100_000 + "]" * 100_000),
        "line 18 byte 211",
        "too deep",
    ),
    "100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "line 1 byte 1001", "nested too deep"),
    "a name twice": (changed('"kind"', '"kind": "", "kind"'), "interactions[0].request", '"kind" stands twice'),
    "meta twice": (changed('"meta"', '"meta": {}, "meta"'), "the outermost object", '"meta" stands twice'),
    "a name twice deep inside": (
        changed('"n": 0', '"a": [{}, {"b c": {"x": 1, "x": 2}}]'),
        'interactions[0].request.body.a[1]["b c"]',
        '"x" stands twice',
    ),
    "a missing field": (changed('"kind"', '"kine"'), "interactions[0].request.kind", "this field is missing"),
    "a missing request": (changed('"request"', '"r"'), "interactions[0].request", "this field is missing"),
    "a number for a text": (changed('"llm"', "3"), "interactions[0].request.kind", "a valid string, and is a number"),
    "a text for a number": (changed("12.5", '"12.5"'), "interactions[0].response.duration_ms", "and is a text"),
    "true for a number": (changed('"sequence": 0', '"sequence": true'), "interactions[0].sequence", "is true or false"),
    "a list for an object": (
        changed('{\n          "n": 0\n        }', "[]"),
        "interactions[0].request.body",
        "is a list",
    ),
    "null for a list": (b'{"meta": {}, "interactions": null}', "interactions", "a valid list, and is null"),
    "a schema that is no number": (
        changed('"schema_version": 2', '"schema_version": "1"'),
        "meta.schema_version",
        "whole number",
    ),
    "an unknown encoding": (
        changed('"http_status": 200', '"encoding": "rot13"'),
        "interactions[0].response.encoding",
        "it should be 'json', 'text', 'base64' or 'tagged', and is a text",
    ),
    "times that are none": (
        changed('"http_status": 200', '"event_times_ms": "1 secret 3"'),
        "interactions[0].response.event_times_ms",
        "this value cannot be read",
    ),
    "10 MB of text for an object": (
        b'{"meta": "' + b"x" * MEGABYTES_10 + b'", "interactions": []}',
        "meta",
        "it should be an object",
    ),
    "a name of 10 MB": (changed('"kind"', '"' + "k" * MEGABYTES_10 + '"'), "interactions[0].request.kind", "missing"),
    "a name of 10 MB, twice": (
        changed('"n": 0', f'"{"k" * MEGABYTES_10}": 0, "{"k" * MEGABYTES_10}": 1'),
        "interactions[0].request.body",
        "stands twice",
    ),
    "a merge conflict": (
        changed('      "id"', '<<<<<<< HEAD\n      "id"'),
        "line 11 byte 1",
        "git left a merge conflict here (<<<<<<< HEAD)",
    ),
    "the end of a merge conflict": (GOOD + b">>>>>>> branch\r\n", "line 60 byte 1", "(>>>>>>> branch)"),
    "the middle of a merge conflict": (GOOD + b"=======\n" + GOOD, "line 60 byte 1", "(=======)"),
}
"""What stands in the file, where the error says it is, and a part of why."""
