"""What booking_service tells about therapists' public records."""

from sqlalchemy.orm import Session

from chat_service.domain.practitioners import hear_practitioner
from chat_service.listeners.schemas.practitioners import (
    PractitionerPublishedSchema,
    PractitionerWithdrawnSchema,
)
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def practitioner_published(session: Session, envelope: Envelope) -> None:
    """Take what a therapist is called."""
    hear_practitioner(session, command_of(PractitionerPublishedSchema, envelope))


def practitioner_withdrawn(session: Session, envelope: Envelope) -> None:
    """Note that a therapist is no longer listed; the name stays for old conversations."""
    hear_practitioner(session, command_of(PractitionerWithdrawnSchema, envelope))
