"""Profiles as profile_service tells of them."""

from sqlalchemy.orm import Session

from notification_service.domain.recipients import RememberProfile, remember_profile
from notification_service.listeners.schemas.profiles import ProfileSchema
from notification_service.listeners.schemas.reading import data_of
from shared.events.envelope import Envelope


def remember_profile_of(session: Session, envelope: Envelope) -> None:
    """Keep the language and zone the person reads in."""
    remember_profile(session, RememberProfile(**data_of(ProfileSchema, envelope)))
