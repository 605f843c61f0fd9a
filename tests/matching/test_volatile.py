"""Values that change from run to run: each rule makes its own sort alike, and leaves all others as they are."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from agentreplay._matching.matcher import Matcher
from agentreplay._matching.volatile import Volatile

from .payloads import chat, request, tool_turn

SAME: dict[Volatile, list[tuple[Any, Any]]] = {
    Volatile.UUIDS: [
        ("id 7c9e6679-7425-40de-944b-e07fc1f90ae7.", "id 0B0A6F52-6D0C-4C53-A6F9-64B8B1EE3D10."),
        (uuid.UUID(int=1 << 40, version=4).hex, uuid.UUID(int=77 << 60, version=4).hex),
    ],
    Volatile.TIMESTAMPS: [
        ("at 2026-03-01T09:30:00Z.", "at 2025-12-31T23:59:59.123456+02:00."),
        ("2026-03-01 09:30", "2026-03-02 18:00:01 UTC"),
        ("20260301T093000Z", "20251231T235959Z"),
        ("it is 09:30:00 now", "it is 18:01:59.5 now"),
    ],
    Volatile.DATES: [
        ("Today is 2026-03-01.", "Today is 2025-12-31."),
        ("Today is Sunday, March 1, 2026.", "Today is Wed, Oct 14, 2026."),
        ("Today is 1 March 2026!", "Today is 14th of October 2026!"),
        ("(01/03/2026)", "(2026/03/01)"),
        ("1.3.2026", "14. 10. 2026"),
    ],
    Volatile.EPOCHS: [
        (1772357400, 1728900000),
        (1772357400.25, 1728900000.5),
        (1772357400123, 1728900000456),
        ("t=1772357400;", "t=1728900000123;"),
    ],
    Volatile.TEMP_PATHS: [
        ("see /tmp/tmpx81ju2_k/a.csv", "see /tmp/tmp0q_vw3ze/a.csv"),
        ("/private/var/folders/zz/abc123/T/tmpq/a.csv", "/var/folders/yy/def/T/tmpr/a.csv"),
        ("/tmp/pytest-of-ann/pytest-3/test_a0/x", "/tmp/pytest-of-bob/pytest-current/test_a0/x"),
        (r"C:\Users\ann\AppData\Local\Temp\tmp1\a.csv", r"D:\Users\bob\AppData\Local\Temp\tmp2\a.csv"),
    ],
}
DIFFERENT: dict[Volatile, list[tuple[Any, Any]]] = {
    Volatile.UUIDS: [
        ("7c9e6679-7425-40de-944b-e07fc1f90ae7 7c9e6679-7425-40de-944b-e07fc1f90ae7",
         "7c9e6679-7425-40de-944b-e07fc1f90ae7 0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10"),
        ("d41d8cd98f00b204e9800998ecf8427e", "9e107d9d372bb6826bd81d3542a419d6"),
        ("abc-1", "abc-2"),
    ],
    Volatile.TIMESTAMPS: [("2026-03-01", "2026-03-02"), ("chapter 3:16", "chapter 3:17"), ("::1:22:33", "::1:22:34")],
    Volatile.DATES: [
        ("gpt-4o-2024-08-06", "gpt-4o-2024-11-20"),
        ("1.2.3", "1.2.4"),
        ("3/4", "3/5"),
        ("May 5", "May 6"),
        ("ISO-2026-03-01-A", "ISO-2026-03-02-A"),
    ],
    Volatile.EPOCHS: [(1024, 4096), ("+49 30 1234567", "+49 30 1234568"), ("v1.1772357400", "v1.1728900000"),
                      ("12345678901234567890", "12345678901234567891"), (True, False)],
    Volatile.TEMP_PATHS: [
        ("/tmp/tmpx81ju2_k/a.csv", "/tmp/tmp0q_vw3ze/b.csv"),
        ("/home/ann/tmp/x", "/home/ann/tmp/y"),
        ("/tmp/pytest-of-ann/pytest-3/test_a0", "/tmp/pytest-of-ann/pytest-3/test_b0"),
    ],
}  # fmt: skip


def _equal(one: Any, other: Any, *rules: Volatile) -> bool:
    matcher = Matcher(volatile=rules)
    first, second = (request(chat("Hi", extra={"deep": [value]})) for value in (one, other))
    return matcher(first).key() == matcher(second).key()


@pytest.mark.parametrize(("rule", "pair"), [(rule, pair) for rule in SAME for pair in SAME[rule]])
def test_a_rule_makes_its_own_sort_of_value_alike(rule: Volatile, pair: tuple[Any, Any]) -> None:
    """With the rule the two are equal, without it they are not."""
    assert _equal(*pair, rule)
    assert not _equal(*pair)


@pytest.mark.parametrize(("rule", "pair"), [(rule, pair) for rule in DIFFERENT for pair in DIFFERENT[rule]])
def test_a_rule_leaves_other_values_as_they_are(rule: Volatile, pair: tuple[Any, Any]) -> None:
    """What only looks a little like a value of the rule's sort still counts."""
    assert not _equal(*pair, rule)


def test_rules_work_together() -> None:
    """Several rules in one text each take their own."""
    one = "run 7c9e6679-7425-40de-944b-e07fc1f90ae7 on 2026-03-01 at 2026-03-01T09:30:00Z in /tmp/tmpa/x"
    other = "run 0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10 on 2025-12-31 at 2025-12-31T09:30:01Z in /tmp/tmpb/x"
    assert _equal(one, other, Volatile.UUIDS, Volatile.DATES, Volatile.TIMESTAMPS, Volatile.TEMP_PATHS)
    assert not _equal(one, other, Volatile.UUIDS, Volatile.DATES, Volatile.TEMP_PATHS)


def test_ids_of_tool_calls_are_told_by_their_order() -> None:
    """Their names do not count, but which result belongs to which call does."""
    matcher = Matcher(volatile="tool_call_ids")
    assert matcher(request(tool_turn("call_1"))) == matcher(request(tool_turn("toolu_99")))
    swapped = tool_turn("call_1")
    swapped["messages"][2]["tool_call_id"] = "call_2"
    assert matcher(request(swapped)) != matcher(request(tool_turn("call_1")))


def test_numbers_do_not_depend_on_the_order_of_keys() -> None:
    """Equal objects stay equal when the values in them are numbered, however they were built."""
    one, other = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "0b0a6f52-6d0c-4c53-a6f9-64b8b1ee3d10"
    assert _equal({"a": one, "b": other}, {"b": other, "a": one}, Volatile.UUIDS)


def test_the_name_of_the_model_is_left_alone() -> None:
    """A date in the name of a model is part of that name."""
    matcher = Matcher(volatile="dates")
    first, second = (request({**chat("Hi"), "model": f"m 2026-01-0{day}"}) for day in (1, 2))
    assert matcher(first).key() != matcher(second).key()
