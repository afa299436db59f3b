"""Appointments that were booked, moved or cancelled."""

from sqlalchemy.orm import Session

from notification_service.domain.appointments import tell_of_appointment
from notification_service.listeners.schemas.appointments import (
    BookedAppointmentSchema,
    CancelledAppointmentSchema,
    MovedAppointmentSchema,
)
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def tell_of_booked(session: Session, envelope: Envelope) -> None:
    """Tell client and therapist of a booked hour."""
    tell_of_appointment(session, command_of(BookedAppointmentSchema, envelope))


def tell_of_moved(session: Session, envelope: Envelope) -> None:
    """Tell client and therapist of a new hour."""
    tell_of_appointment(session, command_of(MovedAppointmentSchema, envelope))


def tell_of_cancelled(session: Session, envelope: Envelope) -> None:
    """Tell client and therapist that an hour is free again."""
    tell_of_appointment(session, command_of(CancelledAppointmentSchema, envelope))
