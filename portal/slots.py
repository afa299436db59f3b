"""Free hours as pages show them: by day, in the zone of who looks."""

from datetime import date, datetime
from itertools import groupby

from portal.formats import day_name, hour, local
from portal.visitors import read_open

Hours = list[tuple[str, str]]
"""An instant as the API writes it, and the hour shown for it."""


def free_hours(practitioner_id: int) -> list[str]:
    """Give the instants at which somebody's free hours begin, the earliest first."""
    found = read_open(f"/api/v1/practitioners/{practitioner_id}/slots")
    return [each["starts_at"] for each in found["items"]]


def days_with_hours(instants: list[str], zone: str) -> list[tuple[str, Hours]]:
    """Give the days that have free hours, each with its name."""

    def day_of(instant: str) -> date:
        return local(instant, zone).date()

    return [
        (day_name(of), [(each, hour(each, zone)) for each in hours])
        for of, hours in groupby(instants, key=day_of)
    ]


def nearest_to(wanted: str, instants: list[str]) -> str:
    """Give the free hour nearest to one that was wanted; nothing when none is free."""
    try:
        at = datetime.fromisoformat(wanted)
    except ValueError:
        return ""
    if at.tzinfo is None:
        return ""
    return min(instants, key=lambda each: abs(datetime.fromisoformat(each) - at), default="")
