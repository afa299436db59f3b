"""Currencies by ISO 4217: which codes there are, and how many digits a currency's minor unit has.

HUF has two, JPY none, KWD three. What has no minor unit (gold, the code for tests) is no money
anybody pays with.
"""

from functools import cache

from iso4217 import Currency


@cache
def minor_unit_digits() -> dict[str, int]:
    """Give the number of digits by code."""
    return {each.code: each.exponent for each in Currency if each.exponent is not None}


def whole_units(minor_units: int, currency: str) -> int:
    """Give an amount in whole units of its currency, half a unit rounded up; a code nobody knows
    counts as one with two digits.
    """
    minor_units_each: int = 10 ** minor_unit_digits().get(currency, 2)
    return (2 * minor_units + minor_units_each) // (2 * minor_units_each)
