"""Currencies: their digits and whole units."""

import pytest

from shared.currencies import minor_unit_digits, whole_units


@pytest.mark.parametrize(
    ("code", "digits"),
    [("HUF", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("RSD", 2), ("ISK", 0), ("CLF", 4)],
)
def test_the_digits_are_those_of_iso_4217(code: str, digits: int):
    assert minor_unit_digits()[code] == digits


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "DEM", "ABC", "huf", ""])
def test_what_nobody_pays_with_has_none(code: str):
    assert code not in minor_unit_digits()


@pytest.mark.parametrize(
    ("minor_units", "code", "whole"),
    [(1_000_000, "HUF", 10_000), (1_000_050, "HUF", 10_001), (1_000_049, "HUF", 10_000),
     (9_000, "JPY", 9_000), (0, "JPY", 0), (12_500, "KWD", 13), (12_499, "KWD", 12),
     (150, "???", 2)],
)  # fmt: skip
def test_half_a_unit_is_rounded_up(minor_units: int, code: str, whole: int):
    assert whole_units(minor_units, code) == whole
