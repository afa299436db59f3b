"""What is announced of practitioners: who is listed."""

from booking_service.models.practitioners import Practitioner
from shared.events.envelope import Event


def practitioner_published(practitioner: Practitioner) -> Event:
    """Say that the record is listed from now on, or that a listed one changed."""
    return Event(
        type="booking.practitioner.published.v1",
        subject=f"practitioner/{practitioner.id}",
        data=_record(practitioner),
    )


def practitioner_withdrawn(practitioner: Practitioner) -> Event:
    """Say that the record is no longer listed."""
    return Event(
        type="booking.practitioner.withdrawn.v1",
        subject=f"practitioner/{practitioner.id}",
        data=_record(practitioner),
    )


def _record(practitioner: Practitioner) -> dict[str, object]:
    return {
        "practitioner_id": practitioner.id,
        "name": practitioner.shown_name,
        "time_zone": practitioner.time_zone,
        "session_minutes": practitioner.session_minutes,
        "version": practitioner.version,
    }
