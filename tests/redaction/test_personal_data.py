"""Personal data is taken out where the user asks for it by name, and only there."""

from __future__ import annotations

import pytest

from agentreplay import ConfigurationError
from agentreplay._redaction import Redactor

TEXTS = {
    "email": [
        "write to {}",
        "<{}>, then go",
        "mailto:{}?subject=x",
    ],
    "card": ["my card {}, please", "({})"],
    "phone": ["call {} now", "tel: {}."],
}
DATA = {
    "email": ["a@b.co", "jane.doe+news@mail.example.org", "x_y%z@sub-domain.example.museum"],
    "card": ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"],
    "phone": ["+49 30 901820", "+1 (415) 555-2671", "415-555-2671", "(415) 555-2671"],
}
CASES = [(name, text, value) for name in DATA for text in TEXTS[name] for value in DATA[name]]


@pytest.mark.parametrize(("name", "text", "value"), CASES)
def test_what_was_asked_for_is_taken_out(name: str, text: str, value: str) -> None:
    """And nothing around it."""
    redactor = Redactor(environment=None, personal=[name])
    assert redactor.redact(text.format(value)) == text.format(f"[REDACTED:{name}:1]")


@pytest.mark.parametrize(("name", "text", "value"), CASES)
def test_what_was_not_asked_for_stays(name: str, text: str, value: str) -> None:
    """By default all of it, else what the other names stand for."""
    text = text.format(value)
    assert Redactor(environment=None).redact(text) == text
    others = set(DATA) - {name} - ({"phone"} if name == "card" else set())
    assert Redactor(environment=None, personal=others).redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 fails the check, 1234567890123 is no card, nor is 1700000000000000",
        "at 2026-01-15 10:00:00, 3.14159265358979, v1.2.3, 127.0.0.1, 1_000_000, 12345678",
        "@someone and user@localhost, a@b, key@1.5, decorator @app.route",
        "call_4111111111111111 and resp_0f64511bb71aaca700698a5b019854819684e3b7d4996f0ba2",
        "isbn 0-7653-1178-X, order 415-555-267, +12",
    ],
)
def test_numbers_and_signs_that_are_no_personal_data_stay(text: str) -> None:
    """Dates, versions, ids, addresses of machines, numbers that fail the check digit."""
    assert Redactor(environment=None, personal=list(DATA)).redact(text) is text


def test_a_card_is_the_same_however_it_is_spaced() -> None:
    """Its digits count."""
    redactor = Redactor(environment=None, personal=["card"])
    assert redactor.redact(["4111111111111111", "4111-1111-1111-1111"]) == ["[REDACTED:card:1]"] * 2


def test_an_unknown_name_is_refused_with_the_nearest_right_one() -> None:
    """When the redactor is made, not when it is used."""
    with pytest.raises(ConfigurationError, match="Did you mean 'email'"):
        Redactor(environment=None, personal=["emails"])
