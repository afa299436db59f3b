"""Therapists' public records as booking_service tells of them."""

from sqlalchemy.orm import Session

from profile_service.domain.care_relations import remember_listing
from profile_service.listeners.schemas.practitioners import (
    PractitionerPublishedSchema,
    PractitionerWithdrawnSchema,
)
from shared.events.envelope import Envelope
from shared.events.reading import command_of


def remember_published_of(session: Session, envelope: Envelope) -> None:
    """Keep that a therapist is listed."""
    remember_listing(session, command_of(PractitionerPublishedSchema, envelope))


def remember_withdrawn_of(session: Session, envelope: Envelope) -> None:
    """Keep that a therapist is listed no longer."""
    remember_listing(session, command_of(PractitionerWithdrawnSchema, envelope))
