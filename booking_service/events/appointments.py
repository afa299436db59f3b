"""What is announced of appointments: everything a mail, a reminder and a calendar entry need, and
never what somebody wrote of why they come or stay away.
"""

from enum import StrEnum

from booking_service.models.appointments import Appointment
from booking_service.models.practitioners import Practitioner
from shared.clock import instant_text
from shared.events.envelope import Event


class CancellationReason(StrEnum):
    """Why an appointment was cancelled, where both sides may be told."""

    CLIENT_LEFT = "client_left"
    PRACTITIONER_UNAVAILABLE = "practitioner_unavailable"


def appointment_booked(
    appointment: Appointment, practitioner: Practitioner, *, changed_by: str
) -> Event:
    """Say that an hour was booked."""
    return Event(
        type="booking.appointment.booked.v1",
        subject=f"client/{appointment.client_id}",
        data=_state_of(appointment, practitioner, changed_by),
    )


def appointment_moved(
    previous: Appointment, appointment: Appointment, practitioner: Practitioner, *, changed_by: str
) -> Event:
    """Say that an appointment took another one's place."""
    return Event(
        type="booking.appointment.moved.v1",
        subject=f"client/{appointment.client_id}",
        data={
            **_state_of(appointment, practitioner, changed_by),
            "previous_appointment_id": previous.id,
            "previous_starts_at": instant_text(previous.starts_at),
        },
    )


def appointment_cancelled(
    appointment: Appointment,
    practitioner: Practitioner,
    *,
    changed_by: str,
    reason_code: CancellationReason | None = None,
) -> Event:
    """Say that an appointment will not take place, and why where both sides may be told."""
    data = _state_of(appointment, practitioner, changed_by)
    if reason_code is not None:
        data["reason_code"] = reason_code.value
    return Event(
        type="booking.appointment.cancelled.v1",
        subject=f"client/{appointment.client_id}",
        data=data,
    )


def _state_of(
    appointment: Appointment, practitioner: Practitioner, changed_by: str
) -> dict[str, object]:
    return {
        "appointment_id": appointment.id,
        "client_id": appointment.client_id,
        "practitioner_id": practitioner.id,
        "practitioner_name": practitioner.shown_name,
        "practitioner_time_zone": practitioner.time_zone,
        "starts_at": instant_text(appointment.starts_at),
        "ends_at": instant_text(appointment.ends_at),
        "state": appointment.state,
        "calendar_uid": appointment.calendar_uid,
        "sequence": appointment.sequence,
        "is_late_change": appointment.is_late_change,
        "changed_by": changed_by,
        "version": appointment.version,
    }
