"""Placeholders say which secrets are the same, and stand in the way of nothing."""

from __future__ import annotations

import threading

from agentreplay._redaction import Finding, Redactor, comparable

from .samples import ANTHROPIC, GITHUB, OPENAI


def test_the_same_secret_has_the_same_placeholder_in_the_whole_session() -> None:
    """In any value, by whatever rule it was found; different secrets have different ordinals."""
    redactor = Redactor(environment=None)
    assert redactor.redact({"a": OPENAI, "b": GITHUB}) == {
        "a": "[REDACTED:openai-key:1]",
        "b": "[REDACTED:github-token:2]",
    }
    assert redactor.redact({"password": OPENAI, "x": f"{ANTHROPIC} {GITHUB}"}) == {
        "password": "[REDACTED:openai-key:1]",
        "x": "[REDACTED:anthropic-key:3] [REDACTED:github-token:2]",
    }


def test_ordinals_are_given_in_order_of_first_sight() -> None:
    """Two sessions that see the same give the same."""
    value = {"messages": [{"content": OPENAI}, {"content": [{"text": f"für {GITHUB}"}]}, {"content": ANTHROPIC}]}
    first, second = (Redactor(environment=None).redact(value) for _ in range(2))
    assert first == second
    assert [first["messages"][0]["content"], first["messages"][2]["content"]] == [
        "[REDACTED:openai-key:1]",
        "[REDACTED:anthropic-key:3]",
    ]


def test_what_is_redacted_already_stays() -> None:
    """Placeholders are nobody's secret, under whatever name they stand."""
    value = {
        "password": "[REDACTED:password:1]",
        "authorization": "Bearer [REDACTED:jwt:2]",
        "text": 'api_key=[REDACTED:api-key:3]&x "secret": "[REDACTED:secret:4]" https://u:[REDACTED:url-password:5]@h/',
    }
    assert Redactor(environment=None).redact(value) is value


def test_a_placeholder_that_came_from_elsewhere_is_not_given_to_another_secret() -> None:
    """A conversation on replay holds the placeholders of its recording."""
    redactor = Redactor(environment=None)
    assert redactor.redact(["[REDACTED:openai-key:1]", GITHUB]) == [
        "[REDACTED:openai-key:1]",
        "[REDACTED:github-token:2]",
    ]
    assert redactor.redact([OPENAI, "[REDACTED:x:3]"]) == ["[REDACTED:openai-key:4]", "[REDACTED:x:3]"]


def test_the_placeholders_of_a_cassette_can_be_reserved() -> None:
    """For a session that adds to a recording."""
    redactor = Redactor(environment=None)
    redactor.reserve({"a": ["x [REDACTED:openai-key:1] [REDACTED:jwt:3]"], "[REDACTED:email:2]": 1})
    assert redactor.redact([OPENAI, GITHUB]) == ["[REDACTED:openai-key:4]", "[REDACTED:github-token:5]"]


def test_a_known_secret_that_looks_like_a_placeholder_takes_none_apart() -> None:
    """The words of placeholders are not searched."""
    redactor = Redactor(environment=None)
    redactor.learn("REDACTED:openai", "odd")
    assert redactor.redact("[REDACTED:openai-key:1]") == "[REDACTED:openai-key:1]"


def test_a_secret_laid_bare_by_taking_out_another_is_taken_out_as_well() -> None:
    """What hides behind a word's end shows itself when the word is gone."""
    redactor = Redactor(environment=None)
    redactor.learn("a-known-word", "known")
    once = redactor.redact(f"a-known-word{GITHUB}")
    assert once == "[REDACTED:known:1][REDACTED:github-token:2]"


def test_one_secret_inside_another_makes_one_placeholder() -> None:
    """The wider one wins."""
    redactor = Redactor(environment=None)
    redactor.learn("hunter2hunter2", "known")
    assert redactor.redact({"password": "my hunter2hunter2!"}) == {"password": "[REDACTED:password:1]"}
    assert redactor.redact('{"password": "my hunter2hunter2!"}') == '{"password": "[REDACTED:password:1]"}'


def test_two_secrets_that_overlap_make_one_placeholder() -> None:
    """Nothing of either stays; the longer one names it."""
    redactor = Redactor(environment=None)
    redactor.learn("1234,correct-horse-7", "known")
    assert redactor.redact("api_key=abcd1234,correct-horse-7!") == "api_key=[REDACTED:known:1]!"


def test_what_does_not_change_is_shared_and_nothing_is_changed_in_place() -> None:
    """A copy is made of the way to the secret alone."""
    value = {"a": {"b": [1, {"c": OPENAI}]}, "d": {"e": "f"}}
    redacted = Redactor(environment=None).redact(value)
    assert redacted == {"a": {"b": [1, {"c": "[REDACTED:openai-key:1]"}]}, "d": {"e": "f"}}
    assert redacted["d"] is value["d"]
    assert value["a"] == {"b": [1, {"c": OPENAI}]}


def test_two_requests_are_comparable_whatever_their_ordinals() -> None:
    """On replay the same secret may get another ordinal, since answers are not searched for secrets again."""
    recorded = {"m": ["x [REDACTED:openai-key:7]"], "[REDACTED:email:2]": 1}
    replayed = {"m": ["x [REDACTED:client-key:1]"], "[REDACTED:email:1]": 1}
    assert comparable(recorded) == comparable(replayed) == {"m": ["x [REDACTED]"], "[REDACTED]": 1}
    plain = {"m": ["no secret"]}
    assert comparable(plain) is plain


def test_findings_say_where_and_what_sort_and_no_more() -> None:
    """For a look at files that are committed already."""
    value = {
        "m": [{"text": f"a {OPENAI} b {GITHUB}"}],
        OPENAI: {"odd key": "password='hunter2'"},
        "c": "[REDACTED:x:9]",
    }
    redactor = Redactor(environment=None)
    found = redactor.find(value)
    assert found == [
        Finding("m[0].text", "openai-key"),
        Finding("m[0].text", "github-token"),
        Finding("['[REDACTED:openai-key:1]']['odd key']", "password"),
        Finding("", "openai-key"),
    ]
    assert redactor.find_in_events([{"delta": "clean"}, {"delta": GITHUB}]) == [Finding("[1].delta", "github-token")]
    assert redactor.find({"a": "nothing here"}) == []


def test_threads_agree_on_placeholders() -> None:
    """One redactor serves all threads of a session."""
    redactor = Redactor(environment=None)
    secrets = [f"ghp_{number:03d}{'aB3dE5gH7jK9' * 3}" for number in range(50)]
    results: list[list[str]] = []
    threads = [threading.Thread(target=lambda: results.append(redactor.redact(secrets))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(result == results[0] for result in results)
    assert len(set(results[0])) == 50
