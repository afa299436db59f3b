"""Therapists' public records as booking_service tells of them."""

from sqlalchemy.orm import Session

from profile_service.domain.care_relations import remember_listing
from profile_service.listeners.schemas.practitioners import PractitionerSchema
from profile_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def remember_published_of(session: Session, envelope: Envelope) -> None:
    """Keep that a therapist is listed."""
    _remember(session, envelope, is_published=True)


def remember_withdrawn_of(session: Session, envelope: Envelope) -> None:
    """Keep that a therapist is listed no longer."""
    _remember(session, envelope, is_published=False)


def _remember(session: Session, envelope: Envelope, *, is_published: bool) -> None:
    data = data_of(PractitionerSchema, envelope)
    remember_listing(session, **data, is_published=is_published, sequence=envelope.sequence)
