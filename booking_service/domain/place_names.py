"""What countries and time zones are called in the languages the platform speaks, by the Unicode
CLDR (`babel`). Read when it is first asked for, never at import.
"""

from collections.abc import Callable, Mapping
from functools import cache

from booking_service.domain.code_lists import LocalizedName
from shared.countries import countries
from shared.time_zones import time_zones


@cache
def country_names() -> Mapping[str, LocalizedName]:
    """Give each country's names by its code, in the order of the English ones."""
    from babel import Locale

    territories = {locale: Locale(locale).territories for locale in ("ru", "en", "ar")}
    return _named(countries(), lambda code, locale: territories[locale].get(code, code))


@cache
def zone_names() -> Mapping[str, LocalizedName]:
    """Give each zone's city by the zone's name, in the order of those; a zone that is named after
    no city keeps its name.
    """
    from babel.dates import get_timezone_location

    def city(name: str, locale: str) -> str:
        is_city = "/" in name and not name.startswith("Etc/")
        return get_timezone_location(name, locale=locale, return_city=True) if is_city else name

    named = _named(time_zones(), city)
    return {name: named[name] for name in sorted(named)}


def _named(
    codes: frozenset[str], name_in: Callable[[str, str], str]
) -> Mapping[str, LocalizedName]:
    named = {
        code: LocalizedName(ru=name_in(code, "ru"), en=name_in(code, "en"), ar=name_in(code, "ar"))
        for code in codes
    }
    return dict(sorted(named.items(), key=lambda each: each[1].en))
