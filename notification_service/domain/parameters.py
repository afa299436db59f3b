"""What a text needs besides its words: kept as JSON, spelled when somebody reads it."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from notification_service.domain.moments import DEFAULT_LOCALE, moment_text, zone_or_default
from notification_service.domain.wording import explanation
from shared import strict_json

Parameters = Mapping[str, str | bool | int | Mapping[str, str]]
"""Instants are RFC 3339 texts under `starts_at` and `previous_starts_at`, read in `time_zone` where
there is one; `practitioner_name` is a text or a text per locale; `changed_by` and `reason_code` say
how an hour was cancelled, `is_therapist` who reads it.
"""

_MOMENTS = ("starts_at", "previous_starts_at")


def stored(parameters: Parameters) -> str:
    """Give the text that is kept."""
    return strict_json.dumps(dict(parameters)).decode()


def spelled(kept: str, locale: str, zone: ZoneInfo) -> dict[str, str | bool | int]:
    """Give the parameters as the reader sees them; `zone` is theirs where no other is given."""
    values = strict_json.loads(kept.encode())
    zone = zone_or_default(values.get("time_zone"), zone)
    found: dict[str, str | bool | int] = {"explanation": explanation(values, locale)}
    for name, value in values.items():
        if name in _MOMENTS and value:
            found[name] = moment_text(datetime.fromisoformat(value), locale, zone)
        elif isinstance(value, dict):
            found[name] = in_locale(value, locale)
        else:
            found[name] = value
    return found


def in_locale(texts: Mapping[str, str], locale: str) -> str:
    """Choose the text of a locale, else the default locale's, else any."""
    return texts.get(locale) or texts.get(DEFAULT_LOCALE) or next(iter(texts.values()), "")
