"""Appointments that were booked, moved or cancelled."""

from sqlalchemy.orm import Session

from notification_service.domain.appointments import TellOfAppointment, tell_of_appointment
from notification_service.listeners.schemas.appointments import (
    AppointmentSchema,
    MovedAppointmentSchema,
)
from notification_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def tell_of_booked(session: Session, envelope: Envelope) -> None:
    """Tell client and therapist of a booked hour."""
    tell_of_appointment(session, _command(envelope, "booked", AppointmentSchema))


def tell_of_moved(session: Session, envelope: Envelope) -> None:
    """Tell client and therapist of a new hour."""
    tell_of_appointment(session, _command(envelope, "moved", MovedAppointmentSchema))


def tell_of_cancelled(session: Session, envelope: Envelope) -> None:
    """Tell client and therapist that an hour is free again."""
    tell_of_appointment(session, _command(envelope, "cancelled", AppointmentSchema))


def _command(envelope: Envelope, change: str, schema: type[AppointmentSchema]) -> TellOfAppointment:
    data = data_of(schema, envelope)
    first_id = data.pop("previous_appointment_id") or data["appointment_id"]
    data["calendar_uid"] = data["calendar_uid"] or f"appointment-{first_id}@hearth"
    return TellOfAppointment(event_id=envelope.id, happened_at=envelope.time, change=change, **data)
