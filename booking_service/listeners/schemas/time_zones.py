"""Time zones as other services tell them."""

from zoneinfo import ZoneInfo


def known_zone(time_zone: str | None) -> str | None:
    """Give a zone this machine knows, else None: an unknown one must not break a calendar."""
    if time_zone is None:
        return None
    try:
        return ZoneInfo(time_zone).key
    except (ValueError, OSError, KeyError):
        return None
