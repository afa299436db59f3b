"""The `.ics` of a mail about an appointment (RFC 5546): one UID for all appointments that replace
one another, a SEQUENCE that grows, this service as the organizer and the reader as the only
attendee, and nothing in it that tells what the hour is about.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address

from icalendar import Calendar, Event, vCalAddress, vText

from shared import strict_json

_METHOD_OF = {
    "appointment_booked": "REQUEST",
    "appointment_moved": "REQUEST",
    "appointment_cancelled": "CANCEL",
}
NAME = "Hearth"


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    """The bytes and the iTIP method they carry."""

    method: str
    content: bytes = field(repr=False)


def calendar_file(
    template: str,
    parameters: str,
    *,
    organizer: Address,
    attendee: str,
    installation_key: str,
    now: datetime,
) -> CalendarFile | None:
    """Give the calendar entry of a mail about an appointment, or None for any other mail."""
    method = _METHOD_OF.get(template)
    if method is None:
        return None
    values = strict_json.loads(parameters.encode())
    entry = Event()
    entry.add("uid", _uid(values["calendar_uid"], installation_key))
    entry.add("sequence", values["calendar_sequence"])
    entry.add("dtstamp", now)
    entry.add("dtstart", datetime.fromisoformat(values["calendar_starts_at"]))
    entry.add("dtend", datetime.fromisoformat(values["calendar_ends_at"]))
    entry.add("summary", NAME)
    entry.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    entry.add("organizer", _person(organizer.addr_spec, CN=NAME))
    # nobody is asked for an answer: whoever gets this mail has agreed to the hour or offered it
    entry.add("attendee", _person(attendee, PARTSTAT="ACCEPTED", RSVP="FALSE"))
    calendar = Calendar()
    calendar.add("prodid", "-//Hearth//notification_service//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(entry)
    return CalendarFile(method=method, content=calendar.to_ical())


def _uid(calendar_uid: str, installation_key: str) -> str:
    """Give the UID: the same for the same appointments of this installation, no other one's."""
    return str(uuid.uuid5(uuid.UUID(installation_key), calendar_uid))


def _person(address: str, **parameters: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    for name, value in parameters.items():
        person.params[name] = vText(value)
    return person
