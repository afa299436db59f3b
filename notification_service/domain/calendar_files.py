"""The `.ics` of a mail about an appointment: one UID for all appointments that replace one another,
a SEQUENCE that grows, and nothing in it that tells what the hour is about.
"""

from dataclasses import dataclass, field
from datetime import datetime

from icalendar import Calendar, Event

from shared import strict_json

_METHOD_OF = {
    "appointment_booked": "PUBLISH",
    "appointment_moved": "PUBLISH",
    "appointment_cancelled": "CANCEL",
}


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    """The bytes and the iTIP method they carry."""

    method: str
    content: bytes = field(repr=False)


def calendar_file(template: str, parameters: str, *, now: datetime) -> CalendarFile | None:
    """Give the calendar entry of a mail about an appointment, or None for any other mail."""
    method = _METHOD_OF.get(template)
    if method is None:
        return None
    values = strict_json.loads(parameters.encode())
    entry = Event()
    entry.add("uid", values["calendar_uid"])
    entry.add("sequence", values["calendar_sequence"])
    entry.add("dtstamp", now)
    entry.add("dtstart", datetime.fromisoformat(values["calendar_starts_at"]))
    entry.add("dtend", datetime.fromisoformat(values["calendar_ends_at"]))
    entry.add("summary", "Hearth")
    entry.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Hearth//notification_service//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(entry)
    return CalendarFile(method=method, content=calendar.to_ical())
