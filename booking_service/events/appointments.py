"""What is announced of appointments: everything a mail, a reminder and a calendar entry need, and
never why somebody comes or stays away.
"""

from booking_service.models.appointments import Appointment
from booking_service.models.practitioners import Practitioner
from shared.clock import instant_text
from shared.events.envelope import Event


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
    appointment: Appointment, practitioner: Practitioner, *, changed_by: str
) -> Event:
    """Say that an appointment will not take place."""
    return Event(
        type="booking.appointment.cancelled.v1",
        subject=f"client/{appointment.client_id}",
        data=_state_of(appointment, practitioner, changed_by),
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
