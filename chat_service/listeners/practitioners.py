"""What booking_service tells about therapists' public records."""

from sqlalchemy.orm import Session

from chat_service.domain.practitioners import HearPractitioner, hear_practitioner
from chat_service.listeners.schemas import heard
from chat_service.listeners.schemas.practitioners import (
    PractitionerPublishedSchema,
    PractitionerWithdrawnSchema,
)
from shared.events.envelope import Envelope


def practitioner_published(session: Session, envelope: Envelope) -> None:
    """Take what a therapist is called."""
    data = heard(PractitionerPublishedSchema, envelope)
    command = HearPractitioner(**data, is_published=True, sequence=envelope.sequence)
    hear_practitioner(session, command)


def practitioner_withdrawn(session: Session, envelope: Envelope) -> None:
    """Note that a therapist is no longer listed; the name stays for old conversations."""
    data = heard(PractitionerWithdrawnSchema, envelope)
    command = HearPractitioner(**data, name=None, is_published=False, sequence=envelope.sequence)
    hear_practitioner(session, command)
