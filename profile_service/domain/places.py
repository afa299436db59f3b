"""Countries and time zones there are, as the time zone database lists them."""

from functools import cache
from importlib import resources
from zoneinfo import available_timezones

LOCALES = ("ru", "en", "ar")
GENDERS = ("F", "M", "X")
_NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})


@cache
def countries() -> frozenset[str]:
    """Give the ISO 3166-1 alpha-2 codes; read once per process, never at import."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and line[0] != "#")


@cache
def time_zones() -> frozenset[str]:
    """Give the IANA names; read once per process, never at import."""
    return frozenset(available_timezones()) - _NO_PLACES
