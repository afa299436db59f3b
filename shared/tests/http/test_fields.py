"""Fields take exactly one JSON type, and look outward as the contracts say."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from shared.http.fields import (
    Day,
    EmailAddress,
    Identifier,
    Instant,
    Name,
    QueryNumber,
    Secret,
    Text,
    Truth,
    WholeNumber,
)

KINDS: dict[str, Any] = {
    "whole number": WholeNumber(),
    "identifier": Identifier(),
    "query number": QueryNumber(maximum=100),
    "truth": Truth(),
    "text": Text(maximum=10),
    "blank text": Text(maximum=10, may_be_blank=True),
    "name": Name(maximum=10),
    "secret": Secret(),
    "address": EmailAddress(),
    "instant": Instant(),
    "day": Day(),
}
REFUSED: dict[str, list[Any]] = {
    "whole number": [None, True, False, "5", 5.0, 1.5, -1, 2**31, 10**30, [], {}, float("nan")],
    "identifier": [0, -1, True, "1", 2**53 + 1, 1.0],
    "query number": ["", "x", "1.5", "1e3", "٣", "+1", " 1", "101", "-1", 5, None, "1" * 17],
    "truth": [None, 0, 1, "true", "1", [], 1.0],
    "text": [None, 5, True, "", "   ", "x" * 11, "a\x00", "\ud800", ["x"]],
    "blank text": [None, "x" * 11, "a\x00"],
    "name": [None, "", "  ", "x" * 11, "a\nb", "a\tb", "a\u202e", "\u2067a", "a\x00", "\x7fa"],
    "secret": [None, "", "x" * 1025, "a\x00", "\ud800", 5],
    "address": [
        None,
        "",
        "a",
        "a@",
        "@b.org",
        "a b@c.org",
        "a@b",
        "a\x00@b.org",
        5,
        "a@" + "b" * 300,
    ],
    "instant": [
        None,
        "",
        "2026-07-06",
        "2026-07-06T08:00:00",
        "2026-07-06 08:00:00Z",
        "2026-02-30T08:00:00Z",
        "2026-07-06T24:00:01Z",
        "1899-12-31T00:00:00Z",
        "2101-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-07-06T08:00:00+25:00",
        1_700_000_000,
        "20260706T080000Z",
    ],
    "day": [
        None,
        "",
        "2026-7-6",
        "20260706",
        "2026-02-30",
        "2026-W01-1",
        "1899-12-31",
        "2101-01-01",
        20260706,
        "2026-07-06T00:00:00Z",
        "٢٠٢٦-٠٧-٠٦",
    ],
}


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in REFUSED.items() for value in values]
)
def test_what_is_refused(kind, value):
    with pytest.raises(ValidationError):
        KINDS[kind].deserialize(value)


@pytest.mark.parametrize(
    ("kind", "value", "loaded"),
    [
        ("whole number", 0, 0),
        ("whole number", 2**31 - 1, 2**31 - 1),
        ("identifier", 2**53, 2**53),
        ("query number", "100", 100),
        ("truth", True, True),
        ("truth", False, False),
        ("text", " a\r\nb ", " a\r\nb "),
        ("text", "e\u0301", "e\u0301"),
        ("blank text", "", ""),
        ("name", " e\u0301 ", "\u00e9"),
        ("name", "O'Brien", "O'Brien"),
        ("name", "محمد", "محمد"),
        ("secret", " e\u0301 ", " \u00e9 "),
        ("address", " Anna@Example.ORG ", "anna@example.org"),
        ("instant", "2026-07-06T08:00Z", datetime(2026, 7, 6, 8, tzinfo=UTC)),
        ("instant", "2026-07-06T10:00:00.5+02:00", datetime(2026, 7, 6, 8, 0, 0, 500_000, UTC)),
        ("day", "2026-07-06", date(2026, 7, 6)),
    ],
)
def test_what_is_accepted(kind, value, loaded):
    assert KINDS[kind].deserialize(value) == loaded


class Outward(Schema):
    """What dates look like."""

    at = Instant()
    on = Day()
    word = Secret()


def test_instants_and_days_are_spelled_one_way_and_secrets_never():
    dumped = Outward().dump(
        {"at": datetime(2026, 7, 6, 8, tzinfo=UTC), "on": date(2026, 7, 6), "word": "x"}
    )
    assert dumped == {"at": "2026-07-06T08:00:00.000000Z", "on": "2026-07-06"}


def test_absent_instants_stay_null():
    assert Outward().dump({"at": None, "on": None}) == {"at": None, "on": None}


def test_a_naive_instant_is_never_spelled():
    with pytest.raises(ValueError, match="time zone"):
        Outward().dump({"at": datetime(2026, 7, 6, 8)})  # noqa: DTZ001 - that is the point


def test_an_address_is_read_in_its_canonical_form_and_shown_as_it_was_written():
    field = EmailAddress()
    address = field.deserialize(" Anna@BÜCHER.example ")
    assert address == "anna@xn--bcher-kva.example"
    assert field.serialize("it", {"it": address}) == "anna@bücher.example"
    assert field.serialize("it", {"it": str(address)}) == "anna@bücher.example"
    assert field.serialize("it", {"it": "anna@example.org"}) == "anna@example.org"
    assert field.serialize("it", {"it": None}) is None
