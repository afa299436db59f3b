"""Instants as people read them: in their language and their time zone."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from shared.time_zones import known_zone

LOCALES = ("ru", "en", "ar")
DEFAULT_LOCALE = "en"
# The offset stands there because a reader may be on a journey.
_PATTERNS = {
    "ru": "EEEE, d MMMM y 'г.', HH:mm (ZZZZ)",
    "en": "EEEE, d MMMM y, HH:mm (ZZZZ)",
    "ar": "EEEE، d MMMM y، HH:mm (ZZZZ)",
}


def locale_or_default(locale: str | None) -> str:
    """Give a locale we have texts for."""
    return locale if locale in LOCALES else DEFAULT_LOCALE


def zone_or_default(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """Give the zone of that name, or the default where there is none."""
    known = known_zone(name)
    return default if known is None else ZoneInfo(known)


@lru_cache(maxsize=4096)
def moment_text(moment: datetime, locale: str, zone: ZoneInfo) -> str:
    """Spell an aware instant: weekday, day, month, year, time and offset."""
    locale = locale_or_default(locale)
    return str(format_datetime(moment, _PATTERNS[locale], tzinfo=zone, locale=locale))
